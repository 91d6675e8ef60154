# SPDX-License-Identifier: Apache-2.0
"""puma on Ruby 3.3: six threads on one slow peer."""
from case import Case, waits_for_peer
from programs import service


def play(stage):
    peer = service.peer(stage)
    server = service.puma(stage, "-t", "6:6", peer=peer, name="coupons")
    service.demand(stage, server.port, "/peer", clients=18)
    yield server.whom
    peer.delay.set(3)


CASE = Case(seen="a Ruby pool on one slow peer", expect=waits_for_peer(), packages=("puma",), runtime="ruby", release="trixie", waiting=6,
            renamed=True, kind="busy_host")
