"""Webasto Next: says nothing before it is fed, wants it again within 6 s, and its limit cannot be read."""

import time

from pymodbus.constants import ExcCodes

from .registers import WRITE, WRITES, Form, ModbusBox, text, u32, words

# The shortest that the box can be set to.
TIMEOUT, SAFE = 6, 6


class Webasto(ModbusBox):
    def __init__(self, hurry):
        super().__init__(hurry)
        self.limit_a, self.fed_at, self.is_fed = SAFE, 0, False

    def allows(self):
        return self.limit_a if self.is_fed else SAFE

    def heard(self):
        return None if self.is_fed else self.lost()

    def lost(self):
        self.hang_up()
        return ExcCodes.DEVICE_FAILURE

    def passes(self):
        if self.is_fed and self.is_over(self.fed_at, TIMEOUT):
            self.is_fed, self.limit_a = False, SAFE
            self.hang_up()

    def holding(self):
        current = words(int(self.amperes() * 1000))
        state = 7 if self.fault else 0 if not self.plugged else 3 if self.charges() else 4
        return {
            1000: words(state),
            1004: words(2 if self.plugged else 0),
            1006: words(self.fault),
            1008: current,
            1010: current,
            1012: current,
            1020: u32(self.watts()),
            1036: u32(self.total),
            1502: words(self.session % 65_536),
            1600: text(f"{self.card:08X}" if self.card else "", 10),
            2000: words(SAFE),
            2002: words(TIMEOUT),
        }

    def takes(self):
        one = (Form.UINT16, (WRITE, WRITES))
        return {5004: (*one, self.limit), 6000: (*one, self.feed)}

    def limit(self, amperes):
        self.limit_a = amperes

    def feed(self, alive):
        if alive == 1:
            self.is_fed, self.fed_at = True, time.monotonic()
