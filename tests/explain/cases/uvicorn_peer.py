# SPDX-License-Identifier: Apache-2.0
"""uvicorn whose handler asks a slow peer with a blocking call: what the loop is kept by is that peer."""
from case import Case, Expect, says
from programs import service


def play(stage):
    peer = service.peer(stage)
    server = service.uvicorn(stage, peer=peer)
    service.demand(stage, server.port, "/peer", clients=10, pause=0.5)
    yield server.whom
    peer.delay.set(1)


CASE = Case(seen="an event loop that asks a slow peer", expect=says("event_loop", ("exhausted", "stuck"), "{peer}", ("deadlock", "lock")),
            packages=("python3-uvicorn",), runtime="python", waiting=1)
