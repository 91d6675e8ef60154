# SPDX-License-Identifier: Apache-2.0
"""Node in a frozen group, with clients."""
from case import Case, says
from programs import service


def play(stage):
    group = stage.group("freezer")
    server = service.node(stage, name="feed", groups=(group,))
    service.demand(stage, server.port, "/", clients=4)
    yield server.whom
    group.freeze(True)


CASE = Case(seen="a frozen event loop", expect=says("frozen", ("exhausted", "stuck"), "loadline-explain-", ("memory", "event_loop")),
            packages=("nodejs",), runtime="node", renamed=True)
