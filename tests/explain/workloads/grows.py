# SPDX-License-Identifier: Apache-2.0
"""Takes a megabyte each 20 ms from SIGUSR1 on."""
import signal
import threading
import time

trouble = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: trouble.set())
print("ready", flush=True)
held = []
while True:
    if trouble.is_set():
        held.append(b"x" * (1 << 20))
    time.sleep(0.02)
