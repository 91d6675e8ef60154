# SPDX-License-Identifier: Apache-2.0
"""JDK 25 with 16 threads and HikariCP's pool of two connections to a slow PostgreSQL 17."""
from case import Case, says
from programs import data, own, service


def play(stage):
    server = data.postgres(stage)
    delay = service.knob(stage, "db-delay", 0)
    port = service.proxy(stage, server.port, delay, "db")
    program = own.java(stage, "Connections", port, 16, 2, jars=own.JDBC, java="/usr/lib/jvm/java-25-openjdk-amd64/bin/java", name="profile")
    yield program.whom
    delay.set(2)


CASE = Case(seen="Java threads that wait for a connection",
            expect=says("handoff", ("exhausted", "unknown", "tight"), "{db}", ("lock", "deadlock", "one_at_a_time", "sleep")),
            packages=("openjdk-25-jdk-headless", "postgresql-17"), runtime="java", release="trixie", renamed=True, waiting=16, kind="connection_pool")
