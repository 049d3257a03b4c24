"""Eastron SDM630: a meter of three phases, floats in input registers, few at once."""

from pymodbus import FramerType
from pymodbus.constants import ExcCodes

from .car import Meter
from .registers import ModbusBox, f32

MOST = 10


class Sdm630(Meter, ModbusBox):
    unit = 2
    framer = FramerType.RTU

    async def asked(self, function, start, address, count, *rest):
        if count > MOST:
            return ExcCodes.ILLEGAL_VALUE
        return await super().asked(function, start, address, count, *rest)

    def inputs(self):
        each = f32(self.drawn / 3)
        return {
            0: f32(230.5) * 3,
            6: f32(self.drawn / 3 / 230.5) * 3,
            12: each * 3,
            52: f32(self.drawn),
            70: f32(50) + f32(self.total / 1000) + f32(0),
        }


class Gateway(Sdm630):
    """The same behind one that speaks Modbus TCP."""

    framer = FramerType.SOCKET
