# SPDX-License-Identifier: Apache-2.0
"""stress-ng with 40 processes that compute: siblings, twenty for each CPU."""
from case import Case, Expect


def play(stage):
    started = stage.start("/bin/sh", "-c", "while [ ! -e go ]; do /bin/sleep 0.05; done; exec /usr/bin/stress-ng --cpu 40 --cpu-method int64")
    yield str(started.pid), started.pid
    stage.file("go", "")


_NEVER = ("dependency", "lock", "handoff", "deadlock", "storage", "event_loop", "sleep", "idle", "quota")
CASE = Case(seen="40 processes for two CPUs", expect=Expect(("threads", "own_queue"), ("exhausted", "tight", "busy"), never=(*_NEVER, "neighbour")),
            busy=Expect(("threads", "own_queue"), ("exhausted", "tight", "busy"), never=_NEVER), packages=("stress-ng",), group="alone")
