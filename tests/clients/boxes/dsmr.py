"""A meter's P1 port (DSMR 5): telegrams of lines, each second, to whoever listens.

It draws less than nothing where power flows out. `silent`: it says nothing any more.
"""

import asyncio

from .car import Box, Meter


class Dsmr(Meter, Box):
    def __init__(self, hurry):
        super().__init__(hurry)
        self.is_silent = False

    def told(self, words):
        match words:
            case ["silent"]:
                self.is_silent = True
            case _:
                super().told(words)

    def telegram(self):
        inward, outward = max(self.drawn, 0) / 1000, max(-self.drawn, 0) / 1000
        each = abs(self.drawn) / 3 / 230
        lines = [
            "/ISK5\\2M550T-1012",
            "",
            "1-3:0.2.8(50)",
            "0-0:1.0.0(261129142503W)",
            f"1-0:1.8.1({self.total / 1000 - 100:010.3f}*kWh)",
            "1-0:1.8.2(000100.000*kWh)",
            "1-0:2.8.1(000001.000*kWh)",
            "1-0:2.8.2(000002.000*kWh)",
            "0-0:96.14.0(0002)",
            f"1-0:1.7.0({inward:06.3f}*kW)",
            f"1-0:2.7.0({outward:06.3f}*kW)",
            "1-0:99.97.0(1)(0-0:96.7.19)(000101000001W)(2147483647*s)",
        ]
        for phase in (2, 4, 6):
            lines += [
                f"1-0:{phase + 1}2.7.0(230.0*V)",
                f"1-0:{phase + 1}1.7.0({round(each):03d}*A)",
                f"1-0:{phase}1.7.0({inward / 3:06.3f}*kW)",
                f"1-0:{phase}2.7.0({outward / 3:06.3f}*kW)",
            ]
        return "\r\n".join([*lines, "!7F3A", ""])

    async def speak(self, write):
        while True:
            if not self.is_silent:
                await write(self.telegram().encode("ascii"))
            await asyncio.sleep(1 / self.hurry)
