"""What the stations of the museum tell, and how each of them says it in its version of OCPP.

A conversation is one line of steps: a verb, minutes, a register, options. Minutes count from the beginning of the
conversation; behind the bar, in an ending, from the present. A register counts from where the meter stood, or is
told as it is (`=200`), or is left out; a start tells where it stands, unless it says `none`.

    start 0; meter 30 4000 power=11000; state 35 SuspendedEV; stop 60 =200 at=1970-01-01T00:00:05Z | meter -2 5000

`token`, `name`, `number`, `of`, `seq`, `at`, … say what is not as usual; `again` repeats the message before, under its
own id. The word before a line says in which version it is told: `16`, `2x` or `*`. In what stays open, `city` are the
stations with another price by day: their bill would depend on when they come back, unless nothing was drawn since.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ODD = """
*  start 0; meter 20 3000; meter 30 =200; stop 60 =2200
*  start 0; meter 10 2000; meter 20 =0; meter 30 5000; stop 60 9000
*  start 0; meter 10 2000; meter 20 900000; meter 30 6000; stop 60 9000
*  start 0; meter 15 4000; boot; meter 30 =500; meter 45 =2500; stop 60 =3500
*  start 0 =0; meter 20 3000; stop 60 9000
*  start 0; meter 20 3000; stop 60 7000; stop 75 8500
*  start 0; meter 20 3000; stop 60 7000; stop 160 7000; again
*  start 0; meter 20 3000; stop 60 7000 at=1970-01-01T00:00:05Z
*  start 0 at=1970-01-01T00:00:05Z; meter 20 3000; stop 60 7000
*  start 0; meter 20 3000 at=2099-01-01T00:00:00Z; stop 60 7000
*  start 0 at=none; meter 20 3000; stop 60 7000
*  start 0; meter 30 5000; meter 10 8000; stop 20 9000
*  start 0; meter 20 3000; stop -30 7000
*  start 0 token=BLOCKED-01; meter 20 3000; stop 60 7000
*  start 0 token=NOBODY-77; meter 20 3000; stop 60 7000
*  start 0 token=EXPIRED-01; meter 20 200; stop 22 300
*  start 0; meter 20 3000; stop 60 7000 token=BLOCKED-01
*  start 0; meter 20 3000; stop 60 7000 token=DRIVER-19
*  start 0 token=BUDGET-03; meter 20 4000; meter 40 9000; stop 60 9500; start 90 token=BUDGET-03; stop 100 9600
*  start 0 token=BUDGET-05; meter 20 3000; stop 60 7000
*  start 0 token=BUDGET-06; meter 20 9000; stop 60 21000
*  start 0; stop 60; meter 50 5000
2x start 0 none; stop 60; meter 50 5000
*  start 0; meter 20 3000; stop 60; meter 55 6500; meter 58 6900
*  start 0; meter 20 3000; stop 60 7000; meter 70 12000
*  start 0; meter 40 5000; stop 60 7000; meter 20 2500
*  start 0; meter 20 3000; start 90 5000 token=DRIVER-17; meter 100 6000; stop 120 8000
*  start 0; meter 20 3000; start 90 5000 token=DRIVER-18; stop 85 4800 of=1; meter 100 6000; stop 120 8000
*  start 0; meter 20 3000; boot; meter 40 5000; stop 60 7000
*  start 0; again; meter 20 3000; again; stop 60 7000; again
*  start 0; meter 20 3.0 unit=kWh; stop 60 7000
*  start 0; meter 20 100 power=22000; meter 40 200 power=22000; stop 60 300
*  start 0; meter 20 900 soc=20; meter 50 900 soc=60; stop 60 900
*  start 0; state 5 SuspendedEVSE; meter 40 6000; stop 60 6000
*  start 0; meter 30 5000; state 31 SuspendedEV; state 50 Charging; meter 80 8000; state 81 SuspendedEV; stop 180 8000
*  start 0; meter 20 3000 power=11000; stop 60
*  start 0; stop 60
2x start 0 none; meter 40 5000; stop 60 7000
*  start 0; meter 20 3000; transfer; stop 60 7000
*  start 0 =4294960000; meter 20 =4294966000; meter 30 =200; stop 60 =3000
*  start 0; stop 300 9000; meter 290 8000; meter 200 3000
16 start 0; meter 20 3000; stop 60 7000 number=0
16 start 0; meter 20 3000 number=-1; stop 60 7000 number=-1
16 start 0; meter 20 3000; stop 60 7000 number=123456
16 start 0; meter 20 3000 number=none; stop 60 7000
16 meter 0 1000 number=none; meter 30 1000 number=none
16 start 0; meter 20 3000; status 50 Available; stop 60 7000
16 start 0; meter 20 3000; stop 60 =-1
16 start 0; meter 20 3000; stop -300 =100; stop 60 7000
16 start 0; meter 30 4000; state 10 SuspendedEV; stop 60 5000
16 start 0 at=local; meter 20 3000 at=local; stop 60 7000 at=local
16 start 0 at=2026-10-25T02:15:00; meter 20 3000 at=2026-10-25T02:45:00; stop 60 7000 at=2026-10-25T04:00:00
16 start 0; meter 20 2000 as=interval; meter 40 2500 as=interval; stop 60 =0
2x stop 60 7000; meter 30 3000; start 0
2x meter 10 2000; meter 20 3000; stop 60 7000
2x meter 10 2000; stop 60 7000; start 0
2x meter 10 2000; meter 20 3000; meter 30 3500
2x meter 10 2000 token=MEMBER-02; state 15 SuspendedEV
2x start 0 name=1; stop 30 3000 name=1; boot; start 60 3000 name=1; stop 90 6000 name=1
2x start 0 name=7; meter 10 2000 name=7; start 60 2500 name=7 token=DRIVER-16; stop 90 6000 name=7
2x start 0; meter 20 3000 seq=4; stop 60 7000 seq=9
2x start 0; meter 20 3000 seq=5; boot; meter 40 5000 seq=0; stop 60 7000 seq=1
2x start 0; meter 20 3000 offline=true; stop 60 7000 offline=true
2x start 0; meter 20 3000 token=DRIVER-15; meter 40 6000; stop 60 9000
2x start 0 token=none; meter 40 5000 token=DRIVER-14; stop 60 7000
2x start 0 token=none; meter 40 5000; stop 60 7000
2x start 0 token=none kind=NoAuthorization; meter 40 5000; stop 60 7000
2x start 0 token=DE-8AA-CA1B2C3D4-5 kind=eMAID; meter 40 5000; stop 60 7000
2x start 0 token=none; meter 20 100; stop 60 7000 token=DRIVER-13
2x start 0; report; meter 20 3000; stop 60 7000
2x start 0; meter 20 2000 as=interval; meter 40 2500 as=interval; stop 60
2x start 0; meter 20 2000 as=interval; meter 40 2500 as=interval seq=5; stop 60
"""

OPEN = """
16   start 0; meter 30 4000 | stop -2 9000 number=0
16   start 0; meter 30 4000; status 40 Available | stop -2 4000
2x   meter 0 1000; meter 30 4000 | stop -2 5000
2x   meter 0 1000; meter 30 4000 | start 0 0 at=1970-01-01T00:00:05Z; stop -2 5000
2x   meter 0 1000 token=DRIVER-11; meter 30 4000
2x   meter 0 1000; meter 30 4000; meter 60 6000 offline=true
2x   start 0 token=none; meter 30 100 | meter -3 200 token=MEMBER-02; stop -2 300
2x   start 0; meter 30 4000 | meter -3 6000 seq=5; stop -2 6100 seq=6
*    start 0; meter 30 4000 | meter -3 9000; stop -2 9100
*    start 0; meter 30 4000; state 35 SuspendedEVSE; meter 90 4000 | state -4 Charging; meter -3 4100; stop -2 4200
*    start 0; meter 30 4000; boot | stop -2 4500 at=1970-01-01T00:00:05Z
*    start 0 token=MEMBER-01; meter 30 4000 | meter -3 8000; stop -2 8100
*    start 0 token=BUDGET-04; meter 30 9000 | stop -2 9000
*    start 0; meter 30 4000 | again; stop -2 9000
*    start 0; meter 30 4000; state 35 SuspendedEV; meter 90 4000 | stop -2 4000
*    start 0; meter 30 4000; boot | meter -3 5000; stop -2 5100
*    start 0 | stop -2 6000
*    start 0; meter 20 3000; meter 30 =200 | meter -3 =5200; stop -2 =5300
*    start 0; meter 30 4000 | start -2 6000 token=DRIVER-12
*    start 0 token=BLOCKED-01; meter 30 2000 | stop -2 6000
*    start 0; meter 30 4000; boot | stop -2 4500
*    start 0; meter 30 4000 | stop -2 9000; stop -1 12000
*    start 0; meter 30 4000; meter 60 8000 | stop -2 9000
*    start 0; meter 30 4000 | boot; stop -2 9000
city start 0; meter 30 4000; meter 200 9000 | stop -2 9000
city start 0; meter 30 4000; boot | stop -2 5000 at=1970-01-01T00:00:05Z
city start 0 token=MEMBER-03; meter 30 4000 | stop -2 4000
city start 0; meter 30 4000; meter 200 9000; state 205 SuspendedEVSE | stop -2 9000
city start 0; meter 30 4000 | start -2 4000 token=DRIVER-10
"""


def lines(table):
    """Who tells it, the steps, and those of the ending."""
    for line in table.strip().splitlines():
        who, text = line.split(maxsplit=1)
        told, _, ending = text.partition("|")
        yield who, steps(told), steps(ending)


def steps(text):
    return [Step.read(step.split()) for step in text.split(";") if step.strip()]


@dataclass
class Step:
    verb: str
    minute: float = 0
    register: str | None = None
    options: dict = field(default_factory=dict)

    @classmethod
    def read(cls, words):
        options = dict(word.split("=", 1) for word in words[1:] if not word.startswith("=") and "=" in word)
        plain = [word for word in words[1:] if word.startswith("=") or "=" not in word]
        minute = float(plain.pop(0)) if plain else 0
        return cls(words[0], minute, plain.pop(0) if plain else None, options)


@dataclass
class Talk:
    """A conversation as its station knows it: what is told is a CALL's action and payload."""

    station: object
    evse: int
    began: datetime
    meter: int
    token: str
    names: list = field(default_factory=list)
    seq: int = 0
    highest: int = 0
    has_begun: bool = False
    is_over: bool = False

    def told(self, step):
        return (v16 if self.station.protocol == "ocpp1.6" else v2x)(self, step)

    def at(self, step):
        """In an ending a moment is written as minutes from the present."""
        at = step.options.get("at")
        if at == "none":
            return None
        moment = datetime.now(timezone.utc) if at == "now" else self.began + timedelta(minutes=step.minute)
        if at == "local":
            return moment.astimezone(ZoneInfo(self.station.zone)).strftime("%Y-%m-%dT%H:%M:%S")
        if at == "now":
            at = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        return at or (f"@{step.minute:g}" if self.is_over else moment.strftime("%Y-%m-%dT%H:%M:%SZ"))

    def register(self, step):
        """As the station counts: in Wh or kWh, since the last one or ever."""
        told = step.register or ("0" if step.verb == "start" else "none")
        if told == "none" or step.verb in ("state", "status"):
            return None
        if step.options.get("as") == "interval":
            return int(told)
        if step.options.get("unit") == "kWh":
            return (self.meter + float(told) * 1000) / 1000
        register = int(told[1:]) if told.startswith("=") else self.meter + int(told)
        if register < self.meter + 100_000:
            self.highest = max(self.highest, register)
        return register

    def name(self, step):
        """The latest transaction's, or another one's."""
        return self.names[int(step.options.get("of", 0)) - 1]

    def shown(self, step):
        token = step.options.get("token", self.token if step.verb == "start" else "none")
        return None if token == "none" else token


def v16(talk, step):
    at, register = talk.at(step), talk.register(step)
    place = {"connectorId": talk.evse}
    if step.verb == "boot":
        station = {"chargePointVendor": "Volta", "chargePointModel": "Wall 11"}
        return "BootNotification", {**station, "firmwareVersion": "1.4"}
    if step.verb == "transfer":
        return "DataTransfer", {"vendorId": "com.volta", "messageId": "fan", "data": "{\"rpm\": 900}"}
    if step.verb in ("state", "status"):
        return "StatusNotification", {**place, "errorCode": "NoError", "status": step.register, "timestamp": at}
    if step.verb == "start":
        start = {**place, "idTag": talk.shown(step), "meterStart": register}
        return "StartTransaction", without_none({**start, "timestamp": at})
    number = step.options.get("number")
    number = None if number == "none" else int(number) if number else talk.name(step) if talk.names else 0
    if step.verb == "meter":
        value = {"timestamp": at, "sampledValue": samples(step, register, str)}
        return "MeterValues", without_none({**place, "transactionId": number, "meterValue": [value]})
    stop = {"transactionId": number, "idTag": talk.shown(step), "meterStop": register, "timestamp": at}
    return "StopTransaction", without_none({**stop, "reason": "Local"})


def v2x(talk, step):
    at, register = talk.at(step), talk.register(step)
    place = {"id": talk.evse, "connectorId": 1}
    if step.verb == "boot":
        station = {"vendorName": "Volta", "model": "Pillar 22", "serialNumber": talk.station.id.upper()}
        return "BootNotification", {"reason": "PowerUp", "chargingStation": {**station, "firmwareVersion": "2.0"}}
    if step.verb == "transfer":
        return "DataTransfer", {"vendorId": "com.volta", "messageId": "fan", "data": {"rpm": 900}}
    if step.verb == "report":
        power = {"component": {"name": "EVSE", "evse": {"id": talk.evse}}, "variable": {"name": "Power"}}
        attribute = {"variableAttribute": [{"type": "MaxSet", "value": "22000"}]}
        return "NotifyReport", {"requestId": 1, "generatedAt": at, "seqNo": 0, "reportData": [{**power, **attribute}]}
    if step.verb == "status":
        word = {"timestamp": at, "connectorStatus": step.register}
        return "StatusNotification", {**word, "evseId": talk.evse, "connectorId": 1}
    return "TransactionEvent", transaction_event(talk, step, {"timestamp": at, "evse": place}, register)


KINDS = {
    "start": ("Started", "Authorized", "Charging"),
    "meter": ("Updated", "MeterValuePeriodic", None),
    "state": ("Updated", "ChargingStateChanged", None),
    "stop": ("Ended", "EVDeparted", "Idle"),
}


def transaction_event(talk, step, event, register):
    if not talk.names or (step.verb == "start" and talk.has_begun):
        talk.names.append(step.options.get("name", f"{talk.station.id}-{talk.began:%d%H}-{len(talk.names)}"))
        talk.seq = 0
    talk.has_begun |= step.verb == "start"
    kind, trigger, state = KINDS[step.verb]
    state = step.register if step.verb == "state" else state
    seq = int(step.options.get("seq", talk.seq))
    talk.seq = seq + 1
    name = step.options.get("name", talk.name(step))
    transaction = without_none({"transactionId": name, "chargingState": state})
    event |= {"eventType": kind, "triggerReason": trigger, "seqNo": seq, "transactionInfo": transaction}
    token = talk.shown(step)
    if token or "kind" in step.options:
        event["idToken"] = {"idToken": token or "", "type": step.options.get("kind", "ISO14443")}
    if "offline" in step.options:
        event["offline"] = True
    values = samples(step, register, lambda value: value)
    if values:
        event["meterValue"] = [without_none({"timestamp": event["timestamp"], "sampledValue": values})]
    return without_none(event)


def samples(step, register, value):
    """What a meter shows; `value` writes a number as the version does."""
    energy = "Energy.Active.Import." + step.options.get("as", "register").capitalize()
    shown = [(energy, register, step.options.get("unit", "Wh"))]
    for measurand, name, unit in [("Power.Active.Import", "power", "W"), ("SoC", "soc", "Percent")]:
        if name in step.options:
            shown.append((measurand, int(step.options[name]), unit))
    context = {"start": "Transaction.Begin", "stop": "Transaction.End"}.get(step.verb)
    return [
        without_none({
            "value": value(number),
            "measurand": measurand,
            "context": context,
            **({"unit": unit} if value is str else {"unitOfMeasure": {"unit": unit}}),
        })
        for measurand, number, unit in shown
        if number is not None
    ]


def without_none(members):
    return {name: member for name, member in members.items() if member is not None}
