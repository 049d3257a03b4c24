"""A box over UDP: what it does with a car, told over its standard input (see boxes/car.py).

`udp_box.py KIND 0 [HURRY]` says `ready PORT`. Every command is printed as `datagram WHAT`; one that comes too soon after an answer as `hasty`.
`impostor`: somebody else answers whoever asked the box last.
"""

import asyncio
import sys

from boxes.keba_udp import KebaUdp, serve

KINDS = {"keba-p30-udp": KebaUdp}


async def main(kind, _, hurry="1"):
    box = KINDS[kind](int(hurry))
    print("ready", await serve(box), flush=True)
    await box.live()


asyncio.run(main(*sys.argv[1:]))
