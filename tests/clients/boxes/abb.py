"""ABB Terra AC: no total, a counter that begins anew with each car, and a session that ends when nobody reads for 30 s."""

import time

from .registers import WRITE, WRITES, Form, ModbusBox, u32, words


class Abb(ModbusBox):
    unit = 1

    def __init__(self, hurry):
        super().__init__(hurry)
        self.limit_a, self.timeout, self.heard_at = 32, 30, time.monotonic()

    def allows(self):
        return self.limit_a

    def heard(self):
        self.heard_at = time.monotonic()

    def passes(self):
        if self.is_over(self.heard_at, self.timeout):
            self.limit_a = 0

    def state(self):
        if not self.plugged:
            return 0
        return 5 if self.fault else 4 if self.charges() else 3

    def holding(self):
        current = u32(self.amperes() * 1000)
        voltage = u32(2300)
        return {
            0x4008: u32(self.fault),
            0x400A: u32(0x0101 if self.plugged else 0),
            # What lies around the state is of other meanings.
            0x400C: u32(0x8011 | self.state() << 8),
            0x400E: u32(self.limit_a * 1000),
            0x4010: current,
            0x4012: current,
            0x4014: current,
            0x4016: voltage,
            0x4018: voltage,
            0x401A: voltage,
            0x401C: u32(self.watts()),
            0x401E: u32(self.session),
            0x4020: words(self.timeout),
        }

    def takes(self):
        return {
            0x4100: (Form.UINT32, (WRITES,), self.limit),
            0x4106: (Form.UINT16, (WRITE, WRITES), self.watch),
        }

    def limit(self, milliamperes):
        self.limit_a = milliamperes / 1000
        self.heard()

    def watch(self, seconds):
        self.timeout = seconds
