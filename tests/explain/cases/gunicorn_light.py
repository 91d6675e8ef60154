# SPDX-License-Identifier: Apache-2.0
"""Four one-thread worker processes that serve four requests a second, each within some milliseconds."""
from case import Case, rest
from programs import service


def play(stage):
    server = service.gunicorn(stage, "-w", 4)
    service.demand(stage, server.port, clients=4)
    yield server.whom


CASE = Case(seen="one-thread worker processes with little to do", expect=rest(("ample",)), packages=("gunicorn",), runtime="python",
            fast=True, kind="mostly_idle")
