# SPDX-License-Identifier: Apache-2.0
"""A JVM that serves requests of 5 ms of CPU each, beside others that compute without end: its threads wait for a
CPU behind them."""
from case import Case, wants_cpu
from programs import own, service


def play(stage):
    server = service.java(stage, threads=4, name="geocoder")
    service.demand(stage, server.port, "/compute", clients=2, pause=0.05)
    stage.names["others"] = "batchcruncher"
    yield server.whom
    own.spinners(stage, 4, "batchcruncher")


CASE = Case(seen="a server beside programs that compute", expect=wants_cpu("neighbour", ("exhausted", "tight", "ample", "busy", "unknown"), "{others}", ("quota",)),
            busy=wants_cpu("neighbour", ("exhausted", "tight", "ample", "busy", "unknown"), "{others}|sh", ("quota",)),
            packages=("openjdk-17-jdk-headless",), runtime="java", renamed=True, group="beside")
