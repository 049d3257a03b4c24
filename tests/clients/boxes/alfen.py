"""Alfen Eve: a setpoint that lives for 60 s, and then the station's own safe current counts."""

import time

from .registers import WRITES, Form, ModbusBox, f32, text, u32, words

NOT_THERE = [0xFFFF, 0xFFFF]
LIFE, SAFE = 60, 6


class Alfen(ModbusBox):
    unit = 1

    def __init__(self, hurry):
        super().__init__(hurry)
        self.setpoint, self.since = None, 0

    def allows(self):
        return SAFE if self.setpoint is None else self.setpoint

    def passes(self):
        if self.is_over(self.since, LIFE):
            self.setpoint = None

    def mode(self):
        if self.fault:
            return "F"
        if not self.plugged:
            return "A"
        return "C2" if self.charges() else "C1"

    def holding(self):
        current = f32(self.amperes()) if self.plugged else NOT_THERE
        left = 0 if self.setpoint is None else LIFE - (time.monotonic() - self.since) * self.hurry
        return {
            306: f32(230) * 3,
            320: current * 3,
            344: f32(self.watts()) if self.plugged else NOT_THERE,
            374: words(self.total + 0.25, Form.FLOAT64),
            1200: words(1),
            1201: text(self.mode(), 5),
            1206: f32(self.allows()),
            1208: u32(max(left, 0)),
            1210: f32(self.setpoint or 0),
            1212: f32(SAFE),
            1214: words(0 if self.setpoint is None else 1),
            1215: words(3),
        }

    def takes(self):
        return {1210: (Form.FLOAT32, (WRITES,), self.limit)}

    def limit(self, amperes):
        self.setpoint, self.since = amperes, time.monotonic()
