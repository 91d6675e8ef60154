# SPDX-License-Identifier: Apache-2.0
"""Node with an HTTP server that nobody asks: one loop, four V8 workers that wait for tasks at one condition."""
from case import Case, rest
from programs import service


def play(stage):
    server = service.node(stage)
    stage.run("/usr/bin/curl", "-s", f"http://127.0.0.1:{server.port}/")
    yield server.whom


CASE = Case(seen="an idle Node server with its V8 workers", expect=rest(), packages=("nodejs", "curl"), runtime="node", at_rest=True)
