# SPDX-License-Identifier: Apache-2.0
"""PHP-FPM whose children somebody stopped with a signal, and a queue at the door."""
import os
import signal

from case import Case, says
from programs import service


def play(stage):
    server = service.php_fpm(stage, children=4, name="cart")
    service.fastcgi_demand(stage, server.port, "/", clients=8, pause=0.2)
    yield server.whom
    for pid in server.started.children():
        os.kill(pid, signal.SIGSTOP)


CASE = Case(seen="stopped worker processes", expect=says("stopped", ("exhausted", "stuck"), "", ("dependency", "event_loop")),
            packages=("php-fpm",), runtime="php", renamed=True)
