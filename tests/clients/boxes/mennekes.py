"""Mennekes Amtron Compact 2.0s: a limit of 0 is no limit, and without a heartbeat within 10 s its own one counts."""

import time

from pymodbus import FramerType

from .registers import WRITE, WRITES, Form, ModbusBox, f32, u32, words

LIFE, OWN = 10, 6


class Mennekes(ModbusBox):
    unit = 50
    framer = FramerType.RTU

    def __init__(self, hurry):
        super().__init__(hurry)
        self.limit_a, self.released, self.beaten_at = 0, True, 0

    def allows(self):
        if self.is_over(self.beaten_at, LIFE):
            return OWN
        return (self.limit_a or self.most) if self.released else 0

    def state(self):
        if self.fault:
            return 6
        if not self.plugged:
            return 1
        return 5 if self.charges() else 3

    def holding(self):
        return {
            0x0100: words(self.state()),
            0x0302: f32(self.limit_a),
            0x0500: f32(self.amperes()) * 3,
            0x0506: f32(230) * 3,
            0x0512: f32(self.watts()),
            0x0B02: f32(self.session / 1000),
            0x0D05: words(1 if self.released else 0),
            0x0E00: u32(self.fault),
            0x1000: f32(self.total / 1000),
        }

    def takes(self):
        one = (Form.UINT16, (WRITE, WRITES))
        return {
            0x0302: (Form.FLOAT32, (WRITES,), self.limit),
            0x0D00: (*one, self.beat),
            0x0D05: (*one, self.release),
        }

    def limit(self, amperes):
        self.limit_a = amperes

    def beat(self, beat):
        if beat == 0x55AA:
            self.beaten_at = time.monotonic()

    def release(self, released):
        self.released = released == 1
