#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A loopback proxy that delays: proxy.py PORT TARGET_PORT DELAY_FILE. What the target sends is passed on as many seconds
later as the file says, which is read for each piece; "never": not at all."""
import asyncio
import pathlib
import sys

port, target, delay_file = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, late: bool):
    try:
        while piece := await reader.read(65536):
            if late:
                delay = delay_file.read_text().strip()
                await asyncio.sleep(1e6 if delay == "never" else float(delay))
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
    try:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pass_on(reader, far_writer, False), pass_on(far_reader, writer, True))


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=512)
    await server.serve_forever()


asyncio.run(main())
