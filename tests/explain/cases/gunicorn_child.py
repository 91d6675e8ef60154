# SPDX-License-Identifier: Apache-2.0
"""Four gunicorn workers that run a program of 2 s for each request, and more at the door."""
from case import Case, says
from programs import service


def play(stage):
    sleep = service.knob(stage, "sleep")
    server = service.gunicorn(stage, "-w", 4, sleep=sleep)
    service.demand(stage, server.port, "/child", clients=12)
    yield server.whom
    sleep.set(2)


CASE = Case(seen="workers that wait for a program", expect=says("child", ("exhausted",), "sleep", ("dependency", "event_loop", "lock")),
            packages=("gunicorn",), runtime="python", waiting=4)
