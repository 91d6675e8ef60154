# SPDX-License-Identifier: Apache-2.0
"""A C# server on Mono: its thread pool parks between requests."""
from case import Case, rest
from programs import own, service


def play(stage):
    server = own.mono(stage)
    load = service.demand(stage, server.port, clients=4, pause=0.2)
    yield server.whom
    stage.end(load)


CASE = Case(seen="an idle C# server", expect=rest(), packages=("mono-mcs",), runtime="mono", at_rest=True)
