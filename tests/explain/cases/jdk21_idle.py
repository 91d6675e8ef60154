# SPDX-License-Identifier: Apache-2.0
"""JDK 21 on glibc 2.41 after its work: parked threads wait for numbers that grow with each unpark, 2 and 3 among them."""
from case import Case, rest
from programs import service


def play(stage):
    server = service.java(stage, threads=20, name="recommender")
    load = service.demand(stage, server.port, clients=20, pause=0.3)
    yield server.whom
    stage.end(load)


CASE = Case(seen="an idle JDK 21 on a newer glibc", expect=rest(), packages=("openjdk-21-jdk-headless",), runtime="java", release="trixie",
            at_rest=True, renamed=True, kind="counting_condition")
