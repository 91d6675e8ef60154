# SPDX-License-Identifier: Apache-2.0
"""Whether nothing is lost or counted wrong while a CPU goes and comes back. No I/O."""
from judges.base import PROCESS, judge_sums, no_reading
from judges.console import Section
from judges.pools import of_process

CPUS = 2
CAME_AND_WENT = ["0", "0-1", "0", "0-1"]
# Of time and threads. What a wait was for in detail may find no room at any time.
NONE_MAY_GROW = ("thread_storage", "slots_full", "switch", "paused", "exits_full", "slot_leak",
                 "threads_without_slot")
# No tracepoint runs on a CPU that is not online: of the kernel's own threads which take it down and
# bring it up, a switch is not seen. Their time is put right at their next one.
RESYNC_PER_ROUND_MAX = 2
# Kernels call the clocks of these guests unsynchronized, and one CPU's may lag behind the other's.
CLOCK_PER_ROUND_MAX = 2


def judge(section: Section) -> list[str]:
    first, second = section.snapshot("first"), section.snapshot("second")
    if first is None or second is None:
        return [no_reading(section)]
    wrong = judge_sums(first, second, section.real_time)
    if section.text("cpus").split() != CAME_AND_WENT:
        wrong.append(f"CPUs online were {', '.join(section.text('cpus').split())}")
    wrong += judge_cpu_time(first, second)
    lost, lost_after = section.losses("losses_first"), section.losses("losses_second")
    rounds = len(CAME_AND_WENT) // 2
    bounds = dict.fromkeys(NONE_MAY_GROW, 0) | {"resync": RESYNC_PER_ROUND_MAX * rounds,
                                                "clock": CLOCK_PER_ROUND_MAX * rounds}
    more = {what: lost_after.get(what, 0) - lost.get(what, 0) for what in bounds}
    return wrong + [f"{what}: {more[what]:.0f} more" for what in bounds if more[what] > bounds[what]]


def judge_cpu_time(first: dict, second: dict) -> list[str]:
    """The threads of a process cannot run for longer than there were CPUs."""
    before, after = of_process(first, PROCESS), of_process(second, PROCESS)
    ran = sum(pool["on_cpu_seconds"] - before.get(name, {"on_cpu_seconds": 0})["on_cpu_seconds"]
              for name, pool in after.items())
    time = second["uptime_seconds"] - first["uptime_seconds"] + 2  # Readings are up to so much older.
    return [f"{ran:.3f} s on CPU in {time:.3f} s"] if ran > CPUS * time else []
