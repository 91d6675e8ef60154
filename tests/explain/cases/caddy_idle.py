# SPDX-License-Identifier: Apache-2.0
"""A web server in Go without a request."""
from case import Case, rest
from programs import service, web


def play(stage):
    server = web.caddy(stage, name="static")
    load = service.demand(stage, server.port, clients=4, pause=0.2)
    yield server.whom
    stage.end(load)


CASE = Case(seen="an idle server in Go", expect=rest(), packages=("caddy",), runtime="go", at_rest=True, renamed=True)
