# SPDX-License-Identifier: Apache-2.0
"""Eight clients of PostgreSQL 17 change one row, which the first keeps locked."""
from case import HEALTHY, MOVE, NOT_WAITING, Case, Expect
from programs import data


def play(stage):
    server = data.postgres(stage)
    data.rows(stage, server)
    yield server.whom
    data.lock_row(stage, server, 7)


CASE = Case(seen="backends that wait for a row lock",
            expect=Expect(("unknown", "lock", "handoff"), ("unknown", "exhausted", "stuck", "tight"),
                          never=(*NOT_WAITING, "event_loop", "dependency", "deadlock"), never_say=(HEALTHY, MOVE)),
            packages=("postgresql-17",), release="trixie", waiting=7, kind="request_in_hand")
