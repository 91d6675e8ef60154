# SPDX-License-Identifier: Apache-2.0
"""A JVM with a pool in a frozen group, with clients."""
from case import Case, says
from programs import service


def play(stage):
    group = stage.group("freezer")
    server = service.java(stage, threads=8, name="search", groups=(group,))
    service.demand(stage, server.port, "/", clients=4)
    yield server.whom
    group.freeze(True)


CASE = Case(seen="a frozen JVM", expect=says("frozen", ("exhausted", "stuck"), "{freezer}", ("memory", "lock", "handoff")),
            packages=("openjdk-17-jdk-headless",), runtime="java", renamed=True)
