# SPDX-License-Identifier: Apache-2.0
"""sha256sum of a file that is not in the page cache, from a slow disk."""
from case import Case, says
from programs import disk


def play(stage):
    data = disk.file(stage, 200)
    group = disk.slow_group(stage, 20)
    started = stage.start("/bin/sh", "-c", f"while [ ! -e go ]; do /bin/sleep 0.05; done; exec {stage.renamed('/usr/bin/sha256sum', 'auditor')} {data}", groups=(group,))
    yield str(started.pid), started.pid
    stage.file("go", "")


CASE = Case(seen="a batch program that reads from a slow disk", expect=says("storage", ("busy", "ample", "unknown", "exhausted"), "", ("dependency", "lock", "memory")),
            packages=("coreutils",), renamed=True, waiting=1)
