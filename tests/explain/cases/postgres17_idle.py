# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL 17 with ten connections that ask for nothing."""
from case import Case, rest
from programs import data


def play(stage):
    server = data.postgres(stage)
    for _ in range(10):
        stage.load("idle_postgres_client.py", server.port)
    yield server.whom


CASE = Case(seen="a database with idle connections", expect=rest(), packages=("postgresql-17",), release="trixie", at_rest=True)
