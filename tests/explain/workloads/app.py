# SPDX-License-Identifier: Apache-2.0
"""The same small service for WSGI and ASGI servers: what it does for a request is in the path."""
import http.client
import mmap
import os
import random
import socket
import subprocess
import time
import urllib.parse


def ask_peer():
    """One request to the peer over a connection that is kept, as services do."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["PEER"]))
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()


def compute(seconds: float):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(i * i for i in range(1000))


def read_blocks(path: str):
    """Ten blocks past the page cache."""
    file = os.open(path, os.O_RDONLY | os.O_DIRECT)
    block = mmap.mmap(-1, 4096)
    for _ in range(10):
        os.preadv(file, [block], random.randrange(os.fstat(file).st_size // 4096) * 4096)
    os.close(file)


def work(path: str, query: str):
    amount = float(urllib.parse.parse_qs(query).get("s", ["0"])[0])
    if path == "/peer":
        ask_peer()
    elif path == "/unix":
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(os.environ["UNIX_PEER"])
            peer.sendall(b"ask\n")
            peer.recv(16)
    elif path == "/sleep":
        time.sleep(float(open(os.environ["SLEEP"], encoding="ascii").read()))
    elif path == "/child":
        subprocess.run(["/bin/sleep", open(os.environ["SLEEP"], encoding="ascii").read().strip()], check=True)
    elif path == "/read":
        read_blocks(os.environ["FILE"])
    elif path == "/compute":
        compute(amount)


def wsgi(environ, start_response):
    work(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    work(scope["path"], scope["query_string"].decode())  # Blocks the loop: that is the mistake to be found.
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]})
    await send({"type": "http.response.body", "body": b"ok\n"})
