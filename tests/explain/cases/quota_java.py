# SPDX-License-Identifier: Apache-2.0
"""A JVM that may use 0.2 CPUs, and whose requests want more."""
from case import Case, wants_cpu
from programs import service


def play(stage):
    group = stage.group("cpu")
    server = service.java(stage, threads=8, groups=(group,), flags=("-XX:ActiveProcessorCount=2",))
    yield server.whom
    group.quota(0.2)
    service.demand(stage, server.port, "/compute", clients=8, pause=0.1)


CASE = Case(seen="a JVM under a quota of 0.2 CPUs", expect=wants_cpu("quota", ("exhausted", "tight"), "{cpu}", ("neighbour", "own_queue", "cpu", "threads")),
            packages=("openjdk-17-jdk-headless",), runtime="java", group="quota", kind="quota")
