# SPDX-License-Identifier: Apache-2.0
"""Six threads that touch pages of a mapped file four times as large as their group's memory, on a slow disk: each page that
comes in again was driven out for want of memory."""
from case import Case, says
from programs import disk, own


def play(stage):
    data = disk.file(stage, 128)
    groups = (disk.slow_group(stage, 60), disk.small_group(stage, 32))
    program = own.program(stage, "crowd", "touch", 6, data, groups=groups)
    yield program.whom
    program.trouble()


CASE = Case(seen="threads whose group has too little memory for their file", expect=says("memory", ("exhausted", "tight", "busy", "unknown"), "{memory}", ("dependency", "lock")),
            runtime="c++", waiting=6)
