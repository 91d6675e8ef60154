# SPDX-License-Identifier: Apache-2.0
"""dd that writes past the page cache to a slow disk."""
from case import Case, says
from programs import disk


def play(stage):
    group = disk.slow_group(stage, 20)
    started = stage.start("/bin/sh", "-c", "while [ ! -e go ]; do /bin/sleep 0.05; done; exec /usr/bin/dd if=/dev/zero of=out bs=4096 count=100000 oflag=direct",
                          groups=(group,))
    yield str(started.pid), started.pid
    stage.file("go", "")


CASE = Case(seen="a program that writes to a slow disk", expect=says("storage", ("busy", "ample", "unknown", "exhausted"), "", ("dependency", "lock", "memory")),
            packages=("coreutils",), waiting=1)
