#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server with many ports that answers each line at once: listener.py PORT..."""
import asyncio
import sys


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
    try:
        while await reader.readline():
            writer.write(b"ok\n")
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main():
    servers = [await asyncio.start_server(serve, "127.0.0.1", int(port)) for port in sys.argv[1:]]
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
