# SPDX-License-Identifier: Apache-2.0
"""Four Perl workers in system(), and more requests at the door."""
from case import Case, says
from programs import service


def play(stage):
    sleep = service.knob(stage, "sleep")
    server = service.starman(stage, "--workers", 4, sleep=sleep)
    service.demand(stage, server.port, "/child", clients=12)
    yield server.whom
    sleep.set(2)


CASE = Case(seen="Perl workers in system()", expect=says("child", ("exhausted",), "sleep", ("dependency", "event_loop", "lock")),
            packages=("starman",), runtime="perl", waiting=4)
