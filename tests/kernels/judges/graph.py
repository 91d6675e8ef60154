# SPDX-License-Identifier: Apache-2.0
"""Whether `loadline deep` finds who woke the pools of /workload. No I/O."""
from judges.base import PROCESS, REASONS
from judges.console import Section

# Of what a pool waited for its reason: how much its waker, the driver or a timer, is found to have ended.
WAKER_SHARE_MIN = 0.95
WAKERS = {"network-*": PROCESS, "condition-*": PROCESS, "poll-*": PROCESS, "sleep-*": "interrupt"}
# The timers of a real-time kernel run in threads.
REAL_TIME_WAKERS = WAKERS | {"sleep-*": "ktimers/*"}


def judge(section: Section) -> list[str]:
    """-> what is wrong with the edges of `loadline deep`."""
    found = section.snapshot("graph")
    if found is None:
        return [f"no graph: code {section.text('code')}, {section.text('log')}"]
    wrong = []
    for pool, waker in (REAL_TIME_WAKERS if section.real_time else WAKERS).items():
        edges = [edge for edge in found["edges"]
                 if edge["woken"]["process"] == PROCESS and edge["woken"]["pool"] == pool
                 and edge["reason"] == REASONS[pool]]
        total = sum(edge["seconds"] for edge in edges)
        right = sum(edge["seconds"] for edge in edges
                    if edge["waker"] == waker
                    or (edge["waker"] != "interrupt" and edge["waker"]["pool"] == waker))
        if total <= 0 or right < WAKER_SHARE_MIN * total:
            wrong.append(f"{pool}: woken by {waker} {right:.3f} s of {total:.3f} s")
    peer = section.text("peer")
    targets = {edge["target"] for edge in found["edges"] if edge["woken"]["pool"] == "network-*"}
    if peer not in targets:
        wrong.append(f"network-*: no peer {peer}, but {', '.join(sorted(targets))}")
    return wrong
