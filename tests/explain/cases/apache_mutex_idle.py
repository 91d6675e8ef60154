# SPDX-License-Identifier: Apache-2.0
"""Prefork Apache with two listeners and an accept mutex: one child sits in epoll and holds it, nine queue behind it. Rest,
since its holder rests."""
from case import Case, rest
from programs import web


def play(stage):
    server = web.apache(stage, "prefork", "Mutex pthread\nStartServers 10\nMinSpareServers 10\nMaxSpareServers 20\n",
                        listeners=2, name="frontdoor")
    yield server.whom


CASE = Case(seen="prefork Apache's accept mutex at rest", expect=rest(), packages=("apache2",), at_rest=True, renamed=True,
            kind="idle_lock")
