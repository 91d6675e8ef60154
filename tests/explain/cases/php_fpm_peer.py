# SPDX-License-Identifier: Apache-2.0
"""PHP-FPM: eight workers that rest in accept, all on one slow peer."""
from case import Case, waits_for_peer
from programs import service


def play(stage):
    peer = service.peer(stage)
    server = service.php_fpm(stage, children=8)
    service.fastcgi_demand(stage, server.port, "/peer", clients=20, peer=peer)
    yield server.whom
    peer.delay.set(3)


CASE = Case(seen="PHP-FPM, all workers on one slow peer", expect=waits_for_peer(), packages=("php-fpm",), runtime="php", waiting=8,
            kind="blocking_workers")
