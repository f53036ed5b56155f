"""A miner without subnetkit: Python's HTTP server and the SDK's verify: python server.py RECEIVER.

Prints the port it took. Doubles numbers; whom verify does not accept it answers 401 with the kind of the error. For tests of
freshness the header X-Test-Clock says by how many nanoseconds its clock is ahead.
"""

import json
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bittensor import http_auth

receiver = sys.argv[1]
nonces = http_auth.InMemoryNonceStore()


class Miner(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            caller = http_auth.verify(
                dict(self.headers),
                body,
                method=self.command,
                path=self.path,
                self_hotkey_ss58=receiver,
                nonce_store=nonces,
                now_ns=time.time_ns() + int(self.headers.get("X-Test-Clock", "0")),
            )
        except http_auth.AuthError as error:
            kind = re.sub("(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
            self.answer(401, {"error": kind, "message": str(error)})
        else:
            self.answer(200, {"n": 2 * json.loads(body)["n"], "caller": caller.hotkey_ss58})

    def answer(self, status, content):
        content = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Miner)
print(server.server_port, flush=True)
server.serve_forever()
