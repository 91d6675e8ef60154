# SPDX-License-Identifier: Apache-2.0
"""xz with one thread: it computes, and nothing holds it back. Where others take every CPU it shares them."""
from case import Case, wants_cpu


def play(stage):
    started = stage.start("/bin/sh", "-c", "while [ ! -e go ]; do /bin/sleep 0.05; done; exec /usr/bin/xz -9 -T1 -c /dev/zero > /dev/null")
    yield str(started.pid), started.pid
    stage.file("go", "")


CASE = Case(seen="a batch program that computes", expect=wants_cpu("cpu", ("busy",), "", ("neighbour", "own_queue", "quota", "threads")),
            busy=wants_cpu("neighbour", ("busy", "ample", "tight", "exhausted"), "sh", ("own_queue", "quota", "threads")), packages=("xz-utils",),
            group="computes")
