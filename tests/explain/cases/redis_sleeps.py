# SPDX-License-Identifier: Apache-2.0
"""Redis that one client tells to sleep 0.5 s again and again (DEBUG SLEEP), with others that wait for answers."""
from case import Case, says
from programs import data, service


def play(stage):
    server = data.redis(stage, "--enable-debug-command", "yes", name="leaderboard")
    stage.load("redis_lines.py", server.port, 8, "PING")
    yield server.whom
    stage.load("redis_lines.py", server.port, 1, "DEBUG SLEEP 0.5")


CASE = Case(seen="a single-threaded store kept by one command", expect=says("event_loop", ("exhausted", "stuck"), "sleep|timer", ("dependency", "lock")),
            packages=("redis-server",), renamed=True)
