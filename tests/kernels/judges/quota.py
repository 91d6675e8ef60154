# SPDX-License-Identifier: Apache-2.0
"""Whether time that a CPU quota took is throttled, and no other time. No I/O.

/bursts has four threads on each of two CPUs. A moment at which its group is held back on one CPU holds
back four threads at most, so cpu.stat, which adds up both CPUs, bounds what may be throttled; the
threads' own clocks do it besides.
"""
from judges.base import no_reading
from judges.console import Section
from judges.pools import of_process, run_queue, told

THREADS = 8
THREADS_PER_CPU = 4
# Of the run-queue time: what Linux 7.3, which says it of each thread, said of the same program in the
# same groups. Taken where 7.3 is not in the run.
SHARES_OF_73 = {"v2": 0.85, "parent": 0.84, "v1": 0.85}
CASES = tuple(SHARES_OF_73)
SHARE_APART_MAX = 0.05
DEADLINE_SHARE_MIN = 0.95
SLACK, SLACK_S = 1.02, 0.1  # Readings and cpu.stat are not of one moment.
# Without hooks quotas are known by cpu.stat alone, where it is mounted when the agent starts: what a
# thread gets of it is an estimate.
ESTIMATE_CASES, ESTIMATE_SLACK = ("v2", "parent"), 1.15


def pool_of(section: Section, case: str, process: str, pool: str):
    reading = section.snapshot(f"pools {case}")
    return None if reading is None else of_process(reading, process).get(pool)


def share(section: Section, case: str) -> float | None:
    pool = pool_of(section, case, "bursts", "burst-*")
    return run_queue(pool, "throttled") / run_queue(pool) if pool and run_queue(pool) else None


def held_by_cpu_stat(section: Section, case: str) -> float:
    stat = told(section.text(f"stat {case}"))
    return stat.get("throttled_usec", 0) / 1e6 + stat.get("throttled_time", 0) / 1e9


def judge_bursts(section: Section, case: str, exact: bool) -> list[str]:
    pool = pool_of(section, case, "bursts", "burst-*")
    if pool is None:
        return [f"{case}: {no_reading(section)}"]
    clocks = told(section.text(f"told {case}"))
    held, throttled = held_by_cpu_stat(section, case), run_queue(pool, "throttled")
    wrong = []
    if pool["threads"] != THREADS or held <= 0 or "wall" not in clocks:
        wrong.append(f"{case}: {pool['threads']} threads, held back {held:.3f} s by cpu.stat")
        return wrong
    bounds = {"cpu.stat": THREADS_PER_CPU * held,
              "their own clocks": clocks["wall"] - clocks["cpu"] - clocks["slept"]}
    for name, bound in bounds.items():
        if throttled > (SLACK if section.source == "bpf" else ESTIMATE_SLACK) * bound + SLACK_S:
            wrong.append(f"{case}: {throttled:.3f} s throttled, {bound:.3f} s at most by {name}")
    covered = throttled + run_queue(pool, "unattributed")
    if not exact and covered < held:
        wrong.append(f"{case}: {covered:.3f} s throttled or unattributed of {held:.3f} s by cpu.stat")
    return wrong


def judge_deadline(section: Section) -> list[str]:
    pool = pool_of(section, "deadline", "deadline", "deadline")
    if pool is None:
        return [f"deadline: {no_reading(section)}"]
    clocks = told(section.text("told deadline"))
    held = clocks.get("wall", 0) - clocks.get("cpu", 0)
    throttled = run_queue(pool, "throttled")
    if held > 1 and DEADLINE_SHARE_MIN * held <= throttled <= SLACK * held + SLACK_S:
        return []
    return [f"deadline: {throttled:.3f} s throttled of {held:.3f} s by its own clocks"]


def judge(section: Section, exact: bool = True) -> list[str]:
    """`exact`: the kernel says when a group is held back; else throttled and unattributed together
    have to cover cpu.stat."""
    measured = section.source == "bpf"
    wrong = [line for case in (CASES if measured else ESTIMATE_CASES)
             for line in judge_bursts(section, case, exact)]
    return wrong + (judge_deadline(section) if measured else [])


def compare(section: Section, newest: Section | None) -> list[str]:
    """The shares beside those of the newest kernel in the same run of the matrix, whose own are held to
    what it said once."""
    wrong = []
    for case in CASES:
        here = share(section, case)
        there = share(newest, case) if newest and newest is not section else None
        wanted = SHARES_OF_73[case] if there is None else there
        if here is not None and abs(here - wanted) > SHARE_APART_MAX:
            wrong.append(f"{case}: {here:.0%} of the run queue are throttled, {wanted:.0%} on 7.3")
    return wrong


def figures(section: Section) -> str:
    """One line for people."""
    parts = []
    for case in CASES:
        pool = pool_of(section, case, "bursts", "burst-*")
        if pool is not None:
            clocks = told(section.text(f"told {case}"))
            parts.append(f"{case} {share(section, case) or 0:.1%} of {run_queue(pool):.2f} s (kernel "
                         f"{clocks.get('queued', 0):.2f} s, cpu.stat "
                         f"{held_by_cpu_stat(section, case):.2f} s)")
    return "throttled: " + ", ".join(parts)
