"""Heidelberg Energy Control: serial frames, input registers, a watchdog that reads feed, and a sleep that nobody can wake.

And Amperfied connect: the same registers over TCP, and a change of phases that it takes while nothing flows.
"""

import asyncio
import time

from pymodbus import FramerType
from pymodbus.constants import ExcCodes

from .registers import WRITES, Form, ModbusBox, u32, words

AWAKE, NIGHT = 4, 60


class Heidelberg(ModbusBox):
    unit = 1
    framer = FramerType.RTU
    most = 16

    def __init__(self, hurry):
        super().__init__(hurry)
        self.limit_da, self.safe_da, self.watchdog, self.standby = 160, 0, 15, 0
        self.heard_at = time.monotonic()
        # The night falls once somebody has looked: a test may be slow to begin.
        self.idle_since = None

    def allows(self):
        return (self.safe_da if self.is_over(self.heard_at, self.watchdog) else self.limit_da) / 10

    def passes(self):
        if self.plugged:
            self.idle_since = time.monotonic()

    async def asked(self, *what):
        self.idle_since = self.idle_since or time.monotonic()
        if self.standby != AWAKE and self.is_over(self.idle_since, NIGHT):
            # The bus sleeps with it.
            await asyncio.sleep(3600)
        self.heard_at = time.monotonic()
        return await super().asked(*what)

    def state(self):
        if self.fault:
            return self.fault
        if not self.plugged:
            return 3 if self.allows() else 2
        return 7 if self.charges() else 6

    def inputs(self):
        current = words(int(self.amperes() * 10))
        return {
            4: words(0x108),
            5: words(self.state()),
            6: current * 3,
            9: words(215),
            10: words(230) * 3,
            13: words(1),
            14: words(int(self.watts())),
            15: u32(self.session),
            17: u32(self.total),
            100: words(16),
            101: words(6),
        }

    def holding(self):
        return {
            257: words(self.watchdog * 1000),
            258: words(self.standby),
            259: words(1),
            261: words(self.limit_da),
            262: words(self.safe_da),
        }

    def takes(self):
        one = (Form.UINT16, (WRITES,))
        return {258: (*one, self.sleep), 261: (*one, self.limit)}

    def sleep(self, standby):
        self.standby = standby

    def limit(self, deciamperes):
        self.limit_da = deciamperes


class Connect(Heidelberg):
    unit = 255
    framer = FramerType.SOCKET

    def inputs(self):
        return {**super().inputs(), 5001: words(self.phases)}

    def takes(self):
        return {**super().takes(), 501: (Form.UINT16, (WRITES,), self.change)}

    def change(self, phases):
        if self.charges():
            return ExcCodes.ILLEGAL_VALUE
        self.phases = phases
        return None
