# SPDX-License-Identifier: Apache-2.0
"""Whether threads that something holds are stopped, whatever they did before. No I/O."""
from judges.base import no_reading
from judges.console import Section
from judges.pools import of_process, seconds, total

POOLS = ("spin", "lock", "receive")
HOLDER = {"frozen": "freezer", "chilled": "freezer", "halted": "signal", "traced": "tracer"}
V1 = "chilled"  # Where the kernel has the freezer of v1.
STOPPED_SHARE_MIN = 0.98
TIME_MIN_S = 2


def judge(section: Section) -> list[str]:
    first, second = section.snapshot("first"), section.snapshot("second")
    if first is None or second is None:
        return [no_reading(section)]
    held = section.text("held").split()
    wanted = [process for process in HOLDER
              if process != V1 or "v1" in section.text("freezers").split()]
    wrong = [f"{process}: was not started" for process in wanted if process not in held]
    for process in held:
        before, after = of_process(first, process), of_process(second, process)
        wrong += [line for pool in POOLS
                  for line in judge_pool(f"{process} {pool}", HOLDER[process], before.get(pool),
                                         after.get(pool))]
    return wrong


def holders(pool: dict) -> set[str]:
    return {held["by"] for wait in pool.get("waits", []) for held in wait.get("held", [])}


def judge_pool(name: str, holder: str, before: dict | None, after: dict | None) -> list[str]:
    if before is None or after is None:
        return [f"{name}: not there"]
    if holders(after) != {holder}:
        return [f"{name}: held by {', '.join(sorted(holders(after))) or 'nothing'}, not by {holder}"]
    passed = total(after) - total(before)
    stopped = seconds(after, "stopped") - seconds(before, "stopped")
    if passed > TIME_MIN_S and stopped >= STOPPED_SHARE_MIN * passed:
        return []
    other = {wait["reason"]: wait["seconds_total"] - seconds(before, wait["reason"])
             for wait in after.get("waits", [])}
    most = max(other, key=other.get, default="no wait")
    return [f"{name}: {stopped:.3f} s of {passed:.3f} s are stopped, most are {most}"]
