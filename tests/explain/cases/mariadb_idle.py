# SPDX-License-Identifier: Apache-2.0
"""MariaDB with its thread pool and ten connections that ask for nothing."""
from case import Case, rest
from programs import data


def play(stage):
    server = data.mariadb(stage, "--thread-handling=pool-of-threads", "--thread-pool-size=2")
    yield server.whom
    for _ in range(20):
        stage.run(*data.mariadb_client(stage, server, "SELECT 1"))


CASE = Case(seen="a database with a thread pool, after a little work", expect=rest(), packages=("mariadb-server",), at_rest=True)
