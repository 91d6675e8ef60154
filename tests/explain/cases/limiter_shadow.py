# SPDX-License-Identifier: Apache-2.0
"""The same with a limiter that only watches."""
from case import Case, waits_for_peer
from programs import own, service


def play(stage):
    peer = service.peer(stage)
    program = own.limited(stage, "shadow", 8, peer.port, name="pricing")
    yield program.whom
    peer.delay.set(5)


CASE = Case(seen="a service whose limiter only watches", expect=waits_for_peer(), runtime="c++", waiting=8, renamed=True, kind="limiter")
