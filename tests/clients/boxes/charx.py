"""Phoenix Contact CHARX, its first connector: signed numbers, a total of 64 bits, and the state in two letters."""

from .registers import WRITES, Form, ModbusBox, text, words


class Charx(ModbusBox):
    unit = 1
    # Amperes of the release; outside of these it is withdrawn.
    least, most = 6, 80

    def __init__(self, hurry):
        super().__init__(hurry)
        self.release = 16

    def allows(self):
        return self.release if self.least <= self.release <= self.most else 0

    def holding(self):
        volts = words(230_000, Form.INT32)
        current = words(int(self.amperes() * 1000), Form.INT32)
        state = "F" if self.fault else "A1" if not self.plugged else "C2" if self.charges() else "B1"
        return {
            1112: words(1),
            1232: volts * 3,
            1238: current * 3,
            1244: words(int(self.watts() * 1000), Form.INT32),
            1250: words(self.total, Form.INT64),
            1265: text("", 10),
            1275: text(f"{self.card:08X}" if self.card else "", 10),
            1299: text(state, 1),
            1301: words(self.release),
        }

    def takes(self):
        return {1301: (Form.UINT16, (WRITES,), self.limit)}

    def limit(self, amperes):
        self.release = amperes
