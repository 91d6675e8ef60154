# SPDX-License-Identifier: Apache-2.0
"""nginx in a frozen group, with clients."""
from case import Case, says
from programs import service, web


def play(stage):
    group = stage.group("freezer")
    server = web.nginx(stage, workers=2, groups=(group,))
    service.demand(stage, server.port, "/", clients=4)
    yield server.whom
    group.freeze(True)


CASE = Case(seen="a frozen web server", expect=says("frozen", ("exhausted", "stuck"), "{freezer}", ("memory", "event_loop")), packages=("nginx-light",))
