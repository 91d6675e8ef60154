# SPDX-License-Identifier: Apache-2.0
"""Whether the pools of /workload are measured right by one source. No I/O."""
from judges.console import Section
from judges.pools import of_process, run_queue, seconds, total

# Pool of the workload -> the reason that its threads wait for.
REASONS = {
    "lock-*": "lock", "condition-*": "condition", "sync-*": "sync", "ipc-*": "ipc",
    "network-*": "network", "poll-*": "poll", "sleep-*": "sleep", "child-*": "child",
    "signal-*": "signal",
}
PROCESS = "workload"
THREADS = 2
SPIN = "spin-*"

# Of the blocked time; a pool waits for one thing only, so that sampling finds it as well, once.
REASON_SHARE_MIN = 0.99
# The spinlocks of a real-time kernel put a thread to sleep on its way into any wait, which is
# kernel_lock then: 3.2 % of epoll's waits of 20 ms in a busy guest, and 7.3 % as iter samples them.
KERNEL_LOCK_SHARE_MAX = 0.1
# Of threads * time, where the time is what a thread has waited that does nothing else: readings are up
# to a refresh older than the answer, and more in a guest that gets a fraction of a CPU.
SUM_ERROR_MAX = 0.03
CLOCK = "signal-*"
REFRESH_MAX_S = 2
# Two threads on one CPU: while one runs, the other waits for it. How far what waits for its own pool may
# be from what runs; the others estimate it, by the load of all CPUs.
SELF_ERROR_MAX = {"bpf": 0.05}
SELF_SHARE_MIN = 0.3  # Of the run queue, at least.


def clock(pools: dict) -> float:
    return seconds(pools[CLOCK]) / THREADS if CLOCK in pools else 0.0


def no_reading(section: Section) -> str:
    return f"no reading: {section.text('log') or 'nothing on the console'}"


def judge(section: Section) -> list[str]:
    """-> what is wrong; nothing: the source passes."""
    first, second = section.snapshot("first"), section.snapshot("second")
    if first is None or second is None:
        return [no_reading(section)]
    wrong = judge_sums(first, second, section.real_time)
    if second["source"] != section.source:
        wrong.append(f"measured by {second['source']}")
    before, after = of_process(first, PROCESS), of_process(second, PROCESS)
    if SPIN in before and SPIN in after:
        wrong += judge_spin(before[SPIN], after[SPIN], clock(after) - clock(before), section.source)
    peer = section.text("peer")
    if peer not in [each["address"] for each in after.get("network-*", {}).get("peers", [])]:
        wrong.append(f"network-*: no peer {peer}")
    return wrong


def in_class(pool: dict, reason: str, real_time: bool,
             before: dict | None = None) -> tuple[float, float]:
    """-> what a pool waited for the reason, and for all; since `before`, if given."""
    blocked, right, lock = (seconds(pool, each) - (seconds(before, each) if before else 0)
                            for each in (None, reason, "kernel_lock"))
    return right + (min(lock, KERNEL_LOCK_SHARE_MAX * blocked) if real_time else 0), blocked


def judge_sums(first: dict, second: dict, real_time: bool) -> list[str]:
    """Threads, sums and reasons of all pools between two readings."""
    before, after = of_process(first, PROCESS), of_process(second, PROCESS)
    uptime = second["uptime_seconds"] - first["uptime_seconds"]
    time = clock(after) - clock(before)
    if not uptime / 2 < time < uptime + REFRESH_MAX_S:
        return [f"{CLOCK}: {time:.3f} s passed in {uptime:.3f} s"]
    wrong = []
    for name in (*REASONS, SPIN):
        if name not in before or name not in after:
            wrong.append(f"{name}: not there")
        else:
            wrong += judge_pool(name, before[name], after[name], time, real_time)
    return wrong


def judge_pool(name: str, before: dict, after: dict, time: float, real_time: bool) -> list[str]:
    wrong = []
    if after["threads"] != THREADS:
        wrong.append(f"{name}: {after['threads']} threads")
    passed = total(after) - total(before)
    if abs(passed / (THREADS * time) - 1) > SUM_ERROR_MAX:
        wrong.append(f"{name}: {passed:.3f} s of {THREADS * time:.3f} s accounted for")
    if name in REASONS:
        right, blocked = in_class(after, REASONS[name], real_time, before)
        if blocked <= 0 or right < REASON_SHARE_MIN * blocked:
            wrong.append(f"{name}: {right:.3f} s of {blocked:.3f} s are {REASONS[name]}")
    return wrong


def judge_spin(before: dict, after: dict, time: float, source: str) -> list[str]:
    """Two threads on one CPU: each waits for the other."""
    on_cpu = after["on_cpu_seconds"] - before["on_cpu_seconds"]
    queued = run_queue(after) - run_queue(before)
    own = run_queue(after, "self") - run_queue(before, "self")
    error = abs(own - on_cpu)
    if (on_cpu < 0.2 * time or own < SELF_SHARE_MIN * queued
            or error > SELF_ERROR_MAX.get(source, float("inf")) * on_cpu):
        return [f"{SPIN}: {on_cpu:.3f} s on CPU, {own:.3f} s of {queued:.3f} s self"]
    return []
