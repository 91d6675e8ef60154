# SPDX-License-Identifier: Apache-2.0
"""Python that wants more memory than its group may have, where the group waits instead of being killed."""
import stage as stages
from case import Case, says
from programs import disk, own


def play(stage):
    group = disk.small_group(stage, 48, kill=False)
    program = own.python(stage, "grows.py", groups=(group,))
    yield program.whom
    program.trouble()
    stages.eventually(lambda: group.memory_used() > 47 << 20, "the group's memory is full")


CASE = Case(seen="a program that waits for memory of its group", expect=says("memory", ("exhausted", "stuck", "busy", "unknown"), "{memory}", ("dependency", "lock", "storage")),
            runtime="python", waiting=1)
