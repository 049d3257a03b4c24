"""Phoenix Contact EM-CP-PP-ETH: a coil that lets a car charge, whole amperes, and input registers with the low word first."""

from .registers import COIL, WRITE, Form, ModbusBox, words


class PhoenixEm(ModbusBox):
    def __init__(self, hurry):
        super().__init__(hurry)
        self.on, self.limit_a = False, 13

    def allows(self):
        return self.limit_a if self.on else 0

    def inputs(self):
        letter = "F" if self.fault else "A" if not self.plugged else "C" if self.charges() else "B"
        none, milliamperes = low_first(0), low_first(self.amperes() * 1000)
        meter = [
            *low_first(23_000) * 3,
            *milliamperes * 3,
            *low_first(self.watts() / 10),
            *none * 3,
            *low_first(self.total / 10),
        ]
        return {100: words(ord(letter)), 108: meter}

    def takes(self):
        return {300: (Form.UINT16, (WRITE,), self.limit), 400: (Form.UINT16, (COIL,), self.switch)}

    def limit(self, amperes):
        self.limit_a = amperes

    def switch(self, on):
        self.on = on == 1


def low_first(value):
    return words(int(value), Form.INT32)[::-1]
