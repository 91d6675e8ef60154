# SPDX-License-Identifier: Apache-2.0
"""puma that somebody stopped with a signal, and clients."""
import os
import signal

from case import Case, says
from programs import service


def play(stage):
    server = service.puma(stage, "-t", "5:5")
    service.demand(stage, server.port, "/", clients=8, pause=0.2)
    yield server.whom
    os.kill(server.pid, signal.SIGSTOP)


CASE = Case(seen="a stopped Ruby server", expect=says("stopped", ("exhausted", "stuck"), "", ("dependency", "event_loop", "handoff")),
            packages=("puma",), runtime="ruby")
