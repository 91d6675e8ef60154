# SPDX-License-Identifier: Apache-2.0
"""Four gunicorn workers in a container that its freezer stopped."""
from case import NOT_WAITING, HEALTHY, Case, Expect
from programs import service


def play(stage):
    group = stage.group("freezer")
    server = service.gunicorn(stage, "-w", 4, groups=(group,))
    service.demand(stage, server.port, "/", clients=4)
    yield server.whom
    group.freeze(True)


CASE = Case(seen="a frozen group of workers",
            expect=Expect(cause=("frozen",), culprit="{freezer}", severity=("exhausted", "stuck"),
                          never=(*NOT_WAITING, "memory", "dependency"), never_say=(HEALTHY,)),
            packages=("gunicorn",), runtime="python", fast=True)
