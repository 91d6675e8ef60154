# SPDX-License-Identifier: Apache-2.0
"""12 threads queue for a mutex whose holder waits for a slow peer: what they wait for is that peer."""
from case import Case, Expect, waits_for_peer
from programs import own, service


def play(stage):
    peer = service.peer(stage)
    program = own.program(stage, "locks", "peer", 12, peer.port, name="billing")
    yield program.whom
    peer.delay.set(3)
    program.trouble()


_SAID = waits_for_peer(("exhausted", "unknown", "tight"))
CASE = Case(seen="a lock whose holder waits for a peer",
            expect=Expect(("dependency",), _SAID.severity, _SAID.culprit, tuple(each for each in _SAID.never if each != "lock"), _SAID.never_say),
            runtime="c++", waiting=13, renamed=True)
