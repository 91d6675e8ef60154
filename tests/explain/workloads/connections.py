# SPDX-License-Identifier: Apache-2.0
"""Threads that share connections to PostgreSQL: connections.py PORT THREADS CONNECTIONS."""
import queue
import signal
import sys
import threading
import time

import psycopg2

port, threads, count = map(int, sys.argv[1:])
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
connections: queue.Queue = queue.Queue()
for _ in range(count):
    connection = psycopg2.connect(host="127.0.0.1", port=port, user="postgres", sslmode="disable", gssencmode="disable")
    connection.autocommit = True
    connections.put(connection)


def ask():
    while True:
        one = connections.get()
        try:
            with one.cursor() as cursor:
                cursor.execute("SELECT 1")
                cursor.fetchone()
        finally:
            connections.put(one)
        time.sleep(0.1)


for _ in range(threads):
    threading.Thread(target=ask).start()
print("ready", flush=True)
