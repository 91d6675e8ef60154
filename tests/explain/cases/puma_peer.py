# SPDX-License-Identifier: Apache-2.0
"""puma with eight threads, all on one slow peer, and requests in its own queue."""
from case import Case, waits_for_peer
from programs import service


def play(stage):
    peer = service.peer(stage)
    server = service.puma(stage, "-t", "8:8", peer=peer)
    service.demand(stage, server.port, "/peer", clients=20)
    yield server.whom
    peer.delay.set(3)


CASE = Case(seen="a Ruby pool on the network beside busy CPUs", expect=waits_for_peer(), packages=("puma",), runtime="ruby", waiting=8,
            kind="busy_host")
