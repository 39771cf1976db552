"""Carry connections to the ports that the machine publishes on to the services behind them.

doors.py PORT=SERVICE ...

The services themselves stand in networks that lead nowhere, and an engine publishes no port of such
a container. Bytes are carried as they are, so nothing of a page or an API is known here.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator

CONNECTIONS = 250
"""At once, to each port; further ones wait until one ends."""
CHUNK_BYTES = 16384


async def main(doors: list[str]) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    for door in doors:
        port, _, service = door.partition("=")
        await open_door(int(port), service)
    await ended.wait()


async def open_door(port: int, service: str) -> None:
    places = asyncio.Semaphore(CONNECTIONS)

    async def carry_both_ways(
        client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):  # either side may go at any time, and then both do
            async with places, closing(to_client):
                server, to_server = await asyncio.open_connection(service, port, limit=CHUNK_BYTES)
                async with closing(to_server):
                    await asyncio.gather(carry(client, to_server), carry(server, to_client))

    await asyncio.start_server(carry_both_ways, port=port, limit=CHUNK_BYTES)


@contextlib.asynccontextmanager
async def closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        yield
    finally:
        writer.close()


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the reader's side has said all; the other way stays open."""
    while chunk := await reader.read(CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
