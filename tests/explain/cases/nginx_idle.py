# SPDX-License-Identifier: Apache-2.0
"""nginx with four workers that nobody asks."""
from case import Case, rest
from programs import service, web


def play(stage):
    server = web.nginx(stage, workers=4, name="edge")
    load = service.demand(stage, server.port, clients=2, pause=0.1)
    yield server.whom
    stage.end(load)


CASE = Case(seen="an idle web server", expect=rest(), packages=("nginx-light",), at_rest=True, renamed=True)
