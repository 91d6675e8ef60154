# SPDX-License-Identifier: Apache-2.0
"""Python threads that ask 70 peers, and from then on a slow one."""
from case import Case, waits_for_peer
from programs import own, service


def play(stage):
    old = service.listener(stage, 70)
    new = service.peer(stage)
    ports = stage.file("ports", " ".join(map(str, old)))
    program = own.python(stage, "failover.py", ports, 10, name="syncer")
    yield program.whom
    new.delay.set(2)
    service.Knob(ports).set(new.port)


CASE = Case(seen="a client that failed over to another host", expect=waits_for_peer(("unknown", "exhausted")), runtime="python", waiting=10,
            renamed=True, kind="failover")
