# SPDX-License-Identifier: Apache-2.0
"""Eight threads at a std::latch whose count is 2: they wait for 2, which is no lock."""
from case import Case, rest
from programs import own


def play(stage):
    program = own.program(stage, "resting", "latch", 8, name="barrierd")
    yield program.whom
    program.trouble()


CASE = Case(seen="threads that wait for a count of 2", expect=rest(), runtime="c++", release="trixie", at_rest=True, renamed=True,
            kind="counting_condition")
