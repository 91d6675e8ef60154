# SPDX-License-Identifier: Apache-2.0
"""MariaDB 11.8 on glibc 2.41 with its thread pool, after a little work."""
from case import Case, rest
from programs import data


def play(stage):
    server = data.mariadb(stage, "--thread-handling=pool-of-threads", "--thread-pool-size=2", name="catalogdb")
    yield server.whom
    for _ in range(20):
        stage.run(*data.mariadb_client(stage, server, "SELECT 1"))


CASE = Case(seen="a database's pool that waits at value 3", expect=rest(), packages=("mariadb-server",), release="trixie", at_rest=True,
            renamed=True, kind="counting_condition")
