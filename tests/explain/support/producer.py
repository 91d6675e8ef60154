#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts tasks into a queue: producer.py PORT RATE_FILE [beanstalk]. The file has tasks a second; else the queue is a list of Redis."""
import pathlib
import socket
import sys
import time

port, rate_file = int(sys.argv[1]), pathlib.Path(sys.argv[2])
task = b"put 1 0 60 1\r\na\r\n" if sys.argv[3:] == ["beanstalk"] else b"RPUSH tasks a\r\n"
with socket.create_connection(("127.0.0.1", port)) as queue:
    while True:
        queue.sendall(task)
        queue.recv(100)
        time.sleep(1 / float(rate_file.read_text()))
