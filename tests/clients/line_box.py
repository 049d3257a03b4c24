"""A meter that says lines by itself, told over its standard input (see boxes/dsmr.py).

`line_box.py dsmr-p1 tcp|serial [HURRY]` says `ready PORT`, or the file of a pseudo terminal.
"""

import asyncio
import os
import sys
import tty

from boxes.dsmr import Dsmr


async def over_tcp(box):
    async def speak(_, writer):
        async def write(said):
            writer.write(said)
            await writer.drain()

        try:
            await box.speak(write)
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1]


def over_serial(box):
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)

    async def write(said):
        # Whoever does not read loses what is said, as on a line.
        try:
            os.write(ours, said)
        except BlockingIOError:
            pass

    box.speaker = asyncio.get_running_loop().create_task(box.speak(write))
    return os.ttyname(theirs)


async def main(_, way, hurry="1"):
    box = Dsmr(int(hurry))
    print("ready", await over_tcp(box) if way == "tcp" else over_serial(box), flush=True)
    await box.live()


asyncio.run(main(*sys.argv[1:]))
