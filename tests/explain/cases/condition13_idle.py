# SPDX-License-Identifier: Apache-2.0
"""Eight workers with a condition variable each on glibc 2.41, woken some hundred times before: they wait for any number."""
from case import Case, rest
from programs import own


def play(stage):
    program = own.program(stage, "resting", "condition", 8)
    yield program.whom
    program.trouble()


CASE = Case(seen="condition variables that count", expect=rest(), runtime="c++", release="trixie", at_rest=True, kind="counting_condition")
