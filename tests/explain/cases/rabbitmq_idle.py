# SPDX-License-Identifier: Apache-2.0
"""RabbitMQ without a client: BEAM schedulers that take turns in epoll, and others that sleep."""
from case import Case, rest
from programs import data


def play(stage):
    server = data.rabbitmq(stage)
    yield server.whom


CASE = Case(seen="an idle broker whose threads take turns in epoll", expect=rest(), packages=("rabbitmq-server",),
            runtime="erlang", kind="shared_poll", at_rest=True)
