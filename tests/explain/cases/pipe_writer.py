# SPDX-License-Identifier: Apache-2.0
"""tar that writes an archive into a pipe whose reader takes 20 KB a second."""
from case import Case, says


def play(stage):
    stage.file("big", "x" * 50_000_000)
    reader = stage.file("slow", "import sys, time\nwhile sys.stdin.buffer.read(2000): time.sleep(0.1)\n")
    shell = stage.start("/bin/sh", "-c", f"/usr/bin/tar -C {stage.dir} -cf - big | /usr/bin/python3 {reader}")
    pid = stage.child(shell, "tar")
    stage.names["reader"] = "python3"
    yield str(pid), pid


CASE = Case(seen="a program that writes into a slow reader's pipe", expect=says("ipc", ("busy", "ample", "unknown", "exhausted"), "{reader}", ("dependency", "lock", "storage")),
            waiting=1)
