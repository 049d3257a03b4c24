"""A station made with the PyPI library `websockets` alone. It offers compression in each way that it can, and says what became of it."""

import asyncio
import json

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory as Offer

from common import Counted, arguments, report

OFFERS = {
    "usual": [Offer(client_max_window_bits=True, compress_settings={"memLevel": 5})],
    "windows": [Offer(server_max_window_bits=9, client_max_window_bits=10)],
    "no-context": [Offer(server_no_context_takeover=True, client_no_context_takeover=True)],
    "bare": [Offer()],
    "none": [],
}


async def call(socket, number: str, action: str, payload: dict) -> dict:
    await socket.send(json.dumps([2, number, action, payload]))
    answer = json.loads(await socket.recv())
    assert answer[:2] == [3, number], answer
    return answer[2]


async def in_fragments(socket, text: str):
    """Letter by letter, with pings between."""
    for letter in text:
        yield letter
        await socket.ping()


async def visit(url: str, name: str) -> None:
    extensions = OFFERS[name]
    async with websockets.connect(
        f"{url}-{name}", subprotocols=["ocpp1.6"], compression=None, extensions=extensions
    ) as socket:
        counted = Counted.of(socket)
        boot = {"chargePointVendor": "PyPI", "chargePointModel": "websockets"}
        assert (await call(socket, "1", "BootNotification", boot))["status"] == "Accepted"
        assert "currentTime" in await call(socket, "2", "Heartbeat", {})
        data = {"vendorId": "PyPI", "data": "0123456789" * 10_000}
        assert (await call(socket, "3", "DataTransfer", data))["status"] == "UnknownVendorId"
        await socket.send(in_fragments(socket, '[2,"4","Heartbeat",{}]'))
        assert json.loads(await socket.recv())[:2] == [3, "4"]
        report(ready=name, agreed=socket.response.headers.get("Sec-WebSocket-Extensions", ""))
        asked = await socket.recv()
        _, number, action, payload = json.loads(asked)
        assert action == "SendLocalList", asked
        await socket.send(json.dumps([3, number, {"status": "Accepted"}]))
        listed = len(payload["localAuthorizationList"])
        report(listed=listed, letters=len(asked), bytes=counted.latest, sent=counted.sent, heard=counted.heard)


async def main() -> None:
    given = arguments()
    for name in OFFERS:
        await visit(f"{given.url}/{given.station}", name)
    report(done=True)


asyncio.run(main())
