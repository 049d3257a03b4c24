"""A box that speaks Modbus: what it holds at each register, and what it does when one is written."""

from pymodbus import FramerType
from pymodbus.client.mixin import ModbusClientMixin
from pymodbus.constants import ExcCodes

from .car import Box, number

Form = ModbusClientMixin.DATATYPE
HOLDING, INPUT, COIL, WRITE, WRITES = 3, 4, 5, 6, 16


def words(value, form=Form.UINT16):
    return ModbusClientMixin.convert_to_registers(value, form)


def u32(value):
    return words(int(value), Form.UINT32)


def f32(value):
    return words(float(value), Form.FLOAT32)


def text(value, count, encoding="ascii"):
    found = ModbusClientMixin.convert_to_registers(value, Form.STRING, string_encoding=encoding)
    return (found + [0] * count)[:count]


class ModbusBox(Box):
    unit = 255
    framer = FramerType.SOCKET
    # It answers one value at a time, and fails a block of them.
    single = False

    def __init__(self, hurry):
        super().__init__(hurry)
        self.refused = 0
        self.hang_up = lambda: None

    def holding(self):
        """Words by their first register."""
        return {}

    def inputs(self):
        return {}

    def takes(self):
        """By register: its form, the functions that write it, and what then happens."""
        return {}

    def told(self, words):
        match words:
            case ["refuse", register]:
                self.refused = int(register)
            case _:
                super().told(words)

    def heard(self):
        """Somebody reads."""

    async def asked(self, function, start, address, count, current, written):
        if written is not None:
            found = self.written(function, address, written)
            self.say()
            return found
        if function not in (HOLDING, INPUT):
            # What was written is read back for the answer.
            return None
        if (found := self.heard()) is not None:
            return found
        held = self.holding() if function == HOLDING else self.inputs()
        if self.single and len(held.get(address, [])) != count:
            return ExcCodes.ILLEGAL_ADDRESS
        known = {register + at: word for register, all in held.items() for at, word in enumerate(all)}
        asked = range(address, address + count)
        if any(register not in known for register in asked):
            return ExcCodes.ILLEGAL_ADDRESS
        current[address - start : address - start + count] = [known[register] for register in asked]
        return None

    def written(self, function, address, written):
        if address not in self.takes():
            return ExcCodes.ILLEGAL_ADDRESS
        form, functions, does = self.takes()[address]
        if function not in functions:
            return ExcCodes.ILLEGAL_FUNCTION
        if len(written) != form.value[1]:
            return ExcCodes.ILLEGAL_VALUE
        value = ModbusClientMixin.convert_from_registers(list(written), form)
        print(f"write {address} {number(value)}", flush=True)
        if address == self.refused:
            return ExcCodes.DEVICE_FAILURE
        return does(value)
