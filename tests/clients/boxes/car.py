"""What every box of the tests has: a car, a meter, a reader and faults, told over its standard input.

`plug`, `unplug`, `card N` (0 takes it away), `fault N` (0: it is over), and `flow WH`: energy through the meter, if it charges.
Each change of the current is printed as `allows A gives A`: what a car may take of each phase, and what it takes.
"""

import asyncio
import sys
import time


class Box:
    phases = 3
    # Amperes of each phase: the box's own, and the car takes all that it gets.
    most = 32

    def __init__(self, hurry):
        # A box's lifetimes pass as much faster as the test's.
        self.hurry = hurry
        self.plugged, self.fault, self.card = False, 0, 0
        self.total, self.session = 1_234_500, 4_321
        self.said = None

    def allows(self):
        raise NotImplementedError

    def amperes(self):
        allowed = min(self.allows(), self.most)
        return allowed if self.plugged and not self.fault and allowed >= 6 else 0

    def charges(self):
        return self.amperes() > 0

    def watts(self):
        return self.amperes() * self.phases * 230

    def is_over(self, since, seconds):
        return time.monotonic() - since > seconds / self.hurry

    def passes(self):
        """Time does, for what has a lifetime."""

    def say(self):
        self.passes()
        says = f"allows {number(self.allows())} gives {number(self.amperes())}"
        if says != self.said:
            self.said = says
            print(says, flush=True)

    def plug(self):
        self.plugged, self.session = True, 0

    def unplug(self):
        self.plugged = False

    def told(self, words):
        match words:
            case ["plug"]:
                self.plug()
            case ["unplug"]:
                self.unplug()
            case ["card", card]:
                self.card = int(card)
            case ["fault", fault]:
                self.fault = int(fault)
            case ["flow", wh]:
                flows = int(wh) if self.charges() else 0
                self.total, self.session = self.total + flows, self.session + flows
            case _:
                print(f"what is {' '.join(words)}?", flush=True)
        self.say()

    async def live(self):
        """Until nobody tells it anything any more."""
        clock = asyncio.create_task(self.tick())
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            self.told(line.split())
        clock.cancel()

    async def tick(self):
        while True:
            self.say()
            await asyncio.sleep(0.02)


class Meter:
    """Of a house: `draw W` says how much flows, `flow WH` how much has."""

    drawn = 0

    def say(self):
        """It switches nothing."""

    def told(self, words):
        match words:
            case ["draw", watts]:
                self.drawn = int(watts)
            case ["flow", wh]:
                self.total += int(wh)
            case _:
                super().told(words)


def number(value):
    return int(value) if value == int(value) else round(value, 3)
