# SPDX-License-Identifier: Apache-2.0
"""Eight PHP-FPM children that compute on two CPUs, and more requests at the door."""
from case import MOVE, Case, wants_cpu
from programs import service


def play(stage):
    server = service.php_fpm(stage, children=8, name="renderer")
    yield server.whom
    service.fastcgi_demand(stage, server.port, "/compute", clients=16, pause=0.01)


_SAID = wants_cpu("own_queue", ("exhausted", "tight"), "", ("quota",), (MOVE,))
CASE = Case(seen="eight CPU-bound PHP children", expect=wants_cpu("own_queue", ("exhausted", "tight"), "", ("quota", "neighbour"), (MOVE,)),
            busy=_SAID, packages=("php-fpm",), runtime="php", renamed=True, group="alone", kind="siblings")
