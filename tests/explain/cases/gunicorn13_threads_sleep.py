# SPDX-License-Identifier: Apache-2.0
"""gunicorn of Debian 13 with ten threads in one process that sleep 2 s for each request (a new lock for each of Python's own waits)."""
from case import Case, says
from programs import service


def play(stage):
    sleep = service.knob(stage, "sleep")
    server = service.gunicorn(stage, "-k", "gthread", "--threads", 10, sleep=sleep, name="webhooks")
    service.demand(stage, server.port, "/sleep", clients=25)
    yield server.whom
    sleep.set(2)


CASE = Case(seen="threads that sleep with requests in hand", expect=says("sleep", ("exhausted",), "", ("dependency", "event_loop", "lock")),
            packages=("gunicorn",), runtime="python", release="trixie", renamed=True, waiting=10)
