# SPDX-License-Identifier: Apache-2.0
"""gunicorn with 20 threads, requests in hand in each, all waiting 4 s for one address; more requests wait at its door."""
from case import Case, waits_for_peer
from programs import service


def play(stage):
    peer = service.peer(stage)
    server = service.gunicorn(stage, "-k", "gthread", "--threads", 20, peer=peer)
    service.demand(stage, server.port, "/peer", clients=40)
    yield server.whom
    peer.delay.set(4)


CASE = Case(seen="20 of 20 threads wait for one slow address", expect=waits_for_peer(), packages=("gunicorn",), runtime="python",
            waiting=20, fast=True, kind="late")
