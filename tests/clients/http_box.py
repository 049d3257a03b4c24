"""Boxes over HTTP: what they do with a car, told over their standard input (see boxes/car.py).

`http_box.py KIND PORT [HURRY]` (port 0: any) says `ready PORT`. HURRY: how much faster the box's lifetimes pass. Every request
that switches something is printed as `request WHAT`.
"""

import asyncio
import sys

from boxes.answers import serve
from boxes.goe import GoE
from boxes.goe_v2 import GoEV2
from boxes.openevse import OpenEvse
from boxes.plug import SecondSwitch, Shelly, Tasmota
from boxes.warp import Warp

KINDS = {
    "go-e-charger": GoE,
    "go-e-v2": GoEV2,
    "openevse": OpenEvse,
    "shelly-plug": Shelly,
    "shelly-switch": SecondSwitch,
    "tasmota-plug": Tasmota,
    "warp-charger": Warp,
}


def main(kind, port, hurry="1"):
    box = KINDS[kind](int(hurry))
    print("ready", serve(box, int(port)), flush=True)
    asyncio.run(box.live())


main(*sys.argv[1:])
