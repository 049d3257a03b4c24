"""Vestel EVC04: fed within 20 s, or it drops the connection and takes its fail-safe current."""

import time

from .registers import WRITE, WRITES, Form, ModbusBox, text, u32, words

TIMEOUT, SAFE = 20, 6


class Vestel(ModbusBox):
    def __init__(self, hurry):
        super().__init__(hurry)
        self.limit_a, self.fed_at, self.is_fed = SAFE, 0, False

    def allows(self):
        return self.limit_a if self.is_fed else SAFE

    def passes(self):
        if self.is_fed and self.is_over(self.fed_at, TIMEOUT):
            self.is_fed, self.limit_a = False, SAFE
            self.hang_up()

    def inputs(self):
        current = words(int(self.amperes() * 1000))
        voltage = words(230)
        state = 8 if self.fault else 0 if not self.plugged else 2 if self.charges() else 3
        return {
            404: words(1),
            1000: words(state),
            1001: words(1 if self.charges() else 0),
            1004: words(3 if self.plugged else 0),
            1006: u32(self.fault),
            1008: current,
            1010: current,
            1012: current,
            1014: voltage,
            1016: voltage,
            1018: voltage,
            1020: u32(self.watts()),
            # Tenths of a kWh.
            1036: u32(self.total // 100),
            1502: u32(self.session),
            1516: text(f"{self.card:08X}" if self.card else "", 15, "utf-16-be"),
        }

    def holding(self):
        return {405: words(1), 2000: words(SAFE), 2002: words(TIMEOUT), 5004: words(self.limit_a), 6000: words(0)}

    def takes(self):
        one = (Form.UINT16, (WRITE, WRITES))
        return {5004: (*one, self.limit), 6000: (*one, self.feed)}

    def limit(self, amperes):
        self.limit_a = amperes

    def feed(self, alive):
        if alive == 1:
            self.is_fed, self.fed_at = True, time.monotonic()
