# SPDX-License-Identifier: Apache-2.0
"""oneTBB's workers after a parallel loop: each waits for 2 on an address of its own, like a mutex."""
from case import Case, rest
from programs import own


def play(stage):
    program = own.tbb(stage, name="meshes")
    yield program.whom
    program.trouble()


CASE = Case(seen="an idle oneTBB arena", expect=rest(), packages=("libtbb-dev",), runtime="c++", at_rest=True, renamed=True,
            kind="idle_lock")
