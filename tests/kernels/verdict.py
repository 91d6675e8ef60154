# SPDX-License-Identifier: Apache-2.0
"""What a guest wrote on its console, and whether it is right. No I/O."""
import dataclasses
import json

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
# Of threads * time, where the time is what a thread has waited that does nothing else: readings are up
# to a refresh older than the answer, and more in a guest that gets a fraction of a CPU.
SUM_ERROR_MAX = 0.03
CLOCK = "signal-*"
REFRESH_MAX_S = 2
# Of the run queue of two threads on one CPU: what waits for the other. The others estimate it by
# the load of all CPUs, and their own work is a part of that.
SELF_SHARE_MIN = {"bpf": 0.9, "iter": 0.3, "proc": 0.3}
REFUSED_CODE = 3


@dataclasses.dataclass
class Attempt:
    """The agent with one source."""
    source: str
    parts: dict  # "first", "second", "code", "log" -> text.


def parse(console: str):
    """-> (parts before the first source, list of Attempt). Kernel messages may stand anywhere."""
    head, attempts, name, found = {}, [], None, {}
    for line in console.replace("\r", "").split("\n"):
        if line.startswith("@@ "):
            name = line[3:].strip()
            if name == "source":
                found = {}
                attempts.append(Attempt("", found))
            elif not attempts:
                found = head
            found.setdefault(name, "")
        elif name == "source" and line and not attempts[-1].source:
            attempts[-1].source = line.strip()
        elif name:
            found[name] += line + "\n"
    return head, attempts


def snapshot(text: str):
    """The JSON line of a part; None: there is none."""
    for line in text.split("\n"):
        if line.startswith("{"):
            return json.loads(line)
    return None


def seconds(pool: dict, reason: str | None = None) -> float:
    """Blocked time of a pool, for one reason or in all."""
    return sum(wait["seconds_total"] for wait in pool.get("waits", [])
               if reason in (None, wait["reason"]))


def run_queue(pool: dict) -> float:
    return sum(pool["run_queue"].values())


def clock(pools: dict) -> float:
    return seconds(pools[CLOCK]) / THREADS if CLOCK in pools else 0.0


def judge(attempt: Attempt, peer: str, pools=(*REASONS, SPIN)) -> list[str]:
    """-> what is wrong; nothing: the source passes. `peer` is what "network" waits for."""
    views = [snapshot(attempt.parts.get(name, "")) for name in ("first", "second")]
    if None in views:
        return [f"no reading: code {attempt.parts.get('code', '?').strip()}, "
                f"{attempt.parts.get('log', '').strip()}"]
    first, second = views
    wrong = []
    if second["source"] != attempt.source:
        wrong.append(f"measured by {second['source']}")
    before, after = ({pool["pool"]: pool for pool in view["pools"] if pool["process"] == PROCESS}
                     for view in views)
    uptime = second["uptime_seconds"] - first["uptime_seconds"]
    time = clock(after) - clock(before)
    if not uptime / 2 < time < uptime + REFRESH_MAX_S:
        return [*wrong, f"{CLOCK}: {time:.3f} s passed in {uptime:.3f} s"]
    for name in pools:
        if name not in before or name not in after:
            wrong.append(f"{name}: not there")
        else:
            wrong += judge_pool(name, before[name], after[name], time, attempt.source)
    seen = [each["address"] for each in after.get("network-*", {}).get("peers", [])]
    if "network-*" in pools and peer not in seen:
        wrong.append(f"network-*: no peer {peer}")
    return wrong


def judge_pool(name: str, before: dict, after: dict, time: float, source: str) -> list[str]:
    wrong = []
    if after["threads"] != THREADS:
        wrong.append(f"{name}: {after['threads']} threads")
    on_cpu = after["on_cpu_seconds"] - before["on_cpu_seconds"]
    queued = run_queue(after) - run_queue(before)
    blocked = seconds(after) - seconds(before)
    total = on_cpu + queued + blocked
    if abs(total / (THREADS * time) - 1) > SUM_ERROR_MAX:
        wrong.append(f"{name}: {total:.3f} s of {THREADS * time:.3f} s accounted for")
    if name == SPIN:
        own = after["run_queue"]["self_seconds"] - before["run_queue"]["self_seconds"]
        if on_cpu < 0.2 * time or own < SELF_SHARE_MIN[source] * queued:
            wrong.append(f"{name}: {on_cpu:.3f} s on CPU, {own:.3f} s of {queued:.3f} s self")
        return wrong
    reason = REASONS[name]
    right = seconds(after, reason) - seconds(before, reason)
    if blocked <= 0 or right < REASON_SHARE_MIN * blocked:
        wrong.append(f"{name}: {right:.3f} s of {blocked:.3f} s are {reason}")
    return wrong


# Of what a pool waited for its reason: how much its waker, the driver or a timer, is found to have ended.
WAKER_SHARE_MIN = 0.95
WAKERS = {"network-*": PROCESS, "condition-*": PROCESS, "poll-*": PROCESS, "sleep-*": "interrupt"}


def judge_graph(attempt: Attempt, peer: str) -> list[str]:
    """-> what is wrong with the edges of `loadline deep`."""
    found = snapshot(attempt.parts.get("graph", ""))
    if found is None:
        return [f"no graph: code {attempt.parts.get('code', '?').strip()}, "
                f"{attempt.parts.get('log', '').strip()}"]
    wrong = []
    for pool, waker in WAKERS.items():
        edges = [edge for edge in found["edges"]
                 if edge["woken"]["process"] == PROCESS and edge["woken"]["pool"] == pool
                 and edge["reason"] == REASONS[pool]]
        total = sum(edge["seconds"] for edge in edges)
        right = sum(edge["seconds"] for edge in edges
                    if edge["waker"] == waker
                    or (edge["waker"] != "interrupt" and edge["waker"]["pool"] == waker))
        if total <= 0 or right < WAKER_SHARE_MIN * total:
            wrong.append(f"{pool}: woken by {waker} {right:.3f} s of {total:.3f} s")
    targets = {edge["target"] for edge in found["edges"] if edge["woken"]["pool"] == "network-*"}
    if peer not in targets:
        wrong.append(f"network-*: no peer {peer}, but {', '.join(sorted(targets))}")
    return wrong


def is_refusal(attempt: Attempt) -> bool:
    """Ended by itself, with the code for what the machine lacks and one line that says what."""
    lines = [line for line in attempt.parts.get("log", "").split("\n") if line.strip()]
    return (attempt.parts.get("code", "").strip() == str(REFUSED_CODE) and len(lines) == 1
            and lines[0].startswith("loadline: "))
