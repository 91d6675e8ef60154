# SPDX-License-Identifier: Apache-2.0
"""uWSGI with 6 processes of one thread, all on one slow peer. On a busy host too it is the peer: what the neighbours cost
these workers is nothing."""
from case import Case, waits_for_peer
from programs import service


def play(stage):
    peer = service.peer(stage)
    server = service.uwsgi(stage, "--master", "--processes", 6, peer=peer, name="booking")
    service.demand(stage, server.port, "/peer", clients=20)
    yield server.whom
    peer.delay.set(3)


CASE = Case(seen="worker processes on the network beside busy CPUs", expect=waits_for_peer(), packages=("uwsgi-plugin-python3",),
            runtime="python", waiting=6, renamed=True, kind="busy_host")
