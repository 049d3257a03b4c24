"""KEBA P30 over UDP: reports in JSON, commands that are confirmed, and news that nobody asked for."""

import asyncio
import json
import socket
import time

from .car import Box

HASTE = 0.05


class KebaUdp(Box):
    def __init__(self, hurry):
        super().__init__(hurry)
        self.on, self.milliamperes, self.safe = False, 63_000, (0, 0)
        self.fed_at, self.answered_at = time.monotonic(), 0
        self.transport, self.asker, self.told_state = None, None, None

    def allows(self):
        seconds, milliamperes = self.safe
        is_left = seconds and self.is_over(self.fed_at, seconds)
        return (milliamperes if is_left else self.milliamperes) / 1000 if self.on else 0

    def state(self):
        return 4 if self.fault else 3 if self.charges() else 5 if self.plugged and self.on else 1

    def passes(self):
        if self.asker and self.state() != self.told_state:
            self.told_state = self.state()
            self.tell({"State": self.told_state})

    def told(self, words):
        match words:
            case ["impostor"]:
                self.lie()
            case _:
                super().told(words)

    def lie(self):
        """Somebody else on the network says that all is well and nothing flows."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.9", 0))
            for _ in range(200):
                lies = self.report(2) | self.report(3) | {"State": 4, "Error1": 66, "E total": 1}
                other.sendto(json.dumps(lies).encode(), ("127.0.0.1", self.asker[1]))
                other.sendto(b"TCH-OK :done", ("127.0.0.1", self.asker[1]))
                other.sendto(b"x" * 20_000, ("127.0.0.1", self.asker[1]))

    # As asyncio calls it.
    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, _):
        pass

    def error_received(self, _):
        pass

    def datagram_received(self, data, asker):
        self.asker = asker
        if time.monotonic() - self.answered_at < HASTE:
            print("hasty", flush=True)
        match data.decode().split():
            case ["report", number]:
                self.tell(self.report(int(number)))
            case ["ena", on]:
                self.does(f"ena {on}")
                self.on = on == "1"
            case ["curr", milliamperes]:
                self.does(f"curr {milliamperes}")
                self.milliamperes = int(milliamperes)
            case ["failsafe", seconds, milliamperes, _]:
                self.does("failsafe")
                self.safe = (int(seconds), int(milliamperes))
            case _:
                self.transport.sendto(b"TCH-ERR", asker)
        self.answered_at = time.monotonic()
        self.say()

    def does(self, what):
        print(f"datagram {what}", flush=True)
        self.fed_at = time.monotonic()
        self.transport.sendto(b"TCH-OK :done\n", self.asker)

    def tell(self, what):
        self.transport.sendto(json.dumps(what, indent=1).encode(), self.asker)

    def report(self, number):
        current = int(self.amperes() * 1000)
        match number:
            case 1:
                return {"ID": "1", "Product": "KC-P30-ES240022-E0R", "Serial": "22334455", "Firmware": "P30 v 3.10.16"}
            case 2:
                most = int(self.allows() * 1000)
                cable = 7 if self.plugged else 1
                head = {"ID": "2", "State": self.state(), "Error1": self.fault, "Error2": 0, "Plug": cable}
                return {**head, "Max curr": most, "Curr user": self.milliamperes, "Tmo FS": self.safe[0]}
            case 3:
                flows = {"I1": current, "I2": current, "I3": current, "P": int(self.watts() * 1000)}
                return {"ID": "3", **flows, "E pres": self.session * 10, "E total": self.total * 10}
        return {"ID": str(number)}


async def serve(box):
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: box, local_addr=("127.0.0.1", 0))
    return transport.get_extra_info("sockname")[1]
