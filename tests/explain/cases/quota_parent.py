# SPDX-License-Identifier: Apache-2.0
"""A script under a quota of 0.2 CPUs that stands two groups further up."""
from case import Case, wants_cpu
from programs import own


def play(stage):
    parent = stage.group("cpu")
    child = stage.group("cpu", stage.group("cpu", parent))
    program = own.python(stage, "compute.py", 1, groups=(child,))
    stage.names["group"] = parent.path.name
    yield program.whom
    parent.quota(0.2)
    program.trouble()


CASE = Case(seen="a quota further up", expect=wants_cpu("quota", ("exhausted", "tight", "busy"), "{group}", ("neighbour", "own_queue", "cpu", "threads", "one_at_a_time")),
            runtime="python", group="quota")
