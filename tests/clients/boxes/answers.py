"""A box that speaks HTTP and JSON: it answers questions, and says each request that switches something."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import unquote, urlsplit

from .car import Box


class HttpBox(Box):
    # Of its JSON; as Python has them.
    separators = None
    # Where it speaks otherwise than with answers: `upgrade` does.
    socket = None

    def __init__(self, hurry):
        super().__init__(hurry)
        self.turn = Lock()

    def say(self):
        with self.turn:
            super().say()

    def answer(self, method, path, query, body):
        """What the JSON of the answer is. `None`: there is no such thing."""
        raise NotImplementedError

    def switched(self, what):
        print(f"request {what}", flush=True)


def serve(box, port):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.answer()

        def do_POST(self):
            self.answer()

        def do_DELETE(self):
            self.answer()

        def answer(self):
            path, query = urlsplit(self.path).path, urlsplit(self.path).query
            if box.socket == path:
                self.close_connection = True
                return box.upgrade(self)
            # A blank is written as %20, and a plus is one.
            pairs = [part.partition("=") for part in query.split("&") if part]
            asked = {unquote(key): unquote(value) for key, _, value in pairs}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            found = box.answer(self.command, path, asked, body)
            box.say()
            said = json.dumps({} if found is None else found, separators=box.separators).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
