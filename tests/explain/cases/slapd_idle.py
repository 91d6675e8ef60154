# SPDX-License-Identifier: Apache-2.0
"""OpenLDAP's server without a client: a listener in epoll, and workers at a condition."""
from case import Case, rest
from programs import own


def play(stage):
    server = own.slapd(stage)
    yield server.whom


CASE = Case(seen="an idle directory server", expect=rest(), packages=("slapd",), at_rest=True)
