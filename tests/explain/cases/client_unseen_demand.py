# SPDX-License-Identifier: Apache-2.0
"""A client with 16 threads that ask one slow peer. Nobody sees who wants what from it: how bad that is cannot be told."""
from case import Case, waits_for_peer
from programs import own, service


def play(stage):
    peer = service.peer(stage)
    program = own.program(stage, "crowd", "ask", 16, peer.port, name="importer")
    yield program.whom
    peer.delay.set(3)


CASE = Case(seen="a client of a slow peer, whose own demand nobody sees", expect=waits_for_peer(("unknown", "exhausted")), runtime="c++",
            waiting=16, renamed=True)
