# SPDX-License-Identifier: Apache-2.0
"""uvicorn on Python 3.13 whose handler sleeps 0.3 s in the loop."""
from case import HEALTHY, Case, says
from programs import service


def play(stage):
    sleep = service.knob(stage, "sleep", 0.001)
    server = service.uvicorn(stage, sleep=sleep, name="chat")
    service.demand(stage, server.port, "/sleep", clients=10, pause=0.2)
    yield server.whom
    sleep.set(0.3)


CASE = Case(seen="an event loop blocked by a sleep", expect=says("event_loop", ("exhausted", "stuck"), "sleep|timer", ("deadlock", "dependency"), (HEALTHY,)),
            packages=("python3-uvicorn",), runtime="python", release="trixie", renamed=True, kind="blocked_loop")
