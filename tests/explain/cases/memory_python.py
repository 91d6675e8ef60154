# SPDX-License-Identifier: Apache-2.0
"""Python that reads through a mapped file three times as large as its group's memory, again and again, on a slow disk."""
from case import Case, says
from programs import disk, own


def play(stage):
    data = disk.file(stage, 128)
    groups = (disk.slow_group(stage, 40), disk.small_group(stage, 40))
    program = own.python(stage, "mapped.py", data, groups=groups, name="features")
    yield program.whom
    program.trouble()


CASE = Case(seen="a script whose group has too little memory for its file", expect=says("memory", ("exhausted", "tight", "busy", "unknown"), "{memory}", ("dependency", "lock")),
            runtime="python", renamed=True, waiting=1)
