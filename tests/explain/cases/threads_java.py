# SPDX-License-Identifier: Apache-2.0
"""A JVM's server with 64 threads whose requests compute."""
from case import MORE_THREADS, Case, Expect
from programs import service


def play(stage):
    server = service.java(stage, threads=64, name="pricer")
    yield server.whom
    service.demand(stage, server.port, "/compute", clients=100, pause=0.01)


_NEVER = ("dependency", "lock", "handoff", "deadlock", "storage", "event_loop", "sleep", "idle", "quota")
CASE = Case(seen="a JVM with 64 threads for two CPUs", expect=Expect(("threads", "own_queue"), ("exhausted", "tight"), never=(*_NEVER, "neighbour"), never_say=(MORE_THREADS,)),
            busy=Expect(("threads", "own_queue"), ("exhausted", "tight"), never=_NEVER, never_say=(MORE_THREADS,)), packages=("openjdk-17-jdk-headless",),
            runtime="java", renamed=True, group="alone")
