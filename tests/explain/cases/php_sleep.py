# SPDX-License-Identifier: Apache-2.0
"""Six PHP-FPM children that sleep 2 s for each request, and more at the door."""
from case import Case, says
from programs import service


def play(stage):
    sleep = service.knob(stage, "sleep")
    server = service.php_fpm(stage, children=6, name="forms")
    service.fastcgi_demand(stage, server.port, "/sleep", clients=20, sleep=sleep)
    yield server.whom
    sleep.set(2)


CASE = Case(seen="PHP children that sleep with requests in hand", expect=says("sleep", ("exhausted",), "", ("dependency", "event_loop", "lock")),
            packages=("php-fpm",), runtime="php", renamed=True, waiting=6)
