# SPDX-License-Identifier: Apache-2.0
"""openssl speed, one thread."""
from case import Case, wants_cpu


def play(stage):
    started = stage.start("/bin/sh", "-c", f"while [ ! -e go ]; do /bin/sleep 0.05; done; exec {stage.renamed('/usr/bin/openssl', 'bencher')} speed -seconds 200 sha256")
    yield str(started.pid), started.pid
    stage.file("go", "")


CASE = Case(seen="a benchmark that computes", expect=wants_cpu("cpu", ("busy",), "", ("neighbour", "own_queue", "quota", "threads")),
            busy=wants_cpu("neighbour", ("busy", "ample", "tight", "exhausted"), "sh", ("own_queue", "quota", "threads")), packages=("openssl",), renamed=True,
            group="computes again")
