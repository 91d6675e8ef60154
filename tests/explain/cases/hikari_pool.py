# SPDX-License-Identifier: Apache-2.0
"""A JVM with 20 threads and HikariCP's pool of three connections to a slow PostgreSQL: each waiter parks on a word of its own,
and waits for what the holders of the three connections wait for."""
from case import Case, says
from programs import data, own, service


def play(stage):
    server = data.postgres(stage)
    delay = service.knob(stage, "db-delay", 0)
    port = service.proxy(stage, server.port, delay, "db")
    program = own.java(stage, "Connections", port, 20, 3, jars=own.JDBC)
    yield program.whom
    delay.set(2)


CASE = Case(seen="Java threads that wait for a connection",
            expect=says("handoff", ("exhausted", "unknown", "tight"), "{db}", ("lock", "deadlock", "one_at_a_time", "sleep")),
            packages=("openjdk-17-jdk-headless", "libhikaricp-java", "libpostgresql-jdbc-java", "postgresql"), runtime="java", waiting=20, kind="connection_pool")
