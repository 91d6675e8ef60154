# SPDX-License-Identifier: Apache-2.0
"""20 threads that wait for one slow peer, in a process that has 240 others with names of their own."""
from case import Case, waits_for_peer
from programs import own, service


def play(stage):
    peer = service.peer(stage)
    program = own.program(stage, "crowd", "among_many", 20, peer.port)
    yield program.whom
    peer.delay.set(3)


CASE = Case(seen="one pool in trouble among 240", expect=waits_for_peer(("unknown", "exhausted")), runtime="c++", waiting=20,
            kind="many_pools")
