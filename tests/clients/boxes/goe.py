"""go-e Charger, API v2: whole amperes, a switch with a neutral place, and only the keys that were asked for."""

import json

from .answers import HttpBox


class GoE(HttpBox):
    def __init__(self, hurry):
        super().__init__(hurry)
        self.amp, self.frc = 16, 0

    def allows(self):
        return 0 if self.frc == 1 else self.amp

    def keys(self):
        amperes, watts = self.amperes(), self.amperes() * 230
        return {
            "car": 5 if self.fault else 1 if not self.plugged else 2 if self.charges() else 3,
            "alw": self.frc != 1,
            "amp": self.amp,
            "ama": 32,
            "err": self.fault,
            "nrg": [230, 230, 230, 0, *[amperes] * 3, *[watts] * 3, 0, watts * 3, 100, 100, 100, 0],
            "wh": self.session,
            "eto": self.total,
            "trx": self.card or None,
            "frc": self.frc,
            "modelStatus": 4 if self.frc == 1 else 3 if self.frc == 2 else 14,
            "sse": "000123",
            "fwv": "056.2",
        }

    def answer(self, method, path, query, _):
        if (method, path) == ("GET", "/api/status"):
            keys = self.keys()
            return {key: keys[key] for key in query.get("filter", ",".join(keys)).split(",") if key in keys}
        if (method, path) == ("GET", "/api/set"):
            return {key: self.set(key, value) for key, value in query.items()}
        return None

    def set(self, key, value):
        self.switched(f"{key}={value}")
        try:
            found = json.loads(value)
        except ValueError:
            return "no JSON"
        if key == "frc" and found in (0, 1, 2):
            self.frc = found
            return True
        if key == "amp" and isinstance(found, int) and 6 <= found <= 32:
            self.amp = found
            return True
        return f"{key} cannot be {value}"
