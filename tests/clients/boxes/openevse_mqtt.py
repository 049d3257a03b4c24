"""OpenEVSE over MQTT: it says how it stands when that changes and every 30 s, and takes a claim."""

import json
import time

from .messages import MqttBox
from .openevse import FREE

EVERY = 30


class OpenEvseMqtt(MqttBox):
    phases, most = 1, 48

    def __init__(self, hurry):
        super().__init__(hurry)
        self.claim, self.told_status, self.told_at = {}, None, 0.0

    def allows(self):
        claim = {**FREE, **self.claim}
        return 0 if claim["state"] == "disabled" else claim["charge_current"]

    def hears(self):
        return ["claim/set"]

    def heard(self, topic, message):
        if topic != "claim/set":
            print(f"what is {topic}?", flush=True)
            return
        self.switched(message)
        if message == "release":
            self.claim = {}
            return
        for name, value in json.loads(message).items():
            if value == "clear":
                self.claim.pop(name, None)
            else:
                self.claim[name] = value
        self.publish("claim", json.dumps(self.claim))

    def begins(self):
        self.told_status = None

    def passes(self):
        status = self.status()
        if self.client and (status != self.told_status or self.is_over(self.told_at, EVERY)):
            self.told_status, self.told_at = status, time.monotonic()
            for topic, value in status.items():
                self.publish(topic, str(value))

    def status(self):
        resting = 1 if not self.plugged else 3 if self.charges() else 2
        return {
            "state": self.fault if self.fault else resting if self.allows() else 254,
            "vehicle": 1 if self.plugged else 0,
            "amp": int(self.amperes() * 1000),
            "voltage": 230,
            "power": self.watts(),
            "pilot": self.allows(),
            "session_energy": self.session,
            "total_energy": self.total / 1000,
        }
