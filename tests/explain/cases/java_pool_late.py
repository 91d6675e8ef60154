# SPDX-License-Identifier: Apache-2.0
"""A JVM's HTTP server with a pool of 20: all wait 4 s for one address, and the pool's queue grows behind them."""
from case import Case, waits_for_peer
from programs import service


def play(stage):
    peer = service.peer(stage)
    server = service.java(stage, threads=20, peer=peer, name="checkout")
    service.demand(stage, server.port, "/peer", clients=40)
    yield server.whom
    peer.delay.set(4)


CASE = Case(seen="20 of 20 threads of a JVM wait for one slow address", expect=waits_for_peer(), packages=("openjdk-17-jdk-headless",),
            runtime="java", waiting=20, renamed=True, kind="late")
