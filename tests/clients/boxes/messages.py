"""A box that speaks MQTT, by paho: it hears its topics, says its own, and has a last will."""

from threading import Lock

from paho.mqtt import client as mqtt

from .car import Box


class MqttBox(Box):
    # The will's topic, what it says then, and what stands there while the box is there.
    will = None
    # Whose password is the same.
    user = None

    def __init__(self, hurry):
        super().__init__(hurry)
        self.turn = Lock()
        self.client, self.base = None, ""

    def hears(self):
        """Topics below its own."""
        raise NotImplementedError

    def heard(self, topic, message):
        raise NotImplementedError

    def begins(self):
        """It has reached the broker."""

    def publish(self, topic, message, retain=False):
        self.client.publish(f"{self.base}/{topic}", message, qos=0, retain=retain)

    def say(self):
        with self.turn:
            super().say()

    def switched(self, what):
        print(f"message {what}", flush=True)

    def join(self, base, port):
        self.base, self.client = base, mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"box-{base}")
        if self.will:
            topic, gone, _ = self.will
            self.client.will_set(f"{base}/{topic}", gone, retain=True)
        if self.user:
            self.client.username_pw_set(self.user, self.user)
        self.client.on_connect, self.client.on_message = self.connected, self.arrived
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", port, keepalive=10)
        self.client.loop_start()

    def connected(self, client, _userdata, _flags, _reason, _properties):
        client.subscribe([(f"{self.base}/{topic}", 1) for topic in self.hears()])
        if self.will:
            topic, _, here = self.will
            self.publish(topic, here, retain=True)
        self.begins()

    def arrived(self, _client, _userdata, message):
        self.heard(message.topic.removeprefix(f"{self.base}/"), message.payload.decode())
        self.say()
