# SPDX-License-Identifier: Apache-2.0
"""Eight clients of PostgreSQL change one row, which the first keeps locked: seven backends wait, by their latch, in epoll. That
they wait with a request in hand can be seen, for whom cannot."""
from case import Case, Expect, NOT_WAITING, HEALTHY, MOVE
from programs import data


def play(stage):
    server = data.postgres(stage)
    data.rows(stage, server)
    yield server.whom
    data.lock_row(stage, server, 7)


CASE = Case(seen="backends that wait for a row lock",
            expect=Expect(("unknown", "lock", "handoff"), ("unknown", "exhausted", "stuck", "tight"), never=(*NOT_WAITING, "event_loop", "dependency", "deadlock"), never_say=(HEALTHY, MOVE)),
            packages=("postgresql",), waiting=7, kind="request_in_hand")
