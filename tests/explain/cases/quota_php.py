# SPDX-License-Identifier: Apache-2.0
"""Four PHP children that may use 0.25 CPUs together, and want two."""
from case import Case, wants_cpu
from programs import service


def play(stage):
    group = stage.group("cpu")
    server = service.php_fpm(stage, children=4, name="exports", groups=(group,))
    yield server.whom
    group.quota(0.25)
    service.fastcgi_demand(stage, server.port, "/compute", clients=8, pause=0.1)


CASE = Case(seen="PHP under a quota", expect=wants_cpu("quota", ("exhausted", "tight"), "{cpu}", ("neighbour", "own_queue", "cpu", "threads")),
            packages=("php-fpm",), runtime="php", renamed=True, group="quota", kind="quota", fast=True)
