# SPDX-License-Identifier: Apache-2.0
"""The same JVM an instant after its work: 20 threads parked on a word each, and the JVM's own threads."""
from case import Case, rest
from programs import service


def play(stage):
    server = service.java(stage, threads=20)
    load = service.demand(stage, server.port, "/", clients=20)
    yield server.whom
    stage.end(load)


CASE = Case(seen="an idle JVM after work", expect=rest(), packages=("openjdk-17-jdk-headless",), runtime="java", at_rest=True)
