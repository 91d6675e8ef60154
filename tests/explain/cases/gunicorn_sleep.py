# SPDX-License-Identifier: Apache-2.0
"""Six gunicorn workers whose requests sleep 2 s, and more requests at the door."""
from case import Case, says
from programs import service


def play(stage):
    sleep = service.knob(stage, "sleep")
    server = service.gunicorn(stage, "-w", 6, sleep=sleep)
    service.demand(stage, server.port, "/sleep", clients=20)
    yield server.whom
    sleep.set(2)


CASE = Case(seen="workers that sleep with requests in hand", expect=says("sleep", ("exhausted",), "", ("dependency", "event_loop", "lock")),
            packages=("gunicorn",), runtime="python", waiting=6)
