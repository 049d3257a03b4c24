"""Boxes over MQTT, by paho, at a broker, by amqtt: what they do with a car, told over their standard input (see boxes/car.py).

`mqtt_box.py KIND PORT [HURRY]` joins the broker at that port, or starts one (port 0), and says `ready PORT`. With a folder in place of the
port it starts one as mqtt_broker.py says, joins it as the user `box`, and says `ready SECURE`. The topics of a box begin
with its KIND. Every message that switches something is printed as `message WHAT`. `broker down` and `broker up` are for the
broker that was started here; `publish TOPIC BYTES TIMES` are messages of somebody else, and `leave` cuts the box off.
"""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

from paho.mqtt import client as mqtt

from boxes.openevse_mqtt import OpenEvseMqtt
from boxes.plug_mqtt import TasmotaMqtt

KINDS = {"openevse-mqtt": OpenEvseMqtt, "tasmota-plug-mqtt": TasmotaMqtt}


BROKER = Path(__file__).with_name("mqtt_broker.py")


class House:
    """A box, and the broker if it is ours."""

    def __init__(self, box, port, more=()):
        self.box, self.port, self.more, self.broker = box, port, more, None
        self.told_box, box.told = box.told, self.told
        self.somebody, self.loop = None, asyncio.get_running_loop()

    def begin(self):
        pipe = subprocess.PIPE
        self.broker = subprocess.Popen([sys.executable, BROKER, str(self.port), *self.more], stdin=pipe, stdout=pipe)
        self.broker.stdout.readline()

    def told(self, words):
        match words:
            case ["broker", "down"]:
                self.broker.kill()
                self.broker.wait()
            case ["broker", "up"]:
                self.begin()
            case ["publish", topic, size, times]:
                self.loop.run_in_executor(None, self.flood, topic, int(size), int(times))
            case ["leave"]:
                # Its socket is cut, so that the broker says its will.
                self.box.client.loop_stop()
                self.box.client.socket().close()
            case _:
                self.told_box(words)

    def flood(self, topic, size, times):
        if self.somebody is None:
            self.somebody = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="somebody")
            self.somebody.connect("127.0.0.1", self.port)
            self.somebody.loop_start()
        for _ in range(times):
            self.somebody.publish(topic, b"x" * size, qos=0)


def any_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


async def main(kind, place, hurry="1"):
    box = KINDS[kind](int(hurry))
    joins, secure, folder = place.isdecimal() and place != "0", str(any_port()), None if place.isdecimal() else place
    house = House(box, int(place) if joins else any_port(), (secure, folder) if folder else ())
    if not joins:
        house.begin()
    box.user = "box" if folder else None
    await asyncio.get_running_loop().run_in_executor(None, box.join, kind, house.port)
    print("ready", secure if folder else house.port, flush=True)
    await box.live()


asyncio.run(main(*sys.argv[1:]))
