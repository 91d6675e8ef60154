# SPDX-License-Identifier: Apache-2.0
"""A C# server whose thread pool of eight is on one slow peer."""
from case import Case, waits_for_peer
from programs import own, service


def play(stage):
    peer = service.peer(stage)
    server = own.mono(stage, peer=peer, name="quotes")
    service.demand(stage, server.port, "/peer", clients=20)
    yield server.whom
    peer.delay.set(3)


CASE = Case(seen="a C# pool on one slow peer", expect=waits_for_peer(), packages=("mono-mcs",), runtime="mono", waiting=8, renamed=True)
