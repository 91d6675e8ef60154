# SPDX-License-Identifier: Apache-2.0
"""Whether the waits of /waits are booked under what it says of each. No I/O."""
import re

from judges.base import REASON_SHARE_MIN, in_class, no_reading
from judges.console import Section
from judges.pools import of_process, seconds

PROCESS = "waits"
KINDS_MIN = 35
WAITED_MIN_S = 0.2  # Ten rounds of 20 ms.
# A source that samples meets a thread between two waits now and then, and books all since the last
# reading under what it finds.
SAMPLED, SAMPLED_SHARE_MIN = "waits_between_readings", 0.7
# A source that cannot know what a poll of few sockets waits for says poll.
POLLS_UNKNOWN = "polls_of_few_sockets"
# Since 7.0 the kernel leaves out events, and counts how many. Of a thread whose beginning it left out, a
# walk finds the wait that goes on, from outside, where a set to be polled cannot be read.
EVENTS_LEFT_OUT = "recursion"


def judge(section: Section) -> list[str]:
    reading = section.snapshot("second")
    lines = [line.split() for line in section.text("told").split("\n")]
    wanted = [(words[0], words[1]) for words in lines if len(words) == 2]
    if reading is None:
        return [no_reading(section)]
    wrong = []
    if ["end"] not in lines or len(wanted) < KINDS_MIN:
        wrong.append(f"{len(wanted)} waits were played")
    pools = of_process(reading, PROCESS)
    may_be_found_late = section.losses("losses").get(EVENTS_LEFT_OUT, 0) > 0
    for name, reason in wanted:
        pool = pools.get(re.sub(r"[0-9]+", "*", name))
        cannot_know = {*reading.get("cannot_know", ())}
        if pool and may_be_found_late and is_in_its_first_wait(pool):
            cannot_know.add(POLLS_UNKNOWN)
        wrong += judge_wait(name, reason, pool, cannot_know, section.real_time)
    return wrong


def is_in_its_first_wait(pool: dict) -> bool:
    """No wait of its only thread was seen to end, though it has played ten before this one."""
    return (len(pool["waits"]) == 1 and
            pool["waits"][0]["seconds_total"] == pool["waits"][0].get("oldest_seconds"))


def judge_wait(name: str, reason: str, pool: dict | None, cannot_know, real_time: bool) -> list[str]:
    if pool is None:
        return [f"{name}: not there"]
    right, blocked = in_class(pool, reason, real_time)
    share_min = SAMPLED_SHARE_MIN if SAMPLED in cannot_know else REASON_SHARE_MIN
    if POLLS_UNKNOWN in cannot_know and re.match("poll_|select_", name):
        right += seconds(pool, "poll")
    if blocked >= WAITED_MIN_S and right >= share_min * blocked:
        return []
    found = ", ".join(f"{wait['reason']} {wait['seconds_total']:.3f}" for wait in pool["waits"])
    return [f"{name}: {right:.3f} s of {blocked:.3f} s are {reason} ({found})"]


def figures(section: Section) -> str:
    reading = section.snapshot("second")
    pools = of_process(reading, PROCESS) if reading else {}
    return f"{len(pools)} pools, {sum(map(seconds, pools.values())):.1f} s blocked"
