"""go-eCharger of hardware 2, API v1: every value of the status is a text, and every command is answered with all of it.

What `amx` sets is forgotten when the box begins anew; `amp` is kept.
"""

from .answers import HttpBox


class GoEV2(HttpBox):
    # As the box writes it: without blanks.
    separators = (",", ":")

    def __init__(self, hurry):
        super().__init__(hurry)
        self.amp, self.alw = 16, 0

    def allows(self):
        return self.amp if self.alw else 0

    def car(self):
        if not self.plugged:
            return 1
        return 2 if self.charges() else 4

    def status(self):
        current, power = self.amperes(), self.amperes() * 230
        texts = {
            "version": "B",
            "rbc": 251,
            "car": self.car(),
            "amp": self.amp,
            "err": self.fault,
            "ast": 0,
            "alw": self.alw,
            "cbl": 32,
            "pha": 63 if self.charges() else 56,
            # In 10 Ws.
            "dws": self.session * 360,
            "eto": self.total // 100,
            "ama": 32,
            "fwv": "041.0",
            "sse": "006924",
        }
        lines = [current * 10] * 3 + [power // 100] * 3
        nrg = [230, 230, 230, 0, *lines, 0, power * 3 // 10, 100, 100, 100, 0]
        return {**{key: str(value) for key, value in texts.items()}, "nrg": [int(value) for value in nrg]}

    def answer(self, method, path, query, _):
        if method == "GET" and path in ("/status", "/mqtt"):
            # Who asks for /mqtt without a payload changes nothing.
            self.set(*query.get("payload", "=").split("=", 1))
            return self.status()
        return None

    def set(self, key, value):
        """What it does not take stays as it was, and nothing else says so."""
        if not value.isdigit():
            return
        self.switched(f"{key}={value}")
        number = int(value)
        if key in ("amp", "amx") and 6 <= number <= 32:
            self.amp = number
        if key == "alw" and number in (0, 1):
            self.alw = number
