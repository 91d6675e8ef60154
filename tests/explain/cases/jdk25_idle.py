# SPDX-License-Identifier: Apache-2.0
"""JDK 25 on glibc 2.41 after its work."""
from case import Case, rest
from programs import service


def play(stage):
    server = service.java(stage, threads=12, java="/usr/lib/jvm/java-25-openjdk-amd64/bin/java")
    load = service.demand(stage, server.port, clients=12, pause=0.3)
    yield server.whom
    stage.end(load)


CASE = Case(seen="an idle JDK 25 on a newer glibc", expect=rest(), packages=("openjdk-25-jdk-headless",), runtime="java", release="trixie",
            at_rest=True, kind="counting_condition")
