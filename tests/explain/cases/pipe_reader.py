# SPDX-License-Identifier: Apache-2.0
"""xz that reads from a pipe whose writer computes nothing and sends a little each second: it waits for that writer."""
from case import Case, says


def play(stage):
    writer = stage.file("slow", "import sys, time\nwhile True:\n  sys.stdout.buffer.write(b'x' * 70000)\n  sys.stdout.flush()\n  time.sleep(1)\n")
    shell = stage.start("/bin/sh", "-c", f"/usr/bin/python3 {writer} | /usr/bin/gzip -1 > {stage.dir}/out")
    pid = stage.child(shell, "gzip")
    stage.names["writer"] = "python3"
    yield str(pid), pid


CASE = Case(seen="a program that reads from a slow writer's pipe", expect=says("ipc", ("busy", "ample", "unknown", "exhausted"), "{writer}", ("dependency", "lock", "storage")),
            waiting=1)
