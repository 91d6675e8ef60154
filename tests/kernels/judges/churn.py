# SPDX-License-Identifier: Apache-2.0
"""Whether 2 s after /storm each thread has a slot and is in the pool of its name. No I/O."""
from judges.base import no_reading
from judges.console import Section
from judges.pools import of_process

PROCESS = "storm"
NONE_MAY_GROW = ("threads_without_slot", "slots_full", "thread_storage", "slot_leak")
# What the agent calls runs of its programs that the kernel skipped.
SKIPPED = "recursion"


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


def judge_losses(section: Section) -> list[str]:
    first, second = section.losses("losses_first"), section.losses("losses_second")
    if not first or not second:
        return ["no losses are exported"]
    wrong = [f"{what}: {second[what] - first.get(what, 0):.0f} more"
             for what in NONE_MAY_GROW if second.get(what, 0) > first.get(what, 0)]
    skipped = sum(map(int, section.text("skipped").split()))
    if skipped > second.get(SKIPPED, 0):
        wrong.append(f"the kernel skipped {skipped} runs, exported are {second.get(SKIPPED, 0):.0f}")
    return wrong


def figures(section: Section) -> str:
    return f"skipped runs: {sum(map(int, section.text('skipped').split()))}"
