# SPDX-License-Identifier: Apache-2.0
"""memcached without a client: four workers in epoll of their own, and helpers that wait at conditions of theirs."""
from case import Case, rest
from programs import data


def play(stage):
    server = data.memcached(stage, name="objcache")
    yield server.whom


CASE = Case(seen="an idle cache with helper threads", expect=rest(), packages=("memcached",), at_rest=True, renamed=True)
