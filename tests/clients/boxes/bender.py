"""Bender CC613: whole amperes, and all ones where the controller has no value just now."""

from .registers import WRITE, WRITES, Form, ModbusBox, text, u32, words

NOT_NOW = [0xFFFF, 0xFFFF]


class Bender(ModbusBox):
    def __init__(self, hurry):
        super().__init__(hurry)
        self.limit_a = 16

    def allows(self):
        return self.limit_a

    def holding(self):
        current = u32(self.amperes() * 1000) if self.charges() else NOT_NOW
        # As OCPP 1.6 counts them: faulted, available, charging, held back by the station.
        status = 4 if self.fault else 0 if not self.plugged else 6 if self.charges() else 7
        return {
            104: words(status),
            122: words(1 if not self.plugged else 3 if self.charges() else 2),
            212: current * 3,
            218: u32(self.total),
            220: u32(self.watts()),
            222: u32(230) * 3,
            720: text(f"{self.card:08X}" if self.card else "", 10),
            1000: words(self.limit_a),
        }

    def takes(self):
        return {1000: (Form.UINT16, (WRITE, WRITES), self.limit)}

    def limit(self, amperes):
        self.limit_a = amperes
