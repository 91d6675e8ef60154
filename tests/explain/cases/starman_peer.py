# SPDX-License-Identifier: Apache-2.0
"""Five preforked Perl workers on one slow peer."""
from case import Case, waits_for_peer
from programs import service


def play(stage):
    peer = service.peer(stage)
    server = service.starman(stage, "--workers", 5, peer=peer)
    service.demand(stage, server.port, "/peer", clients=15)
    yield server.whom
    peer.delay.set(3)


CASE = Case(seen="preforked Perl workers on one slow peer", expect=waits_for_peer(), packages=("starman",), runtime="perl", waiting=5)
