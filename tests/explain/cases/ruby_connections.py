# SPDX-License-Identifier: Apache-2.0
"""Twelve Ruby threads that share three connections to a slow PostgreSQL by the gem connection_pool."""
from case import Case, says
from programs import data, own, service


def play(stage):
    server = data.postgres(stage)
    delay = service.knob(stage, "db-delay", 0)
    port = service.proxy(stage, server.port, delay, "db")
    program = own.ruby(stage, "connections.rb", port, 12, 3)
    yield program.whom
    delay.set(2)


CASE = Case(seen="Ruby threads that wait for a connection",
            expect=says("handoff", ("exhausted", "unknown", "tight"), "{db}", ("lock", "deadlock", "one_at_a_time", "sleep")),
            packages=("ruby-connection-pool", "ruby-pg", "postgresql"), runtime="ruby", waiting=12, kind="connection_pool")
