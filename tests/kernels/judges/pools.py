# SPDX-License-Identifier: Apache-2.0
"""What a pool of a reading has summed up. No I/O."""


def of_process(reading: dict, process: str) -> dict[str, dict]:
    """Pool -> what it has, of the processes of that name."""
    return {pool["pool"]: pool for pool in reading["pools"] if pool["process"] == process}


def seconds(pool: dict, reason: str | None = None) -> float:
    """Blocked time of a pool, for one reason or in all."""
    return sum(wait["seconds_total"] for wait in pool.get("waits", [])
               if reason in (None, wait["reason"]))


def run_queue(pool: dict, cause: str | None = None) -> float:
    """Run-queue time of a pool, for one cause or in all."""
    return sum(value for key, value in pool["run_queue"].items()
               if cause is None or key == f"{cause}_seconds")


def total(pool: dict) -> float:
    return pool["on_cpu_seconds"] + run_queue(pool) + seconds(pool)


def told(text: str) -> dict[str, float]:
    """A line of a workload, "wall 40.0 cpu 2.0", or the lines of a cpu.stat."""
    words = text.split()
    return {key: float(value) for key, value in zip(words[::2], words[1::2])}
