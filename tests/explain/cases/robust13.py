# SPDX-License-Identifier: Apache-2.0
"""Ten threads queue for a robust mutex in shared memory on glibc 2.41, whose holder sleeps."""
from case import Case, says
from programs import own


def play(stage):
    program = own.program(stage, "locks", "robust", 10, name="matcher")
    yield program.whom
    program.trouble()


CASE = Case(seen="threads that queue for a robust mutex", expect=says("lock", ("exhausted", "unknown", "tight"), "ledger", ("dependency", "storage", "deadlock")),
            runtime="c++", release="trixie", waiting=10, renamed=True)
