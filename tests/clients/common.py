"""What both clients share: their arguments, their clock and their report."""

import argparse
import asyncio
import json
from datetime import datetime, timedelta, timezone

import websockets


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True, help="where stations connect, without the station's id")
    parser.add_argument("--station", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--sessions", type=int, default=1)
    parser.add_argument("--energy-wh", type=int, default=10_000, help="what each session takes")
    parser.add_argument("--minutes", type=int, default=60, help="how long each session lasts, on the station's clock")
    parser.add_argument("--pause", action="store_true", help="wait for a line on standard input before each session but the first")
    return parser.parse_args()


class Counted:
    """An extension, and how many frames it has marked as compressed, and met; `latest` is the length of the last that came, on the wire."""

    def __init__(self, extension):
        self.extension = extension
        self.sent = self.heard = self.latest = 0

    @classmethod
    def of(cls, socket):
        """All that goes over the socket passes it; one that was never agreed on counts nothing."""
        extensions = socket.protocol.extensions
        extensions[:] = [cls(extension) for extension in extensions]
        return extensions[0] if extensions else cls(None)

    def encode(self, frame):
        frame = self.extension.encode(frame)
        self.sent += frame.rsv1
        return frame

    def decode(self, frame, *, max_size=None):
        self.heard += frame.rsv1
        self.latest = len(frame.data)
        return self.extension.decode(frame, max_size=max_size)


class Clock:
    """The station's time: it ends at the present and has passed quickly before."""

    late = timedelta()

    def __init__(self, minutes: int):
        self.now = datetime.now(timezone.utc) - timedelta(minutes=minutes) + self.late

    def text(self) -> str:
        return self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def advance(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


def report(**facts) -> None:
    """One JSON object a line, for the test that started us."""
    print(json.dumps(facts), flush=True)


async def told_to_go_on() -> None:
    line = await asyncio.get_running_loop().run_in_executor(None, input)
    assert line == "go on", line


async def run(make_station, protocol: str) -> None:
    given = arguments()
    url = f"{given.url}/{given.station}"
    async with websockets.connect(url, subprotocols=[protocol]) as socket:
        assert socket.subprotocol == protocol, f"the server chose {socket.subprotocol}"
        counted = Counted.of(socket)
        station = make_station(given.station, socket)
        listening = asyncio.create_task(station.start())
        try:
            await station.boot()
            for number in range(given.sessions):
                if given.pause and number > 0:
                    await told_to_go_on()
                # A visit of its own begins at a time of its own: the same token, meter and second would be the same start, told twice.
                Clock.late = timedelta(seconds=5 * number)
                await station.charge(given)
        finally:
            listening.cancel()
    report(done=True, compressed={"sent": counted.sent, "heard": counted.heard})
