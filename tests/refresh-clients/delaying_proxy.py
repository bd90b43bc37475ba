"""A TCP proxy that delays what goes through it, and loses the response to some refreshes.

    delaying_proxy.py HOST PORT

Prints its own address. Every piece is held back for up to 80 ms in each direction.
"""

import asyncio
import random
import sys

LONGEST_DELAY = 0.08
LOST = 0.02


async def pump(reader, writer, seen):
    """Passes on what is read, until `seen` says that the connection is to be cut."""
    while piece := await reader.read(65536):
        await asyncio.sleep(random.random() * LONGEST_DELAY)
        if not seen(piece):
            break
        writer.write(piece)
        await writer.drain()
    writer.close()


async def connect(client, to_client, upstream):
    """Joins a client with the server."""
    server, to_server = await asyncio.open_connection(*upstream)
    is_refresh = False

    def request(piece):
        nonlocal is_refresh
        is_refresh = piece.startswith(b"POST /api/refresh")
        return True

    def response(_):
        return not (is_refresh and random.random() < LOST)

    both = pump(client, to_server, request), pump(server, to_client, response)
    await asyncio.gather(*both, return_exceptions=True)
    to_client.close()


async def main():
    upstream = sys.argv[1], int(sys.argv[2])
    proxy = await asyncio.start_server(lambda r, w: connect(r, w, upstream), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}", flush=True)
    await proxy.serve_forever()


asyncio.run(main())
