# SPDX-License-Identifier: Apache-2.0
"""uvicorn that has never been seen healthy: its handler has slept 0.3 s from its first second."""
from case import HEALTHY, Case, says
from programs import service


def play(stage):
    sleep = service.knob(stage, "sleep", 0.3)
    server = service.uvicorn(stage, sleep=sleep, name="notify")
    service.demand(stage, server.port, "/sleep", clients=10, pause=0.2)
    yield server.whom


CASE = Case(seen="an event loop blocked from its first second",
            expect=says("event_loop", ("exhausted", "stuck"), "sleep|timer", ("deadlock", "dependency"), (HEALTHY,)),
            packages=("python3-uvicorn",), runtime="python", renamed=True, kind="blocked_loop")
