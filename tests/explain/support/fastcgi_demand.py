#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""FastCGI clients without end: fastcgi_demand.py WHERE SCRIPT PATH CLIENTS PAUSE, as demand.py; PEER and SLEEP of the
environment are given to the script."""
import asyncio
import os
import struct
import sys

where, script, path, clients, pause = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5])
BEGIN, PARAMS, STDIN = 1, 4, 5


def record(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBHHBB", 1, kind, 1, len(body), 0, 0) + body


def pair(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return b"".join(struct.pack(">B", len(each)) if len(each) < 128 else struct.pack(">I", len(each) | 1 << 31)
                    for each in (key, text)) + key + text


params = {"SCRIPT_FILENAME": script, "REQUEST_METHOD": "GET", "REQUEST_URI": path, "SERVER_PROTOCOL": "HTTP/1.1"}
params |= {name: os.environ[name] for name in ("PEER", "SLEEP") if name in os.environ}
request = (record(BEGIN, struct.pack(">HB5x", 1, 0)) + record(PARAMS, b"".join(pair(*each) for each in params.items())) +
           record(PARAMS, b"") + record(STDIN, b""))


async def ask():
    while True:
        try:
            if where.startswith("/"):
                reader, writer = await asyncio.open_unix_connection(where)
            else:
                reader, writer = await asyncio.open_connection("127.0.0.1", int(where))
            writer.write(request)
            await writer.drain()
            await reader.read(-1)
            writer.close()
        except OSError:
            await asyncio.sleep(0.2)
        await asyncio.sleep(pause)


async def main():
    await asyncio.gather(*(ask() for _ in range(clients)))


asyncio.run(main())
