"""A serial line with boxes on it, by pymodbus: two pseudo terminals, and a wire between them.

`serial_bus.py KIND+KIND 0 [HURRY]` says `ready PATH`, the device's file. The first box is told as in boxes/car.py, another one by
`at UNIT …`. `away` unplugs the adapter, so that its file is gone, and `back` plugs it in again. `noise HEX` are bytes that nobody
asked for, and `stray HEX` ones before each answer.
"""

import asyncio
import os
import sys
import tempfile
import tty

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from boxes.heidelberg import Heidelberg
from boxes.sdm630 import Sdm630

KINDS = {"heidelberg-energy-control": Heidelberg, "sdm630": Sdm630}


class Adapter:
    """Our end of the line, the boxes' end, and what passes between them."""

    def __init__(self):
        self.path = os.path.join(tempfile.mkdtemp(prefix="line-"), "ttyUSB0")
        self.boxes, self.boxes_path, self.boxes_end = terminal()
        self.ours, self.stray = None, b""
        asyncio.get_running_loop().add_reader(self.boxes, self.answers)
        self.plug()

    def plug(self):
        # What has the other end open here keeps the line from hanging up while nobody else has.
        self.ours, path, self.end = terminal()
        os.symlink(path, self.path)
        asyncio.get_running_loop().add_reader(self.ours, self.asks)

    def unplug(self):
        os.unlink(self.path)
        asyncio.get_running_loop().remove_reader(self.ours)
        os.close(self.end)
        os.close(self.ours)
        self.ours = None

    def asks(self):
        os.write(self.boxes, os.read(self.ours, 4096))

    def answers(self):
        said = os.read(self.boxes, 4096)
        self.say(self.stray + said)

    def say(self, said):
        if self.ours is not None:
            os.write(self.ours, said)


def terminal():
    ours, end = os.openpty()
    tty.setraw(end)
    return ours, os.ttyname(end), end


class Bus:
    def __init__(self, adapter, boxes):
        self.adapter, self.boxes = adapter, {box.unit: box for box in boxes}
        self.first = boxes[0]
        self.first.told, self.told_first = self.told, self.first.told

    def told(self, words):
        match words:
            case ["away"]:
                self.adapter.unplug()
            case ["back"]:
                self.adapter.plug()
            case ["noise", noise]:
                self.adapter.say(bytes.fromhex(noise))
            case ["stray", *stray]:
                self.adapter.stray = bytes.fromhex("".join(stray))
            case ["at", unit, *rest]:
                self.boxes[int(unit)].told(rest)
            case _:
                self.told_first(words)


async def main(kinds, _, hurry="1"):
    boxes = [KINDS[kind](int(hurry)) for kind in kinds.split("+")]
    adapter = Adapter()
    bus = Bus(adapter, boxes)
    # The boxes themselves say which registers there are.
    data = SimData(address=0, count=65_536, values=0, datatype=DataType.REGISTERS)
    devices = [SimDevice(id=box.unit, simdata=[data], action=box.asked) for box in boxes]
    # Who is not meant says nothing.
    server = ModbusSerialServer(
        devices, framer=FramerType.RTU, port=adapter.boxes_path, baudrate=19_200, ignore_missing_devices=True
    )
    await server.serve_forever(background=True)
    print("ready", adapter.path, flush=True)
    await bus.first.live()
    await server.shutdown()


asyncio.run(main(*sys.argv[1:]))
