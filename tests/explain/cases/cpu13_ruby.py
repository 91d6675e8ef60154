# SPDX-License-Identifier: Apache-2.0
"""A Ruby script of one thread that computes."""
from case import Case, wants_cpu
from programs import own


def play(stage):
    program = own.ruby(stage, "compute.rb", 1, name="rollup")
    yield program.whom
    program.trouble()


CASE = Case(seen="a script that computes", expect=wants_cpu("cpu", ("busy",), "", ("neighbour", "own_queue", "quota", "threads", "one_at_a_time")),
            busy=wants_cpu("neighbour", ("busy", "ample", "tight", "exhausted"), "sh", ("own_queue", "quota", "threads")), packages=("puma",), runtime="ruby",
            release="trixie", renamed=True, group="computes again")
