# SPDX-License-Identifier: Apache-2.0
"""Valkey that grows to its group's memory, where the group waits instead of being killed; its clients wait for answers."""
import stage as stages
from case import Case, Expect, says
from programs import data, disk


def play(stage):
    group = disk.small_group(stage, 48, kill=False)
    server = data.redis(stage, "--enable-debug-command", "yes", binary="/usr/bin/valkey-server", name="sketches", groups=(group,))
    stage.load("redis_lines.py", server.port, 4, "PING")
    yield server.whom
    stage.load("redis_lines.py", server.port, 4, "DEBUG POPULATE 2000000 key 300")
    stages.eventually(lambda: group.memory_used() > 47 << 20, "the group's memory is full")


_SAID = says("memory", ("exhausted", "stuck"), "{memory}|memory", ("dependency", "lock", "storage"))
CASE = Case(seen="a store that waits for memory of its group", expect=Expect(("memory", "event_loop"), _SAID.severity, _SAID.culprit, _SAID.never, _SAID.never_say),
            packages=("valkey-server",), release="trixie", renamed=True)
