# SPDX-License-Identifier: Apache-2.0
"""memcached that somebody stopped with a signal, and clients."""
import os
import signal

from case import Case, says
from programs import data


def play(stage):
    server = data.memcached(stage)
    stage.load("redis_lines.py", server.port, 4, "version")
    yield server.whom
    os.kill(server.pid, signal.SIGSTOP)


CASE = Case(seen="a stopped cache", expect=says("stopped", ("exhausted", "stuck"), "", ("event_loop", "lock", "dependency")), packages=("memcached",),
            release="trixie")
