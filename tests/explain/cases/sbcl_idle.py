# SPDX-License-Identifier: Apache-2.0
"""Lisp threads that wait for work at one condition: SBCL's own mutexes and futexes."""
from case import Case, rest
from programs import own


def play(stage):
    program = own.sbcl(stage)
    yield program.whom
    program.trouble()


CASE = Case(seen="an idle pool in Lisp", expect=rest(), packages=("sbcl",), runtime="sbcl", at_rest=True)
