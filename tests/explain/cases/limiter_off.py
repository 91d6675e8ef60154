# SPDX-License-Identifier: Apache-2.0
"""A service with the SDK whose eight workers hang 5 s at a peer while its queue grows; its limiter is off, and its word does
not count."""
from case import Case, waits_for_peer
from programs import own, service


def play(stage):
    peer = service.peer(stage)
    program = own.limited(stage, "off", 8, peer.port)
    yield program.whom
    peer.delay.set(5)


CASE = Case(seen="a service whose limiter is off", expect=waits_for_peer(), runtime="c++", waiting=8, kind="limiter", fast=True)
