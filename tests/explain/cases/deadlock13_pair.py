# SPDX-License-Identifier: Apache-2.0
"""Two threads on glibc 2.41 that hold what the other wants, and four behind them."""
from case import Case, says
from programs import own


def play(stage):
    program = own.program(stage, "deadlock", "pair", 4, name="clearing")
    yield program.whom
    program.trouble()


CASE = Case(seen="a deadlock of two threads", expect=says("deadlock", ("stuck", "exhausted"), "transfer", ("dependency", "lock")), runtime="c++",
            release="trixie", renamed=True, waiting=6)
