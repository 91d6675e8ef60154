# SPDX-License-Identifier: Apache-2.0
"""Readings and sections as guests write them, made for the tests of the judges."""
import json

from judges.console import Section


def pool(process: str, name: str, threads: int = 2, on_cpu: float = 0.0, waits: dict | None = None,
         holder: str = "", **queues: float) -> dict:
    causes = {f"{cause}_seconds": queues.get(cause, 0.0)
              for cause in ("self", "neighbour", "throttled", "unattributed")}
    return {"process": process, "pool": name, "threads": threads, "on_cpu_seconds": on_cpu,
            "waits": [{"reason": reason, "seconds_total": time} |
                      ({"held": [{"by": holder, "threads": threads}]}
                       if holder and reason == "stopped" else {})
                      for reason, time in (waits or {}).items()],
            "run_queue": causes, "peers": []}


def reading(pools: list[dict], uptime: float = 10.0, source: str = "bpf", **more) -> str:
    return json.dumps({"uptime_seconds": uptime, "source": source, "pools": pools, **more}) + "\n"


def losses(**counts: float) -> str:
    return "".join(f'loadline_agent_lost_total{{what="{what}"}} {count:g}\n'
                   for what, count in counts.items())


def section(scenario: str, source: str = "bpf", **parts: str) -> Section:
    """Parts by their names, with "_" for a space in those that have one."""
    return Section(scenario, source, dict(parts))
