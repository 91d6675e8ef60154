#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server that answers late: peer.py WHERE DELAY_FILE. WHERE is a port or the path of a Unix socket; the file has the delay in
seconds and is read for each request, "never" for no answer at all.

An HTTP request (it ends with an empty line) is answered as such and may be followed by others; any other line by "ok".
"""
import asyncio
import pathlib
import sys

where, delay_file = sys.argv[1], pathlib.Path(sys.argv[2])


async def wait():
    delay = delay_file.read_text().strip()
    await asyncio.sleep(1e6 if delay == "never" else float(delay))


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
    try:
        while line := await reader.readline():
            if b"HTTP/1" in line:
                while (await reader.readline()).strip():
                    pass
                await wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n")
            else:
                await wait()
                writer.write(b"ok\n")
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    if where.startswith("/"):
        server = await asyncio.start_unix_server(serve, where, backlog=512)
        pathlib.Path(where).chmod(0o777)
    else:
        server = await asyncio.start_server(serve, "127.0.0.1", int(where), backlog=512)
    await server.serve_forever()


asyncio.run(main())
