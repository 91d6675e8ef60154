# SPDX-License-Identifier: Apache-2.0
"""numpy whose linear algebra runs four threads, of which all become bound to one CPU."""
from case import Case, wants_cpu
from programs import own


def play(stage):
    program = own.python(stage, "matrices.py", 0, name="trainer")
    yield program.whom
    program.trouble()


CASE = Case(seen="a library's threads bound to one CPU", expect=wants_cpu("own_queue", ("exhausted", "tight", "busy"), "affin|bound|CPU", ("quota", "neighbour")),
            busy=wants_cpu("own_queue", ("exhausted", "tight", "busy"), "", ("quota",)), packages=("python3-numpy", "libopenblas0-pthread"), runtime="python",
            renamed=True, group="bound", kind="affinity")
