# SPDX-License-Identifier: Apache-2.0
"""Redis that somebody stopped with a signal, and clients that wait for it."""
import os
import signal

from case import NOT_WAITING, HEALTHY, Case, Expect
from programs import data


def play(stage):
    server = data.redis(stage)
    stage.load("demand.py", server.port, "/", 4, 0.5)
    yield server.whom
    os.kill(server.pid, signal.SIGSTOP)


CASE = Case(seen="a program stopped by a signal",
            expect=Expect(cause=("stopped",), severity=("exhausted", "stuck"), never=(*NOT_WAITING, "dependency"), never_say=(HEALTHY,)),
            packages=("redis-server",))
