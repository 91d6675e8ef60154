# SPDX-License-Identifier: Apache-2.0
"""Valkey in a frozen group, with clients."""
from case import Case, says
from programs import data


def play(stage):
    group = stage.group("freezer")
    server = data.redis(stage, binary="/usr/bin/valkey-server", name="tokens", groups=(group,))
    stage.load("redis_lines.py", server.port, 4, "PING")
    yield server.whom
    group.freeze(True)


CASE = Case(seen="a frozen store", expect=says("frozen", ("exhausted", "stuck"), "{freezer}", ("memory", "event_loop", "lock")),
            packages=("valkey-server",), release="trixie", renamed=True)
