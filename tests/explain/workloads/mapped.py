# SPDX-License-Identifier: Apache-2.0
"""Reads a byte of pages all over a mapped file, again and again from SIGUSR1 on: mapped.py FILE."""
import mmap
import random
import signal
import sys
import threading
import time

trouble = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: trouble.set())
with open(sys.argv[1], "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as memory:
    memory.madvise(mmap.MADV_RANDOM)
    print("ready", flush=True)
    while True:
        if trouble.is_set():
            memory[random.randrange(len(memory))]
        else:
            time.sleep(0.05)
