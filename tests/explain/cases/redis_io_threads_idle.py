# SPDX-License-Identifier: Apache-2.0
"""Redis with I/O threads and no clients: the main thread sits in epoll and holds the mutexes on which it parks the I/O
threads, on purpose. Rest, although three threads wait for a mutex that somebody holds."""
from case import Case, rest
from programs import data


def play(stage):
    server = data.redis(stage, "--io-threads", 4, name="sessions-kv")
    data.redis_cli(stage, server, "SET", "a", "1")
    yield server.whom


CASE = Case(seen="Redis with parked I/O threads, at rest", expect=rest(), packages=("redis-server",), at_rest=True,
            renamed=True, fast=True, kind="idle_lock")
