# SPDX-License-Identifier: Apache-2.0
"""gunicorn on Python 3.13 and glibc 2.41: twelve threads with requests in hand, all on one slow address."""
from case import Case, waits_for_peer
from programs import service


def play(stage):
    peer = service.peer(stage)
    server = service.gunicorn(stage, "-k", "gthread", "--threads", 12, peer=peer, name="loyalty")
    service.demand(stage, server.port, "/peer", clients=30)
    yield server.whom
    peer.delay.set(4)


CASE = Case(seen="12 of 12 threads wait for one slow address", expect=waits_for_peer(), packages=("gunicorn",), runtime="python", release="trixie",
            waiting=12, renamed=True, kind="late")
