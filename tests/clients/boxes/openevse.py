"""OpenEVSE: claims of clients. Those of vendor 1 are parts of the box itself, which do with their claims as they like."""

import json

from .answers import HttpBox

# Of 32 bits the upper 16 are a vendor's.
OWN, NOBODYS = 1, 0xFFFE
FREE = {"state": "active", "charge_current": 48}


class OpenEvse(HttpBox):
    phases, most = 1, 48

    def __init__(self, hurry):
        super().__init__(hurry)
        self.claims = {}

    def allows(self):
        # All have the same priority here: whoever wants less gets it.
        claims = [{**FREE, **claim} for claim in self.claims.values()] or [FREE]
        if any(claim["state"] == "disabled" for claim in claims):
            return 0
        return min(claim["charge_current"] for claim in claims)

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

    def answer(self, method, path, _, body):
        match [method, *path.strip("/").split("/")]:
            case ["GET", "status"]:
                return self.status()
            case ["POST", "claims", id] if id.isdecimal() and int(id) >> 16 in (OWN, NOBODYS):
                self.switched(f"{id} {body}")
                if int(id) >> 16 != OWN:
                    self.claims[int(id)] = json.loads(body)
                return {"msg": "done"}
            case ["DELETE", "claims", id] if id.isdecimal():
                self.switched(f"{id} is free")
                self.claims.pop(int(id), None)
                return {"msg": "done"}
        return None
