# SPDX-License-Identifier: Apache-2.0
"""Three threads in a ring of three locks, and five behind them."""
from case import Case, says
from programs import own


def play(stage):
    program = own.program(stage, "deadlock", "ring", 5, name="settlement")
    yield program.whom
    program.trouble()


CASE = Case(seen="a deadlock of three threads", expect=says("deadlock", ("stuck", "exhausted"), "transfer", ("dependency", "lock")), runtime="c++", renamed=True, waiting=8)
