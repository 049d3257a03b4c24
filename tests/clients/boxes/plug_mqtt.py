"""Tasmota over MQTT, with the topic before the prefix: a command is answered by topics."""

import json

from .messages import MqttBox
from .plug import DRAWN


class TasmotaMqtt(MqttBox):
    phases = 1
    will = ("tele/LWT", "Offline", "Online")

    def __init__(self, hurry):
        super().__init__(hurry)
        self.on = True

    def allows(self):
        return DRAWN if self.on else 0

    def hears(self):
        return ["cmnd/+"]

    def heard(self, topic, message):
        match [topic.upper(), *message.upper().split()]:
            case ["CMND/POWER", "ON" | "OFF" as on]:
                self.switched(f"power {on}")
                self.on = on == "ON"
                self.answer()
            case ["CMND/POWER"]:
                self.answer()
            case ["CMND/STATUS", "8"]:
                energy = {"Total": self.total / 1000, "Power": self.watts(), "Current": float(self.amperes())}
                self.publish("stat/STATUS8", json.dumps({"StatusSNS": {"Time": "2026-01-01T00:00:00", "ENERGY": energy}}))

    def answer(self):
        power = "ON" if self.on else "OFF"
        self.publish("stat/RESULT", json.dumps({"POWER": power}))
        self.publish("stat/POWER", power)
