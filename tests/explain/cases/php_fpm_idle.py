# SPDX-License-Identifier: Apache-2.0
"""PHP-FPM with eight children that wait in accept."""
from case import Case, rest
from programs import service


def play(stage):
    server = service.php_fpm(stage, children=8, name="pages")
    load = service.fastcgi_demand(stage, server.port, "/", clients=4, pause=0.2)
    yield server.whom
    stage.end(load)


CASE = Case(seen="PHP-FPM without a request", expect=rest(), packages=("php-fpm",), runtime="php", at_rest=True, renamed=True)
