# SPDX-License-Identifier: Apache-2.0
"""Six gunicorn workers that ask a slow service over a Unix socket, and more requests at the door."""
from case import Case, Expect, says
from programs import service


def play(stage):
    delay = service.knob(stage, "delay")
    path = stage.dir / "backend.sock"
    stage.load("peer.py", path, delay.path)
    server = service.gunicorn(stage, "-w", 6, unix_peer=path, name="catalog")
    service.demand(stage, server.port, "/unix", clients=20)
    stage.names["path"] = str(path)
    yield server.whom
    delay.set(3)


_SAID = says("ipc", ("exhausted",), r"backend\.sock|python", ("lock", "storage", "event_loop"))
CASE = Case(seen="workers that wait at a Unix socket", expect=Expect(("ipc", "dependency"), _SAID.severity, _SAID.culprit, _SAID.never, _SAID.never_say),
            packages=("gunicorn",), runtime="python", renamed=True, waiting=6)
