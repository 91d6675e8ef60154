# SPDX-License-Identifier: Apache-2.0
"""A consumer of a Redis list (BLPOP) whose traffic falls from 20 a second to one in three: its waits become 60 times as
long, and nothing became slow. The peer is on this host and at rest."""
from case import NOT_REST, MORE_THREADS, MOVE, Case, Expect
from programs import data, own


def play(stage):
    server = data.redis(stage)
    program = own.python(stage, "consumer.py", server.port, 4)
    rate = stage.file("rate", "20")
    stage.load("producer.py", server.port, rate)
    stage.names["peer"] = f"127.0.0.1:{server.port}"
    yield program.whom
    rate.write_text("0.33")


CASE = Case(seen="a queue consumer with thin traffic",
            expect=Expect(cause=("idle", "dependency"), severity=("ample", "unknown"), strict=True,
                          never=tuple(each for each in NOT_REST if each != "dependency"),
                          never_say=(MORE_THREADS, MOVE, r"\bbecame slow|\bslower\b|\btimes longer\b")),
            packages=("redis-server", "python3-redis"), runtime="python", kind="thin_traffic")
