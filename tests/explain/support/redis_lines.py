#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients of Redis that say one line again and again, each after the answer: redis_lines.py PORT CLIENTS LINE."""
import socket
import sys
import threading
import time


def talk(port: int, line: bytes):
    with socket.create_connection(("127.0.0.1", port)) as server:
        while True:
            server.sendall(line)
            server.recv(4096)
            time.sleep(0.02)


for _ in range(int(sys.argv[2])):
    threading.Thread(target=talk, args=(int(sys.argv[1]), sys.argv[3].encode() + b"\r\n")).start()
