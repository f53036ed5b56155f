"""The Python side of `-- axon`: FastAPI on uvicorn, each request proven by the SDK's own verification.

Says where it listens on its first line, and ends when its standard input does.
"""

import json
import os
import socket
import sys
import threading

import uvicorn
from bittensor import http_auth
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

own = sys.argv[1]
# As with the axon under measurement: the requests are signed before they are sent.
max_age = 300.0
nonces = http_auth.InMemoryNonceStore(retention=max_age + http_auth.DEFAULT_ALLOWED_SKEW)
app = FastAPI()


@app.post("/length")
async def length(request: Request):
    body = await request.body()
    try:
        http_auth.verify(
            request.headers,
            body,
            method=request.method,
            path=request.scope["raw_path"].decode("ascii"),
            self_hotkey_ss58=own,
            max_age=max_age,
            nonce_store=nonces,
        )
    except http_auth.AuthError as error:
        return JSONResponse({"error": type(error).__name__, "message": str(error)}, status_code=401)
    return JSONResponse({"bytes": len(json.loads(body)["text"])})


def end_with_input():
    sys.stdin.buffer.read()
    os._exit(0)


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(1024)
address, port = listener.getsockname()
print(json.dumps({"address": f"{address}:{port}"}), flush=True)
threading.Thread(target=end_with_input, daemon=True).start()
config = uvicorn.Config(app, loop="uvloop", http="httptools", workers=1, access_log=False, log_level="warning")
uvicorn.Server(config).run(sockets=[listener])
