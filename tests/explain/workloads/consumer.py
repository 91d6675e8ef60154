# SPDX-License-Identifier: Apache-2.0
"""Threads that take tasks from a list of Redis: consumer.py PORT THREADS."""
import signal
import sys
import threading

import redis

port, threads = int(sys.argv[1]), int(sys.argv[2])
signal.signal(signal.SIGUSR1, signal.SIG_IGN)


def consume():
    client = redis.Redis(port=port)
    while True:
        client.blpop("tasks")


for _ in range(threads):
    threading.Thread(target=consume).start()
print("ready", flush=True)
