# SPDX-License-Identifier: Apache-2.0
"""Four PHP children that run a program of 2 s through a shell for each request; its output is read from a pipe."""
from case import Case, Expect, says
from programs import service


def play(stage):
    sleep = service.knob(stage, "sleep")
    server = service.php_fpm(stage, children=4, name="invoices")
    service.fastcgi_demand(stage, server.port, "/child", clients=12, sleep=sleep)
    yield server.whom
    sleep.set(2)


_SAID = says("child", ("exhausted",), "sleep|sh", ("dependency", "event_loop", "lock"))
CASE = Case(seen="PHP children that read what a program prints", expect=Expect(("child", "ipc"), _SAID.severity, _SAID.culprit, _SAID.never, _SAID.never_say),
            packages=("php-fpm",), runtime="php", renamed=True, waiting=4)
