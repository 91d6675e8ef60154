# SPDX-License-Identifier: Apache-2.0
"""Eight Ruby threads that compute: one has the VM's lock, seven wait for it."""
from case import Case, Expect
from programs import own


def play(stage):
    program = own.ruby(stage, "compute.rb", 8, name="ranker")
    yield program.whom
    program.trouble()


CASE = Case(seen="Ruby threads behind the VM's lock",
            expect=Expect(("one_at_a_time",), ("exhausted", "unknown", "tight", "busy"), never=("own_queue", "neighbour", "quota", "idle", "dependency", "sleep", "deadlock")),
            packages=("puma",), runtime="ruby", renamed=True, waiting=7, group="one again", kind="interpreter_lock")
