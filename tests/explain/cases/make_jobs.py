# SPDX-License-Identifier: Apache-2.0
"""make that waits for four jobs which sleep: a batch program, which rests nowhere and has no door."""
from case import Case, says


def play(stage):
    rules = "".join(f"j{at}:\n\t@/bin/sleep 600\n" for at in range(4))
    stage.file("Makefile", f"all: wait j0 j1 j2 j3\nwait:\n\t@while [ ! -e go ]; do /bin/sleep 0.05; done\n{rules}")
    started = stage.start("/usr/bin/make", "-j", 5, "-C", stage.dir)
    yield str(started.pid), started.pid
    stage.file("go", "")


CASE = Case(seen="a build that waits for its jobs", expect=says("child", ("busy", "ample", "unknown", "exhausted"), "sleep|sh", ("dependency", "lock")),
            packages=("build-essential",), waiting=1)
