# SPDX-License-Identifier: Apache-2.0
"""Node whose requests compute for 50 ms, beside programs that compute without end: half and more of its time it waits for
a CPU behind them. Its loop is late for that reason, and for no other."""
from case import Case, Expect, wants_cpu
from programs import own, service


def play(stage):
    server = service.node(stage, name="previews")
    service.demand(stage, server.port, "/compute", clients=2, pause=0.1)
    stage.names["others"] = "batchcruncher"
    yield server.whom
    own.spinners(stage, 4, "batchcruncher")


CASE = Case(seen="an event loop beside programs that compute", expect=wants_cpu("neighbour", ("exhausted", "tight", "ample", "busy", "unknown"), "{others}", ("quota",)),
            busy=wants_cpu("neighbour", ("exhausted", "tight", "ample", "busy", "unknown"), "{others}|sh", ("quota",)), packages=("nodejs",), runtime="node",
            renamed=True, group="beside again")
