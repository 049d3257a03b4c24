"""KEBA P30: milliamperes and a switch, one value at a time; and P40, whose switch is a limit of 0."""

from .registers import WRITE, Form, ModbusBox, u32


class Keba(ModbusBox):
    single = True

    def __init__(self, hurry):
        super().__init__(hurry)
        self.on, self.milliamperes = False, 0

    def allows(self):
        return self.milliamperes / 1000 if self.on else 0

    def holding(self):
        current = u32(self.amperes() * 1000)
        state = 4 if self.fault else 3 if self.charges() else 5 if self.plugged and self.on else 1
        return {
            1000: u32(state),
            1004: u32(7 if self.plugged else 1),
            1006: u32(self.fault),
            1008: current,
            1010: current,
            1012: current,
            1014: u32(22_334_455),
            1018: u32(31_200),
            1020: u32(self.watts() * 1000),
            1036: u32(self.total * 10),
            1100: u32(self.milliamperes),
            1500: u32(self.card),
        }

    def takes(self):
        one = (Form.UINT16, (WRITE,))
        return {
            5004: (*one, self.limit),
            5012: (*one, lambda _: None),
            5014: (*one, self.switch),
            5050: (*one, lambda _: None),
            5052: (*one, lambda _: None),
        }

    def told(self, words):
        match words:
            # Somebody switches it by its app.
            case ["app", amperes]:
                self.on, self.milliamperes = amperes != "0", int(amperes) * 1000
                self.say()
            case _:
                super().told(words)

    def limit(self, milliamperes):
        self.milliamperes = milliamperes

    def switch(self, on):
        self.on = on == 1


class KebaP40(Keba):
    def __init__(self, hurry):
        super().__init__(hurry)
        self.on = True

    def holding(self):
        return {**super().holding(), 1018: u32(10_300)}

    def takes(self):
        return {5004: (Form.UINT16, (WRITE,), self.limit)}
