# SPDX-License-Identifier: Apache-2.0
"""Threads that ask the peers whose ports a file names, one after the other: failover.py FILE THREADS. The file is read each time."""
import pathlib
import signal
import socket
import sys
import threading
import time

ports = pathlib.Path(sys.argv[1])
signal.signal(signal.SIGUSR1, signal.SIG_IGN)


def ask_all():
    while True:
        for port in ports.read_text().split():
            with socket.create_connection(("127.0.0.1", int(port))) as peer:
                peer.sendall(b"ask\n")
                peer.recv(16)
            time.sleep(0.02)


for _ in range(int(sys.argv[2])):
    threading.Thread(target=ask_all).start()
print("ready", flush=True)
