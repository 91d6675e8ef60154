# SPDX-License-Identifier: Apache-2.0
"""A thread that locks a mutex which it holds, and five behind it."""
from case import Case, says
from programs import own


def play(stage):
    program = own.program(stage, "deadlock", "self", 5)
    yield program.whom
    program.trouble()


CASE = Case(seen="a thread that waits for itself", expect=says("deadlock", ("stuck", "exhausted"), "transfer", ("dependency", "lock")), runtime="c++", waiting=6)
