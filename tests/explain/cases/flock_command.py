# SPDX-License-Identifier: Apache-2.0
"""Ten jobs of flock(1), as crontabs have them: one runs for minutes, nine wait for its file."""
from case import Case, says


def play(stage):
    lock = stage.file("lock", "")
    jobs = "; ".join([f"/usr/bin/flock {lock} /bin/sleep 600 &"] + [f"/usr/bin/flock {lock} /bin/true &"] * 9).replace("&;", "&")
    started = stage.start("/bin/sh", "-c", f"while [ ! -e go ]; do /bin/sleep 0.05; done; {jobs} wait", cwd=stage.dir)
    yield "flock", started.pid
    stage.file("go", "")
    stage.child(started, "flock")


CASE = Case(seen="jobs that wait for one lock file", expect=says("lock", ("exhausted", "unknown", "tight", "busy", "stuck"), "", ("dependency", "storage", "deadlock")),
            packages=("util-linux",), waiting=9)
