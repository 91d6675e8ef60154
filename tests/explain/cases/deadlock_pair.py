# SPDX-License-Identifier: Apache-2.0
"""Two threads that hold what the other wants, and six that queue behind one of them."""
from case import Case, says
from programs import own


def play(stage):
    program = own.program(stage, "deadlock", "pair", 6)
    yield program.whom
    program.trouble()


CASE = Case(seen="a deadlock of two threads", expect=says("deadlock", ("stuck", "exhausted"), "transfer", ("dependency", "lock")), runtime="c++", waiting=8, fast=True)
