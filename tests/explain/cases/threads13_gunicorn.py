# SPDX-License-Identifier: Apache-2.0
"""24 gunicorn workers of Debian 13 that compute on two CPUs, with more requests than they can serve."""
from case import MORE_THREADS, Case, Expect
from programs import service


def play(stage):
    server = service.gunicorn(stage, "-w", 24, name="tagger")
    yield server.whom
    service.demand(stage, server.port, "/compute?s=0.3", clients=48, pause=0.01)


_NEVER = ("dependency", "lock", "handoff", "deadlock", "storage", "event_loop", "sleep", "idle", "quota")
CASE = Case(seen="24 worker processes for two CPUs", expect=Expect(("threads", "own_queue"), ("exhausted", "tight"), never=(*_NEVER, "neighbour"), never_say=(MORE_THREADS,)),
            busy=Expect(("threads", "own_queue"), ("exhausted", "tight"), never=_NEVER, never_say=(MORE_THREADS,)), packages=("gunicorn",), runtime="python",
            release="trixie", renamed=True, group="alone")
