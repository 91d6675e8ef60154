# SPDX-License-Identifier: Apache-2.0
"""Tasks of a ThreadPoolExecutor that ask a peer: executor.py PORT. 40 a second from SIGUSR1 on, ten before."""
import concurrent.futures
import signal
import socket
import sys
import threading
import time

peer = int(sys.argv[1])
trouble = threading.Event()
local = threading.local()


def ask():
    if not hasattr(local, "peer"):
        local.peer = socket.create_connection(("127.0.0.1", peer))
    local.peer.sendall(b"ask\n")
    local.peer.recv(16)


signal.signal(signal.SIGUSR1, lambda *_: trouble.set())
with concurrent.futures.ThreadPoolExecutor(10) as pool:
    everybody = threading.Barrier(10)
    for _ in range(10):  # It starts a thread only where none is free.
        pool.submit(everybody.wait)
    print("ready", flush=True)
    while True:
        pool.submit(ask)
        time.sleep(0.025 if trouble.is_set() else 0.1)
