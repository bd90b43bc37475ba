"""TCP links that can be cut, a process of its own. argv[1] is a JSON list of [listen, target, name].

`cut NAME` on standard input makes all links of that name lose what they carry, in both directions, as a
network does: nothing is closed, and new connections get no response. `mend NAME` delivers what was held
back, as retransmissions would. Each order is confirmed by a line.
"""

import asyncio
import json
import sys


async def pump(reader, writer, whole):
    try:
        while data := await reader.read(65536):
            await whole.wait()
            writer.write(data)
            await writer.drain()
        await whole.wait()
    except OSError:
        pass
    finally:
        writer.close()


async def link(listen, target, whole):
    async def connected(reader, writer):
        await whole.wait()
        try:
            there = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, there[1], whole), pump(there[0], writer, whole))

    await asyncio.start_server(connected, "127.0.0.1", listen)


async def main():
    names = {}
    for listen, target, name in json.loads(sys.argv[1]):
        whole = names.setdefault(name, asyncio.Event())
        whole.set()
        await link(listen, target, whole)
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order, name = line.split()
        {"cut": names[name].clear, "mend": names[name].set}[order]()
        print(line.strip(), flush=True)


asyncio.run(main())
