"""Plugs of Shelly (generation 2) and Tasmota: a switch and a meter. A charger behind one takes 10 A."""

import time

from .answers import HttpBox

DRAWN = 10


class Plug(HttpBox):
    phases = 1

    def __init__(self, hurry):
        super().__init__(hurry)
        self.on = True

    def allows(self):
        return DRAWN if self.on else 0


class Shelly(Plug):
    channel = 0

    def __init__(self, hurry):
        super().__init__(hurry)
        self.toggles_at = None

    def passes(self):
        if self.toggles_at is not None and time.monotonic() > self.toggles_at:
            self.on, self.toggles_at = not self.on, None

    def answer(self, method, path, query, _):
        if query.get("id") != str(self.channel):
            return None
        if path == "/rpc/Switch.GetStatus":
            return self.status()
        if path == "/rpc/Switch.Set" and query.get("on") in ("true", "false"):
            self.switched(f"on={query['on']}")
            was, self.on = self.on, query["on"] == "true"
            after = query.get("toggle_after")
            self.toggles_at = time.monotonic() + float(after) / self.hurry if after else None
            return {"was_on": was}
        return None

    def status(self):
        found = {
            "id": self.channel,
            "source": "HTTP_in",
            "output": self.on and not self.fault,
            "apower": float(self.watts()),
            "voltage": 230.4,
            "current": float(self.amperes()),
            "aenergy": {"total": float(self.total), "by_minute": [0.0, 0.0, 0.0], "minute_ts": 1_700_000_000},
            "temperature": {"tC": 41.2, "tF": 106.2},
        }
        # It has this member only when something is wrong.
        return {**found, "errors": ["overtemp"]} if self.fault else found


class SecondSwitch(Shelly):
    channel = 1


class Tasmota(Plug):
    def answer(self, method, path, query, _):
        match [path, *query.get("cmnd", "").lower().split()]:
            case ["/cm", "status", "8"]:
                return {"StatusSNS": {"Time": "2026-01-01T00:00:00", "ENERGY": self.energy()}}
            case ["/cm", "power" | "power1"]:
                return self.power()
            case ["/cm", "power" | "power1", "on" | "off" as on]:
                self.switched(f"power {on}")
                self.on = on == "on"
                return self.power()
            case ["/cm", *_]:
                return {"Command": "Unknown"}
        return None

    def power(self):
        return {"POWER": "ON" if self.on else "OFF"}

    def energy(self):
        return {
            "Total": self.total / 1000,
            "Power": self.watts(),
            "Voltage": 230,
            "Current": float(self.amperes()),
        }
