# SPDX-License-Identifier: Apache-2.0
"""A Python script of one thread that computes."""
from case import Case, wants_cpu
from programs import own


def play(stage):
    program = own.python(stage, "compute.py", 1, name="nightly")
    yield program.whom
    program.trouble()


CASE = Case(seen="a script that computes", expect=wants_cpu("cpu", ("busy",), "", ("neighbour", "own_queue", "quota", "threads", "one_at_a_time")),
            busy=wants_cpu("neighbour", ("busy", "ample", "tight", "exhausted"), "sh", ("own_queue", "quota", "threads")), runtime="python", renamed=True,
            group="computes")
