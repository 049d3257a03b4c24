"""A broker for MQTT, by amqtt: `mqtt_broker.py PORT [SECURE FOLDER]` says `ready`, and ends when its standard input does.

With a folder it listens at the port SECURE, too, by cert.pem and key.pem there, and lets in whom `users` names.
"""

import asyncio
import os
import sys
from pathlib import Path

from amqtt.broker import Broker
from pwdlib import PasswordHash


def config(port, secure=None, folder=None):
    listeners = {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}}
    plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    if folder:
        at = Path(folder)
        keys = {"ssl": True, "certfile": str(at / "cert.pem"), "keyfile": str(at / "key.pem")}
        listeners["secure"] = {"type": "tcp", "bind": f"127.0.0.1:{secure}", **keys}
        plugins = {"amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(hashed(at))}}
    return {"listeners": listeners, "plugins": plugins}


def hashed(at):
    """`users` has a line NAME:PASSWORD for each."""
    users = [line.split(":", 1) for line in (at / "users").read_text().splitlines()]
    hasher = PasswordHash.recommended()
    (at / "hashed").write_text("".join(f"{name}:{hasher.hash(password)}\n" for name, password in users))
    return at / "hashed"


async def main(*places):
    await Broker(config(*places)).start()
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    # As one that dies: nobody is told.
    os._exit(0)


asyncio.run(main(*sys.argv[1:]))
