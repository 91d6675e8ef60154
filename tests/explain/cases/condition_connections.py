# SPDX-License-Identifier: Apache-2.0
"""Twenty C++ threads that share three connections to a slow peer by one condition variable."""
from case import Case, says
from programs import own, service


def play(stage):
    peer = service.peer(stage)
    program = own.program(stage, "crowd", "connections", 20, peer.port, name="ordersvc")
    yield program.whom
    peer.delay.set(2)


CASE = Case(seen="C++ threads that wait for a connection",
            expect=says("handoff", ("exhausted", "unknown", "tight"), "{peer}", ("lock", "deadlock", "one_at_a_time", "sleep")),
            runtime="c++", renamed=True, waiting=20)
