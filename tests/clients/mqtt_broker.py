"""A broker for MQTT, by amqtt: `mqtt_broker.py PORT` says `ready`, and ends when its standard input does."""

import asyncio
import os
import sys

from amqtt.broker import Broker


async def main(port):
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    # As one that dies: nobody is told.
    os._exit(0)


asyncio.run(main(*sys.argv[1:]))
