# SPDX-License-Identifier: Apache-2.0
"""uvicorn whose handler sleeps 0.3 s in the loop, with more clients than it can serve: the loop is kept from its poll 97 % of
the time."""
from case import NOT_WAITING, HEALTHY, MORE_THREADS, Case, Expect
from programs import service


def play(stage):
    sleep = service.knob(stage, "sleep", 0.001)
    server = service.uvicorn(stage, sleep=sleep)
    service.demand(stage, server.port, "/sleep", clients=10, pause=0.2)
    yield server.whom
    sleep.set(0.3)


CASE = Case(seen="an event loop blocked by a sleep",
            expect=Expect(cause=("event_loop",), culprit="sleep|timer", severity=("exhausted", "stuck"),
                          never=(*NOT_WAITING, "deadlock", "dependency"), never_say=(HEALTHY,)),
            packages=("python3-uvicorn",), runtime="python", fast=True, kind="blocked_loop")
