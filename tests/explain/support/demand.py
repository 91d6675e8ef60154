#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP clients without end: demand.py WHERE PATH CLIENTS PAUSE. WHERE is a port or the path of a Unix socket. Each client asks,
reads the whole answer, closes, pauses for so many seconds, and asks again. Prints how many answers there were each second."""
import asyncio
import sys

where, path, clients, pause = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
answers = 0


async def ask():
    global answers
    while True:
        try:
            if where.startswith("/"):
                reader, writer = await asyncio.open_unix_connection(where)
            else:
                reader, writer = await asyncio.open_connection("127.0.0.1", int(where))
            writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            await writer.drain()
            await reader.read(-1)
            answers += 1
            writer.close()
        except OSError:
            await asyncio.sleep(0.2)
        await asyncio.sleep(pause)


async def main():
    tasks = [asyncio.create_task(ask()) for _ in range(clients)]
    while True:
        before = answers
        await asyncio.sleep(1)
        print(answers - before, flush=True)


asyncio.run(main())
