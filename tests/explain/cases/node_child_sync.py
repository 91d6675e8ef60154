# SPDX-License-Identifier: Apache-2.0
"""Node that runs a program for each request and waits for it in its loop (execFileSync: a second epoll)."""
from case import Case, says
from programs import service


def play(stage):
    sleep = service.knob(stage, "sleep", 0.01)
    server = service.node(stage, sleep=sleep)
    service.demand(stage, server.port, "/child", clients=10, pause=0.5)
    yield server.whom
    sleep.set(1.0)


CASE = Case(seen="an event loop that waits for a child", expect=says("event_loop", ("exhausted", "stuck"), "child|sleep", ("dependency",)),
            packages=("nodejs",), runtime="node")
