#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A client of PostgreSQL that connects, asks once and stays: idle_postgres_client.py PORT [USER]. It trusts the server."""
import socket
import struct
import sys
import time

port = int(sys.argv[1])
with socket.create_connection(("127.0.0.1", port)) as server:
    body = struct.pack(">I", 196608) + b"user\0postgres\0database\0postgres\0\0"
    server.sendall(struct.pack(">I", len(body) + 4) + body)
    server.recv(4096)
    query = b"SELECT 1\0"
    server.sendall(b"Q" + struct.pack(">I", len(query) + 4) + query)
    server.recv(4096)
    time.sleep(1e6)
