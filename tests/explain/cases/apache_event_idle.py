# SPDX-License-Identifier: Apache-2.0
"""Debian's default Apache without a request: 2 processes of 25 workers that wait for work at one condition each, and a
listener thread. The workers are no queue for a connection pool."""
from case import Case, rest
from programs import web


def play(stage):
    server = web.apache(stage, "event", "StartServers 2\nThreadsPerChild 25\n")
    yield server.whom


CASE = Case(seen="Apache's event workers without a request", expect=rest(), packages=("apache2",), at_rest=True, fast=True,
            kind="mostly_idle")
