# SPDX-License-Identifier: Apache-2.0
"""A JVM with a pool of eight, of which two or three wait for a peer at any time. Ample."""
from case import NOT_REST, MORE_THREADS, MOVE, SHORTEN, Case, Expect
from programs import service


def play(stage):
    peer = service.peer(stage)
    peer.delay.set(0.25)
    server = service.java(stage, threads=8, peer=peer)
    yield server.whom
    service.demand(stage, server.port, "/peer", clients=3, pause=0.05)


CASE = Case(seen="a pool of eight with 2.5 busy",
            expect=Expect(cause=("idle", "dependency"), severity=("ample",), strict=True,
                          never=tuple(each for each in NOT_REST if each != "dependency"),
                          never_say=(MORE_THREADS, MOVE, SHORTEN)),
            packages=("openjdk-17-jdk-headless",), runtime="java", kind="mostly_idle")
