"""Boxes over Modbus, by pymodbus: what they do with a car, told over their standard input (see boxes/car.py).

`modbus_box.py KIND PORT [HURRY]` (port 0: any) says `ready PORT`. HURRY: how much faster the box's lifetimes pass. Every write of
a register is printed as `write REGISTER VALUE`. `refuse REGISTER` (0: none any more) lets its writes fail.
"""

import asyncio
import sys

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from boxes.abb import Abb
from boxes.alfen import Alfen
from boxes.bender import Bender
from boxes.charx import Charx
from boxes.heidelberg import Connect, Heidelberg
from boxes.keba import Keba, KebaP40
from boxes.mennekes import Mennekes
from boxes.phoenix_em import PhoenixEm
from boxes.sdm630 import Gateway, Sdm630
from boxes.vestel import Vestel
from boxes.webasto import Webasto

KINDS = {
    "abb-terra-ac": Abb,
    "alfen-eve": Alfen,
    "amperfied-connect": Connect,
    "bender-cc613": Bender,
    "heidelberg-energy-control": Heidelberg,
    "keba-p30": Keba,
    "keba-p40": KebaP40,
    "mennekes-compact": Mennekes,
    "phoenix-charx": Charx,
    "phoenix-em": PhoenixEm,
    "sdm630": Sdm630,
    "sdm630-gateway": Gateway,
    "vestel-evc04": Vestel,
    "webasto-next": Webasto,
}


async def main(kind, port, hurry="1"):
    box = KINDS[kind](int(hurry))
    # The box itself says which registers there are.
    data = SimData(address=0, count=65_536, values=0, datatype=DataType.REGISTERS)
    device = SimDevice(id=box.unit, simdata=[data], action=box.asked)
    server = ModbusTcpServer(device, framer=box.framer, address=("127.0.0.1", int(port)))

    def hang_up():
        for connection in list(server.active_connections.values()):
            connection.close()

    def connected(_):
        if len(server.active_connections) > 1:
            print("another connection", flush=True)

    box.hang_up, server.trace_connect = hang_up, connected
    await server.serve_forever(background=True)
    print("ready", server.transport.sockets[0].getsockname()[1], flush=True)
    await box.live()
    await server.shutdown()


asyncio.run(main(*sys.argv[1:]))
