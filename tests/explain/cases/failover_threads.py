# SPDX-License-Identifier: Apache-2.0
"""16 threads that have asked 70 peers by turns fail over to another one, which is slow. It is the peer now, however many
were there before."""
from case import Case, waits_for_peer
from programs import own, service


def play(stage):
    old = service.listener(stage, 70)
    new = service.peer(stage)
    ports = stage.file("ports", " ".join(map(str, old)))
    program = own.program(stage, "crowd", "failover", 16, ports)
    yield program.whom
    new.delay.set(2)
    service.Knob(ports).set(new.port)


CASE = Case(seen="a database that failed over to another host", expect=waits_for_peer(("unknown", "exhausted")), runtime="c++", waiting=16,
            kind="failover")
