# SPDX-License-Identifier: Apache-2.0
"""Four gunicorn workers whose requests read blocks past the page cache from a slow disk, and more requests at the door."""
from case import Case, says
from programs import disk, service


def play(stage):
    data = disk.file(stage, 64)
    group = disk.slow_group(stage, 20)
    server = service.gunicorn(stage, "-w", 4, file=data, name="archive", groups=(group,))
    yield server.whom
    service.demand(stage, server.port, "/read", clients=12, pause=0.2)


CASE = Case(seen="workers that wait for a slow disk", expect=says("storage", ("exhausted", "tight"), "", ("dependency", "lock", "memory", "event_loop")),
            packages=("gunicorn",), runtime="python", release="trixie", renamed=True, waiting=4)
