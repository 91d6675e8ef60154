# SPDX-License-Identifier: Apache-2.0
"""Gunicorn's eight threads on one slow peer, on a host with 220 other programs at rest."""
from case import Case, waits_for_peer
from programs import own, service


def play(stage):
    own.crowd_of_programs(stage, 220)
    peer = service.peer(stage)
    server = service.gunicorn(stage, "-k", "gthread", "--threads", 8, peer=peer, name="ticketing")
    service.demand(stage, server.port, "/peer", clients=20)
    yield server.whom
    peer.delay.set(3)


CASE = Case(seen="one program in trouble among 220", expect=waits_for_peer(), packages=("gunicorn",), runtime="python", waiting=8,
            renamed=True, kind="many_pools")
