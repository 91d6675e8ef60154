# SPDX-License-Identifier: Apache-2.0
"""gunicorn with eight threads in one process whose requests compute: Python's lock lets one of them run."""
from case import Case, Expect
from programs import service


def play(stage):
    server = service.gunicorn(stage, "-k", "gthread", "--threads", 8, name="scoring")
    yield server.whom
    service.demand(stage, server.port, "/compute?s=0.3", clients=16, pause=0.1)


CASE = Case(seen="a Python server's threads behind the interpreter's lock",
            expect=Expect(("one_at_a_time",), ("exhausted", "unknown", "tight"), never=("own_queue", "neighbour", "quota", "idle", "dependency", "sleep", "deadlock", "event_loop")),
            packages=("gunicorn",), runtime="python", renamed=True, waiting=7, group="one more", kind="interpreter_lock")
