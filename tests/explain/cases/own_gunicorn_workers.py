# SPDX-License-Identifier: Apache-2.0
"""Eight gunicorn workers that compute on two CPUs, with more requests than they can serve: they queue behind each other, and
they are one service, not neighbours."""
from case import MOVE, Case, wants_cpu
from programs import service


def play(stage):
    server = service.gunicorn(stage, "-w", 8)
    yield server.whom
    service.demand(stage, server.port, "/compute?s=0.3", clients=16, pause=0.01)


_SAID = wants_cpu("own_queue", ("exhausted", "tight"), "", ("quota",), (MOVE,))
CASE = Case(seen="eight CPU-bound workers of one server", expect=wants_cpu("own_queue", ("exhausted", "tight"), "", ("quota", "neighbour"), (MOVE,)),
            busy=_SAID, packages=("gunicorn",), runtime="python", group="alone", kind="siblings")
