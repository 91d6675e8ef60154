# SPDX-License-Identifier: Apache-2.0
"""Six threads at a std::barrier in its third phase."""
from case import Case, rest
from programs import own


def play(stage):
    program = own.program(stage, "resting", "barrier", 6)
    yield program.whom
    program.trouble()


CASE = Case(seen="threads at a barrier's third phase", expect=rest(), runtime="c++", release="trixie", at_rest=True)
