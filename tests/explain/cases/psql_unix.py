# SPDX-License-Identifier: Apache-2.0
"""psql that waits for a long statement over a Unix socket. Which process of the server works on it stands in no socket, so
the server's name or the socket's path will do."""
from case import Case, Expect, says
from programs import data


def play(stage):
    server = data.postgres(stage)
    command = data.psql(stage, server, "SELECT 1", "SELECT pg_sleep(5)", "SELECT pg_sleep(600)")
    command[command.index("127.0.0.1")] = str(stage.dir / "pgdata")
    started = stage.start(*command)
    yield str(started.pid), started.pid


_SAID = says("ipc", ("busy", "ample", "unknown", "exhausted"), r"\.s\.PGSQL|postgres", ("lock", "storage"))
CASE = Case(seen="a client that waits at a Unix socket", expect=Expect(("ipc", "dependency"), _SAID.severity, _SAID.culprit, _SAID.never, _SAID.never_say),
            packages=("postgresql",), waiting=1)
