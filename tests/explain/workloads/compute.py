# SPDX-License-Identifier: Apache-2.0
"""Threads that compute from SIGUSR1 on: compute.py THREADS."""
import signal
import sys
import threading
import time

trouble = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: trouble.set())


def compute():
    while True:
        if trouble.is_set():
            sum(i * i for i in range(10000))
        else:
            time.sleep(0.05)


for _ in range(int(sys.argv[1])):
    threading.Thread(target=compute).start()
print("ready", flush=True)
