# SPDX-License-Identifier: Apache-2.0
"""puma with eight threads without a request, after some."""
from case import Case, rest
from programs import service


def play(stage):
    server = service.puma(stage, "-t", "8:8", name="storefront")
    load = service.demand(stage, server.port, clients=8, pause=0.5)
    yield server.whom
    stage.end(load)


CASE = Case(seen="an idle Ruby server with a pool", expect=rest(), packages=("puma",), runtime="ruby", at_rest=True, renamed=True)
