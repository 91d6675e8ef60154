# SPDX-License-Identifier: Apache-2.0
"""Five Perl workers that sleep 2 s for each request, and more at the door."""
from case import Case, says
from programs import service


def play(stage):
    sleep = service.knob(stage, "sleep")
    server = service.starman(stage, "--workers", 5, sleep=sleep)
    service.demand(stage, server.port, "/sleep", clients=15)
    yield server.whom
    sleep.set(2)


CASE = Case(seen="Perl workers that sleep with requests in hand", expect=says("sleep", ("exhausted",), "", ("dependency", "event_loop", "lock")),
            packages=("starman",), runtime="perl", waiting=5)
