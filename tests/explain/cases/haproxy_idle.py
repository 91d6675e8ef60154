# SPDX-License-Identifier: Apache-2.0
"""HAProxy with two threads, each in an epoll of its own, without a request."""
from case import Case, rest
from programs import web


def play(stage):
    server = web.haproxy(stage)
    yield server.whom


CASE = Case(seen="an idle proxy", expect=rest(), packages=("haproxy",), at_rest=True)
