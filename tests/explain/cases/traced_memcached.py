# SPDX-License-Identifier: Apache-2.0
"""memcached whose threads a tracer stopped and keeps, as a debugger at its prompt does."""
from case import Case, says
from programs import data


def play(stage):
    server = data.memcached(stage, name="blobs")
    stage.load("redis_lines.py", server.port, 8, "version")
    yield server.whom
    stage.load("tracer.py", server.pid)
    stage.names["tracer"] = "python3"


CASE = Case(seen="a server under a debugger", expect=says("stopped", ("exhausted", "stuck"), "{tracer}", ("dependency", "event_loop")),
            packages=("memcached",), renamed=True)
