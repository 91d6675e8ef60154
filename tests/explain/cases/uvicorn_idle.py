# SPDX-License-Identifier: Apache-2.0
"""uvicorn without a request, after some."""
from case import Case, rest
from programs import service


def play(stage):
    server = service.uvicorn(stage)
    load = service.demand(stage, server.port, clients=4, pause=0.2)
    yield server.whom
    stage.end(load)


CASE = Case(seen="an idle event loop", expect=rest(), packages=("python3-uvicorn",), runtime="python", at_rest=True)
