"""A KEBA P30 over Modbus TCP, by pymodbus: what it does with a car, told over its standard input.

`keba.py PORT` (0: any) says `ready PORT`. `refuse REGISTER` (0: none any more), `plug`, `unplug`, `card N` (0 takes it away), `fault N`, and `flow WH`: energy through the meter, if it charges. Every write of a
register is printed as `write REGISTER VALUE`.
"""

import asyncio
import sys

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

WRITES = (5004, 5014)


class Box:
    def __init__(self):
        self.refused = 0
        self.plugged, self.on, self.milliamperes, self.error, self.card, self.energy = False, False, 0, 0, 0, 1_234_500

    def charges(self):
        return self.plugged and self.on and self.milliamperes >= 6000 and not self.error

    def registers(self):
        flowing = 16_000 if self.charges() else 0
        state = 4 if self.error else 3 if self.charges() else 5 if self.plugged and self.on else 1
        return {
            1000: state,
            1004: 7 if self.plugged else 1,
            1006: self.error,
            1008: flowing,
            1010: flowing,
            1012: flowing,
            1014: 22_334_455,
            1018: 31_200,
            1020: 11_040_000 if self.charges() else 0,
            1036: self.energy,
            1100: self.milliamperes,
            1500: self.card,
        }

    async def asked(self, function, start, address, count, current, written):
        if written is None and function == 6:
            # What was written is read back for the answer.
            return None
        if written is None:
            value = self.registers().get(address)
            # One value at a time: a block of them fails.
            if value is None or count != 2:
                return ExcCodes.ILLEGAL_ADDRESS
            at = address - start
            current[at], current[at + 1] = value >> 16, value & 0xFFFF
            return None
        print(f"write {address} {written[0]}", flush=True)
        if address == self.refused:
            return ExcCodes.DEVICE_FAILURE
        if address == 5004:
            self.milliamperes = written[0]
        elif address == 5014:
            self.on = written[0] == 1
        else:
            return ExcCodes.ILLEGAL_ADDRESS
        return None


async def main():
    box = Box()
    data = [SimData(address=register, count=2, values=0, datatype=DataType.REGISTERS) for register in box.registers()]
    data += [SimData(address=register, count=1, values=0, datatype=DataType.REGISTERS) for register in WRITES]
    device = SimDevice(id=255, simdata=data, action=box.asked)
    server = ModbusTcpServer(device, address=("127.0.0.1", int(sys.argv[1])))
    await server.serve_forever(background=True)
    print("ready", server.transport.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        match line.split():
            case ["plug"]:
                box.plugged = True
            case ["unplug"]:
                box.plugged = False
            case ["card", number]:
                box.card = int(number)
            case ["refuse", number]:
                box.refused = int(number)
            case ["fault", number]:
                box.error = int(number)
            case ["flow", wh]:
                box.energy += int(wh) * 10 if box.charges() else 0
            case _:
                print(f"what is {line.strip()}?", flush=True)
    await server.shutdown()


asyncio.run(main())
