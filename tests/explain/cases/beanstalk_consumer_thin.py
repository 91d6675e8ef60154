# SPDX-License-Identifier: Apache-2.0
"""Workers of a beanstalkd queue (reserve) in Perl, whose traffic falls from 20 a second to one in three."""
from case import NOT_REST, MORE_THREADS, MOVE, Case, Expect
from programs import data, own


def play(stage):
    server = data.beanstalkd(stage, name="jobs")
    program = own.perl(stage, "reserve.pl", server.port, 3, name="mailer")
    rate = stage.file("rate", "20")
    stage.load("producer.py", server.port, rate, "beanstalk")
    stage.names["peer"] = f"127.0.0.1:{server.port}"
    yield program.whom
    rate.write_text("0.33")


CASE = Case(seen="queue workers with thin traffic",
            expect=Expect(cause=("idle", "dependency"), severity=("ample", "unknown"), strict=True,
                          never=tuple(each for each in NOT_REST if each != "dependency"),
                          never_say=(MORE_THREADS, MOVE, r"\bbecame slow|\bslower\b|\btimes longer\b")),
            packages=("beanstalkd",), runtime="perl", renamed=True, kind="thin_traffic")
