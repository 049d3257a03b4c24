"""Tinkerforge WARP: its states over a WebSocket, once and when they change, and limits over HTTP.

The WebSocket's frames are made by the library websockets. Several messages may be in one frame.
"""

import json
import queue
import select
from threading import Lock

from websockets.http11 import Request
from websockets.server import ServerProtocol

from .answers import HttpBox


class Warp(HttpBox):
    socket = "/ws"

    def __init__(self, hurry):
        super().__init__(hurry)
        self.is_external, self.external, self.last = False, 32_000, {}
        self.listeners, self.door = [], Lock()

    def allows(self):
        return self.external / 1000 if self.is_external else self.most

    def states(self):
        amperes, watts = self.amperes(), self.amperes() * 230
        car = 4 if self.fault else 0 if not self.plugged else 3 if self.charges() else 1 if self.allows() < 6 else 2
        allowed = int(self.allows() * 1000)
        return {
            "info/version": {"firmware": "2.6.1+66a1"},
            "info/name": {"name": "warp2-X8A", "type": "warp2", "uid": "X8A"},
            "evse/state": {"charger_state": car, "error_state": self.fault, "allowed_charging_current": allowed},
            "meter/values": {"power": watts * 3, "energy_rel": self.session / 1000, "energy_abs": self.total / 1000},
            "meter/all_values": [230.0] * 3 + [amperes] * 3 + [watts] * 3,
        }

    def passes(self):
        states = self.states()
        changed = {topic: payload for topic, payload in states.items() if self.last.get(topic) != payload}
        self.last = states
        if changed:
            with self.door:
                for listener in self.listeners:
                    listener.put(frame(changed))

    def answer(self, method, path, query, body):
        said = json.loads(body or "null")
        match method, path:
            case "POST", "/evse/external_enabled":
                self.is_external = said["enabled"]
            case "POST", "/evse/external_current":
                self.external = said["current"]
            case _:
                return None
        self.switched(f"{path} {body}")
        return {}

    def upgrade(self, handler):
        """One client's connection, until it ends."""
        protocol = ServerProtocol()
        head = "".join(f"{name}: {value}\r\n" for name, value in handler.headers.items())
        protocol.receive_data(f"GET {handler.path} HTTP/1.1\r\n{head}\r\n".encode())
        asked = next(event for event in protocol.events_received() if isinstance(event, Request))
        protocol.send_response(protocol.accept(asked))
        says = queue.Queue()
        with self.door:
            says.put(frame(self.states()))
            self.listeners.append(says)
        try:
            while talk(handler.connection, protocol, says):
                pass
        except ConnectionError:
            pass
        finally:
            with self.door:
                self.listeners.remove(says)


def talk(connection, protocol, says):
    if select.select([connection], [], [], 0.02)[0]:
        protocol.receive_data(connection.recv(4096) or None)
    while not says.empty():
        protocol.send_text(says.get().encode())
    data = protocol.data_to_send()
    for part in data:
        connection.sendall(part)
    return b"" not in data


def frame(states):
    lines = [json.dumps({"topic": topic, "payload": payload}, separators=(",", ":")) for topic, payload in states.items()]
    return "\n".join(lines) + "\n"
