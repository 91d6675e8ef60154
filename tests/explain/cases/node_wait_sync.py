# SPDX-License-Identifier: Apache-2.0
"""Node whose handler waits 0.4 s at an Atomics.wait in its loop."""
from case import Case, says
from programs import service


def play(stage):
    sleep = service.knob(stage, "sleep", 0.001)
    server = service.node(stage, sleep=sleep, name="gateway")
    service.demand(stage, server.port, "/sleep", clients=10, pause=0.2)
    yield server.whom
    sleep.set(0.4)


CASE = Case(seen="an event loop that waits at a futex", expect=says("event_loop", ("exhausted", "stuck"), "", ("dependency", "lock", "deadlock")),
            packages=("nodejs",), runtime="node", renamed=True)
