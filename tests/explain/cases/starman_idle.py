# SPDX-License-Identifier: Apache-2.0
"""A preforking Perl server: five workers that wait in accept."""
from case import Case, rest
from programs import service


def play(stage):
    server = service.starman(stage, "--workers", 5)
    load = service.demand(stage, server.port, clients=2, pause=0.2)
    yield server.whom
    stage.end(load)


CASE = Case(seen="an idle preforking server in Perl", expect=rest(), packages=("starman",), runtime="perl", at_rest=True)
