# SPDX-License-Identifier: Apache-2.0
"""Prefork Apache that passes requests on: eight workers that rest in accept, all on one slow backend, and a queue at the
door."""
from case import Case, waits_for_peer
from programs import service, web


def play(stage):
    peer = service.peer(stage)
    server = web.apache(stage, "prefork", "StartServers 8\nMinSpareServers 1\nMaxRequestWorkers 8\nServerLimit 8\n",
                        passes_to=peer, name="portal")
    service.demand(stage, server.port, clients=20)
    yield server.whom
    peer.delay.set(3)


CASE = Case(seen="prefork Apache, all workers on one slow backend", expect=waits_for_peer(), packages=("apache2",), waiting=8,
            renamed=True, kind="blocking_workers")
