# SPDX-License-Identifier: Apache-2.0
"""xz with one thread beside eight other programs that compute: most of its time it waits for a CPU behind them."""
from case import Case, wants_cpu
from programs import own


def play(stage):
    started = stage.start("/usr/bin/xz", "-9", "-T1", "-c", "/dev/zero", devnull=True)
    stage.names["others"] = "batchcruncher"
    yield str(started.pid), started.pid
    own.spinners(stage, 4, "batchcruncher")


CASE = Case(seen="a batch program beside others", expect=wants_cpu("neighbour", ("exhausted", "tight", "ample", "busy", "unknown"), "{others}", ("quota",)),
            busy=wants_cpu("neighbour", ("exhausted", "tight", "ample", "busy", "unknown"), "{others}|sh", ("quota",)), packages=("xz-utils",), group="beside again")
