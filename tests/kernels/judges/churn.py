# SPDX-License-Identifier: Apache-2.0
"""Whether 2 s after /storm each thread has a slot and is in the pool of its name. No I/O."""
from judges.base import no_reading
from judges.console import Section
from judges.pools import of_process

PROCESS = "storm"
# From before the storm. Switches of threads whose beginning was skipped are lost up to the next
# reading: "switch" may grow, and is shown.
NONE_MAY_GROW = ("threads_without_slot", "slots_full", "slot_leak", "exits_full")
# Where programs can be preempted, a thread that begins while one is may get none (once in 3,000, on
# 7.2). The next walk tries again, as it does after a run that was skipped.
STORAGE = "thread_storage"
# What the agent calls runs of its programs that the kernel skipped.
SKIPPED = "recursion"
# Since then programs at tracepoints can be preempted, and others are skipped meanwhile.
SKIPS_SINCE = (7, 0)


def judge(section: Section) -> list[str]:
    reading = section.snapshot("first")
    kept = {words[1]: int(words[2]) for words in map(str.split, section.text("told").split("\n"))
            if words[:1] == ["kept"]}
    if reading is None or not kept:
        return [no_reading(section)]
    return judge_pools(reading, kept) + judge_losses(section)


def judge_pools(reading: dict, kept: dict[str, int]) -> list[str]:
    found = {pool: each["threads"] for pool, each in of_process(reading, PROCESS).items()}
    found.pop(PROCESS, None)  # The thread that only watches.
    return [f"{pool}: {found.get(pool, 0)} threads of {kept.get(pool, 0)}"
            for pool in sorted({*kept, *found}) if found.get(pool, 0) != kept.get(pool, 0)]


def grown(section: Section, what: str) -> float:
    """Since before the storm."""
    return section.losses("losses_second").get(what, 0) - section.losses("losses_before").get(what, 0)


def judge_losses(section: Section) -> list[str]:
    if not section.losses("losses_before") or not section.losses("losses_second"):
        return ["no losses are exported"]
    wrong = [f"{what}: {grown(section, what):.0f} more"
             for what in NONE_MAY_GROW if grown(section, what) > 0]
    if grown(section, STORAGE) > (grown(section, SKIPPED) if can_skip(section) else 0):
        wrong.append(f"{STORAGE}: {grown(section, STORAGE):.0f} more")
    skipped, exported = by_kernel(section), section.losses("losses_second").get(SKIPPED, 0)
    if skipped > exported:
        wrong.append(f"the kernel skipped {skipped} runs, exported are {exported:.0f}")
    if can_skip(section) and grown(section, SKIPPED) <= 0:
        wrong.append("not provoked: the storm made the kernel skip no run")
    return wrong


def can_skip(section: Section) -> bool:
    return section.source == "bpf" and section.version >= SKIPS_SINCE


def by_kernel(section: Section) -> int:
    return sum(map(int, section.text("skipped").split()))


def figures(section: Section) -> str:
    lost = f"switches of threads without a slot: {grown(section, 'switch'):.0f}"
    if not can_skip(section):
        return f"not provoked: here the kernel skips no run; {lost}"
    return (f"skipped runs: {grown(section, SKIPPED):.0f}; no storage at first: "
            f"{grown(section, STORAGE):.0f}; {lost}")
