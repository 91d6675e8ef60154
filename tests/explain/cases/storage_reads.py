# SPDX-License-Identifier: Apache-2.0
"""Eight threads that read blocks past the page cache from a disk that gives their group 40 a second."""
from case import Case, says
from programs import disk, own


def play(stage):
    data = disk.file(stage, 64)
    group = disk.slow_group(stage, 40)
    program = own.program(stage, "crowd", "read", 8, data, groups=(group,))
    yield program.whom
    program.trouble()


CASE = Case(seen="threads that wait for a slow disk", expect=says("storage", ("exhausted", "tight", "busy", "unknown"), "", ("dependency", "lock", "memory")),
            runtime="c++", waiting=8)
