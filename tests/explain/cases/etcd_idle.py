# SPDX-License-Identifier: Apache-2.0
"""etcd without a client: Go's threads, of which one looks after timers some times a second."""
from case import Case, rest
from programs import data


def play(stage):
    server = data.etcd(stage)
    yield server.whom


CASE = Case(seen="an idle store in Go with timers", expect=rest(), packages=("etcd-server",), runtime="go", at_rest=True)
