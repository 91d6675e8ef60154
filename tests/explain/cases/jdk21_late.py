# SPDX-License-Identifier: Apache-2.0
"""JDK 21: a pool of 16 that waits for one slow address, and a queue behind it."""
from case import Case, waits_for_peer
from programs import service


def play(stage):
    peer = service.peer(stage)
    server = service.java(stage, threads=16, peer=peer)
    service.demand(stage, server.port, "/peer", clients=40)
    yield server.whom
    peer.delay.set(4)


CASE = Case(seen="16 of 16 threads of a JVM wait for one slow address", expect=waits_for_peer(), packages=("openjdk-21-jdk-headless",),
            runtime="java", release="trixie", waiting=16, kind="late")
