# SPDX-License-Identifier: Apache-2.0
"""Valkey 8 with I/O threads that its main thread parks on mutexes, on purpose."""
from case import Case, rest
from programs import data


def play(stage):
    server = data.redis(stage, "--io-threads", 4, binary="/usr/bin/valkey-server", name="cartcache")
    yield server.whom


CASE = Case(seen="Valkey with parked I/O threads", expect=rest(), packages=("valkey-server",), release="trixie", at_rest=True, renamed=True,
            kind="idle_lock")
