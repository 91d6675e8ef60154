# SPDX-License-Identifier: Apache-2.0
"""Sixteen Python threads that share three connections to a slow PostgreSQL by a queue."""
from case import Case, says
from programs import data, own, service


def play(stage):
    server = data.postgres(stage)
    delay = service.knob(stage, "db-delay", 0)
    port = service.proxy(stage, server.port, delay, "db")
    program = own.python(stage, "connections.py", port, 16, 3, name="accounts")
    yield program.whom
    delay.set(2)


CASE = Case(seen="Python threads that wait for a connection",
            expect=says("handoff", ("exhausted", "unknown", "tight"), "{db}", ("lock", "deadlock", "one_at_a_time", "sleep")),
            packages=("python3-psycopg2", "postgresql"), runtime="python", renamed=True, waiting=16, kind="connection_pool")
