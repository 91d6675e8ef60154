# SPDX-License-Identifier: Apache-2.0
"""Python's ThreadPoolExecutor with ten threads and tasks of 40 ms at 40 a second: 16 % of its threads' time. Rest, mostly,
and no queue for anything."""
from case import NOT_REST, MORE_THREADS, MOVE, SHORTEN, Case, Expect
from programs import own, service


def play(stage):
    peer = service.peer(stage)
    peer.delay.set(0.04)
    program = own.python(stage, "executor.py", peer.port)
    yield program.whom
    program.trouble()


CASE = Case(seen="a Python executor at 16 %",
            expect=Expect(cause=("idle", "dependency"), severity=("ample",), strict=True,
                          never=tuple(each for each in NOT_REST if each != "dependency"),
                          never_say=(MORE_THREADS, MOVE, SHORTEN)),
            runtime="python", kind="mostly_idle")
