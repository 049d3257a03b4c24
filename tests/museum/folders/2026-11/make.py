"""Makes an exhibit of the museum: a data folder full of sessions, and what the server says about it.

    python3 -m venv venv && venv/bin/pip install websockets==15.0.1
    venv/bin/python make.py AMPRULE SCRIPTS INTO

AMPRULE is the server's binary, SCRIPTS the scripts that it was released with, INTO an empty folder. It takes some
minutes. `told.py` holds what stations tell. Their moments are fixed: a year later a server believes them no more.
"""

import asyncio
import gzip
import json
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import cycle
from pathlib import Path

import websockets

from told import ODD, OPEN, Talk, lines, steps

FIRST_DAY = datetime(2026, 11, 19, tzinfo=timezone.utc)
SESSIONS = 1_000
STATIONS = 60
# While nothing happens, decisions are moved into a file.
FILING = 5
# Of each station, before the units are swapped and after it.
ORDINARY = (9, 2)
PLACES = ["Europe/Berlin", "Europe/Lisbon", "Europe/Berlin", "America/New_York", "Australia/Adelaide"]

CONFIG = """\
# The folder is opened years later, perhaps on a slow machine: what waits for a stop or a start waits for ever, and no
# price is too late.
[stations]
stop_awaited_s = 4000000000
start_awaited_s = 4000000000

[extensions]
pricing = "flat-tariff"
modifiers = []
wall_ms = 10000

[extensions.static_tariff]
currency = "EUR"
per_kwh = "0.60"

[[extensions.rules]]
name = "another price by day"
groups = ["city"]
pricing = "time-of-use"

[[extensions.rules]]
name = "a tariff that nobody has installed"
groups = ["depot"]
pricing = "depot-tariff"

[[extensions.rules]]
name = "members have something off"
token_groups = ["members"]
modifiers = ["member-discount"]

[decisions]
hot_rows = 100
keep_days = 100000
"""

# What is not the same whenever it is asked.
OF_A_RUNNING_SESSION = ["durationS", "pricedAt", "nextChangeAt"]
OF_AN_END_AT_PRESENT = ["startedAt", "endedAt", "durationS", "periods", "pricedAt"]
OF_AN_ANSWER = {"BootNotification": ["currentTime"], "StartTransaction": ["transactionId"]}


class Server:
    """The binary, with folders of its own."""

    def __init__(self, binary, folder):
        self.folder = folder
        (folder / "plugins").mkdir(exist_ok=True)
        command = [binary, "serve", "--config", "amprule.toml", "--data", "data", "--scripts", "scripts"]
        command += ["--plugins", "plugins", "--ocpp", "127.0.0.1:0", "--api", "127.0.0.1:0"]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=(folder / "log").open("a"), text=True
        )
        said = dict(self.process.stdout.readline().split(maxsplit=1) for _ in range(3))
        self.ocpp, self.api = said["ocpp"].strip(), said["api"].strip()
        self.token = (folder / "data/api-token").read_text().strip()

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.api + path, data, headers, method="PUT" if body else "GET")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def all(self, path):
        joint, after = "&" if "?" in path else "?", ""
        while after is not None:
            page = self.ask(f"{path}{after}")
            yield from page["items"]
            after = page["next"] and f"{joint}after={page['next']}"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait() == 0, "the server did not end in good order"


@dataclass
class Station:
    id: str
    protocol: str
    record: dict
    password: str | None = None
    meters: dict = field(default_factory=lambda: {1: 50_000, 2: 8_000})
    day: int = 0
    sent: int = 0
    last: tuple = ()
    socket: object = None

    @property
    def zone(self):
        return self.record["timeZone"]

    @property
    def is_city(self):
        return self.record["group"] == "city"

    @property
    def version(self):
        return "16" if self.protocol == "ocpp1.6" else "2x"

    async def connect(self, ocpp):
        basic = b64encode(f"{self.id}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"} if self.password else {}
        self.socket = await websockets.connect(
            f"{ocpp}/{self.id}", subprotocols=[self.protocol], additional_headers=headers, ping_interval=None
        )

    async def call(self, id, action, payload):
        await self.socket.send(json.dumps([2, id, action, payload]))
        while True:
            frame = json.loads(await self.socket.recv())
            if frame[0] == 2:
                await self.socket.send(json.dumps([3, frame[1], {"status": "Accepted"}]))
            elif frame[0] == 3:
                return frame[2]
            else:
                raise ValueError(f"{self.id}: {action} was answered with {frame}")

    def says(self, talk, step):
        """The next message: its id, action and payload."""
        if step.verb != "again":
            self.sent += 1
            self.last = (f"{self.id}-{self.sent}", *talk.told(step))
        return self.last

    async def tell(self, talk, told):
        for step in told:
            id, action, payload = self.says(talk, step)
            answer = await self.call(id, action, payload)
            if action == "StartTransaction" and step.verb != "again":
                talk.names.append(answer["transactionId"])
        self.meters[talk.evse] = max(self.meters[talk.evse], talk.highest)

    def next_talk(self, evse=1):
        """Four in a day at most, so that they never overlap."""
        began = FIRST_DAY + timedelta(hours=6 * self.day, minutes=int(self.id[-2:]) * 2)
        self.day += 1
        driver = f"DRIVER-{(int(self.id[-2:]) * 3 + self.day) % 20:02}"
        return Talk(self, evse, began, self.meters[evse], driver)


def stations():
    made = []
    for number in range(1, STATIONS + 1):
        protocol = "ocpp1.6" if number % 2 else "ocpp2.1" if number % 10 == 0 else "ocpp2.0.1"
        group = "city" if number % 6 in (3, 4) else "depot" if number == STATIONS else None
        password = f"museum-password-{number:02}" if number % 7 == 0 else None
        record = {"timeZone": PLACES[number // 2 % len(PLACES)], "group": group}
        record["location"] = f"Harbour {number % 4 + 1}" if number % 3 else None
        record["powerWMax"] = {"0": 22_000, "2": 11_000} if number % 5 == 0 else {}
        record |= {"password": password, "securityProfile": 1} if password else {}
        made.append(Station(f"cs-{number:02}", protocol, record, password))
    return made


def tokens():
    for number in range(20):
        yield f"DRIVER-{number:02}", {"group": "fleet" if number % 4 == 0 else "members" if number % 4 == 1 else None}
    for number in range(1, 4):
        yield f"MEMBER-{number:02}", {"group": "members", "expiresAt": "2099-12-31T23:00:00Z"}
    for number, amount, period in [(3, "3.00", "total"), (4, "4.00", "total"), (5, "50", "month"), (6, "20", "day")]:
        yield f"BUDGET-{number:02}", {"budget": {"amount": amount, "currency": "EUR", "period": period}}
    yield "BLOCKED-01", {"status": "blocked"}
    yield "EXPIRED-01", {"expiresAt": "2026-06-01T00:00:00Z"}
    yield "EXPIRED-02", {"status": "expired", "group": "fleet"}
    yield "INVALID-01", {"status": "invalid"}
    yield "DE-8AA-CA1B2C3D4-5", {"type": "eMAID", "group": "members"}


def ordinary(chance):
    """A session as most are: nothing is drawn in its last ten minutes."""
    minutes, watts = chance.randrange(30, 200), chance.choice([3_700, 7_400, 11_000, 22_000])
    full = minutes - 10
    told = [f"meter {minute} {watts * minute // 60} power={watts}" for minute in range(15, full, 60)]
    rest = chance.choice([[], [], [f"state {full} SuspendedEV"]])
    return steps("; ".join(["start 0", *told, *rest, f"stop {minutes} {watts * full // 60}"]))


def days(made, chance):
    """What each station tells before and after the units are swapped. What is odd comes from three of them."""
    before, after = ({station.id: [ordinary(chance) for _ in range(many)] for station in made} for many in ORDINARY)
    turn = 0
    for who, told, _ in lines(ODD):
        tellers = [station for station in made if who in ("*", station.version)]
        for _ in range(3):
            turn += 1
            (before if turn % 2 else after)[tellers[turn * 7 % len(tellers)].id].append(told)
    for day in (before, after):
        for talks in day.values():
            chance.shuffle(talks)
    return before, after


def openings(made):
    """Each station leaves a session open, the next of those for its kind."""
    tables = {"16": ("16", "*"), "2x": ("2x", "*"), "city": ("city",)}
    left = {
        kind: cycle([(told, ending) for who, told, ending in lines(OPEN) if who in table])
        for kind, table in tables.items()
    }
    return {station.id: next(left["city" if station.is_city else station.version]) for station in made}


async def together(made, does):
    await asyncio.gather(*(does(station) for station in made))


async def fill(server, made, chance):
    """1,000 sessions. Gives those that are open, with what was told of them and how they end."""
    for token, record in tokens():
        server.ask(f"/api/v1/tokens/{token}", {"type": "ISO14443", **record})
    for station in made:
        server.ask(f"/api/v1/stations/{station.id}", station.record)
    server.ask("/api/v1/stations/cs-71", {"provisioning": "pending", "location": "Depot"})
    server.ask("/api/v1/stations/cs-72", {"provisioning": "rejected"})
    before, after = days(made, chance)
    opens = openings(made)
    endings = []

    async def first_half(station):
        await station.connect(server.ocpp)
        word = "Preparing" if station.version == "16" else "Occupied"
        await station.tell(station.next_talk(), steps(f"boot; status 0 {word} at=now"))
        for told in before[station.id]:
            await station.tell(station.next_talk(), told)
        if is_early(station):
            await leave_open(station, 2)

    async def second_half(station):
        for told in after[station.id]:
            await station.tell(station.next_talk(), told)
        if not is_early(station):
            await leave_open(station, 1)

    async def leave_open(station, evse):
        told, ending = opens[station.id]
        talk = station.next_talk(evse)
        await station.tell(talk, told)
        [session] = server.ask(f"/api/v1/sessions?station={station.id}&transaction={talk.names[-1]}")["items"]
        endings.append((talk, session["id"], ending))

    await together(made, first_half)
    swap(server)
    await together(made, second_half)
    missing = SESSIONS - sum(1 for _ in server.all("/api/v1/sessions?limit=1000"))
    fillers = [station for station in made if not is_early(station)]
    assert missing >= 0, f"{-missing} sessions too many"
    for number in range(missing):
        station = fillers[number % len(fillers)]
        await station.tell(station.next_talk(2), ordinary(chance))
    for station in made:
        await station.socket.close()
    return endings


def is_early(station):
    return int(station.id[-2:]) % 4 < 2


def swap(server):
    """The energy becomes dearer and members have more off, while all stations are connected."""
    before = hashes(server)
    manifest = server.folder / "scripts/flat-tariff/plugin.toml"
    text = manifest.read_text().replace('version = "1.0.0"', 'version = "1.1.0"').replace('"0.49"', '"0.55"')
    save(manifest, text)
    save(server.folder / "scripts/member-discount/parameters.toml", 'percent = "15"\n')
    while before & hashes(server):
        time.sleep(0.2)
    time.sleep(FILING)


def hashes(server):
    return {server.ask(f"/api/v1/extensions/{unit}")["hash"] for unit in ("flat-tariff", "member-discount")}


def save(path, text):
    beside = path.with_suffix(".saving~")
    beside.write_text(text)
    beside.rename(path)


def without(body, names):
    return {name: member for name, member in body.items() if name not in names}


def expectation(server):
    """What the API says, path by path."""
    sessions = list(server.all("/api/v1/sessions?limit=1000"))
    bodies, counts = {}, {}
    for session in sessions:
        path = f"/api/v1/sessions/{session['id']}"
        body = server.ask(path)
        bodies[path] = body if body["state"] == "ended" else without(body, OF_A_RUNNING_SESSION)
        counts[f"{path}/readings?limit=1000"] = len(server.ask(f"{path}/readings?limit=1000")["items"])
        if body["bill"] > 1:
            bodies[f"{path}/bills"] = server.ask(f"{path}/bills")
    for station in server.all("/api/v1/stations?limit=1000"):
        path = f"/api/v1/stations/{station['id']}"
        bodies[path] = without(station, ["connected", "connectedSince", "lastHeard"])
        messages = f"{path}/messages?limit=1000"
        bodies[messages] = server.ask(messages)
    bodies["/api/v1/tokens?limit=1000"] = server.ask("/api/v1/tokens?limit=1000")
    lists = ["", "?state=ended", "?state=active", "?state=parked", "?station=cs-01", "?idToken=driver-05"]
    lists += ["?mark=" + mark for mark in sorted({mark for session in sessions for mark in session["marks"]})]
    lists += ["?from=2026-11-21T00:00:00Z&until=2026-11-22T00:00:00Z"]
    counts |= {path: sum(1 for _ in server.all(path)) for path in (f"/api/v1/sessions{query}" for query in lists)}
    decisions = list(server.all("/api/v1/decisions?limit=100"))
    some = [decision["id"] for decision in [*decisions, *filed(server.folder / "data/decisions")][::40]]
    bodies |= {path: server.ask(path) for path in (f"/api/v1/decisions/{id}" for id in some)}
    by = Counter(f"{decision['unit']} {decision['version']} {decision['hook']}" for decision in decisions)
    closed = max(decision["at"] for decision in decisions)
    return {"bodies": bodies, "counts": counts, "decisions": {"until": closed, "by": dict(sorted(by.items()))}}


def filed(folder):
    """Decisions that have left the database."""
    for path in sorted(folder.iterdir()):
        yield from map(json.loads, gzip.decompress(path.read_bytes()).splitlines())


async def end(server, talk, session, ending):
    """A station comes back: what it sends, what it is answered, and what becomes of its session."""
    station, sent = talk.station, []
    talk.is_over = True
    await station.connect(server.ocpp)
    for step in ending:
        id, action, payload = station.says(talk, step)
        answer = without(await station.call(id, action, at_present(payload)), OF_AN_ANSWER.get(action, []))
        sent.append({"id": id, "action": action, "payload": payload, "answer": answer})
    await station.socket.close()
    body = server.ask(f"/api/v1/sessions/{session}")
    ends_at_present = any(step.verb == "stop" and "at" not in step.options for step in ending)
    body = without(body, OF_AN_END_AT_PRESENT if ends_at_present else ["pricedAt"])
    known = {"station": station.id, "protocol": station.protocol, "password": station.password}
    return {**known, "sent": sent, "session": body}


def at_present(payload):
    """`@-2` stands for the moment two minutes ago."""
    if isinstance(payload, dict):
        return {name: at_present(member) for name, member in payload.items()}
    if isinstance(payload, list):
        return [at_present(member) for member in payload]
    if isinstance(payload, str) and payload.startswith("@"):
        moment = datetime.now(timezone.utc) + timedelta(minutes=float(payload[1:]))
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return payload


def one_a_line(value, depth=1):
    """JSON that a person can search: members of the first levels in lines of their own."""
    if depth == 0 or not isinstance(value, (dict, list)) or not value:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[\n" + ",\n".join(one_a_line(item, depth - 1) for item in value) + "\n]"
    members = (f"{json.dumps(name)}: {one_a_line(member, depth - 1)}" for name, member in value.items())
    return "{\n" + ",\n".join(members) + "\n}"


def pack(data, into):
    """What every server makes anew is left out: the token of its API, what it has compiled, what SQLite shares."""
    anew = ["api-token", "compiled-key", "amprule.lock", "amprule.db-shm", "amprule.db-wal"]
    with tarfile.open(into, "w:gz", compresslevel=9) as archive:
        for path in sorted(data.rglob("*")):
            if path.is_file() and path.name not in anew:
                archive.add(path, path.relative_to(data), filter=nobody)


def nobody(member):
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


async def main(binary, scripts, into):
    made, chance = stations(), random.Random(2026)
    binary = Path(binary).resolve()
    with tempfile.TemporaryDirectory() as folder:
        house = Path(folder) / "house"
        shutil.copytree(scripts, house / "scripts")
        (house / "amprule.toml").write_text(CONFIG)
        server = Server(binary, house)
        endings = await fill(server, made, chance)
        expected = expectation(server)
        server.stop()
        later = Path(folder) / "later"
        shutil.copytree(house, later)
        # The stations of the endings come back after all that they have told.
        time.sleep(240)
        server = Server(binary, later)
        ended = [await end(server, *ending) for ending in endings if ending[-1]]
        server.stop()
        into.mkdir(parents=True, exist_ok=True)
        pack(house / "data", into / "data.tar.gz")
        shutil.copytree(house / "scripts", into / "units", dirs_exist_ok=True)
        shutil.copy(house / "amprule.toml", into)
        (into / "expect.json.gz").write_bytes(gzip.compress(one_a_line(expected, 2).encode(), 9, mtime=0))
        (into / "ending.json").write_text(one_a_line(ended) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
