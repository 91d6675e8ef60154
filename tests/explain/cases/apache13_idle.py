# SPDX-License-Identifier: Apache-2.0
"""Apache's event workers on glibc 2.41 after some requests."""
from case import Case, rest
from programs import service, web


def play(stage):
    server = web.apache(stage, "event", "StartServers 2\nThreadsPerChild 25\n", name="intranet")
    load = service.demand(stage, server.port, clients=4, pause=0.2)
    yield server.whom
    stage.end(load)


CASE = Case(seen="Apache's event workers after some requests", expect=rest(), packages=("apache2",), release="trixie", at_rest=True, renamed=True,
            kind="mostly_idle")
