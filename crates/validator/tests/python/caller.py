"""Bittensor's SDK signs requests for an axon: python caller.py HOST:PORT RECEIVER.

Every request is also given to the SDK's own verify, in the same order and with a memory of nonces of its own. Prints one line
of JSON per request: its name, what the axon made of it, what verify made of it.
"""

import http.client
import json
import re
import sys
import time

from bittensor import http_auth
from bittensor.sp_core import Keypair

address, receiver = sys.argv[1:]
alice, eve = Keypair.create_from_uri("//Alice"), Keypair.create_from_uri("//Eve")
dave = Keypair.create_from_uri("//Dave", crypto_type=0)
assert dave.crypto_type == 0, "0 is ed25519"
nonces = http_auth.InMemoryNonceStore()
BODY = b'{"n": 21}'
SECOND = 10**9
last = 0


def now(offset=0):
    """A nonce that is not used twice."""
    global last
    last = max(last + 1, time.time_ns())
    return last + offset


def signed(signer=alice, body=BODY, path="/double", to=receiver, nonce=None):
    nonce = now() if nonce is None else nonce
    return http_auth.sign(signer, method="POST", path=path, body=body, receiver_ss58=to, nonce_ns=nonce)


def without(headers, name):
    return {key: value for key, value in headers.items() if key != name}


def axon(headers, body, path):
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request("POST", path, body, headers | {"Content-Type": "application/json"})
    response = connection.getresponse()
    content = json.loads(response.read())
    connection.close()
    if response.status == 200:
        assert content == {"n": 42}, content
        return "accepted"
    assert response.status == 401, (response.status, content)
    return content["error"]


def sdk(headers, body, path):
    try:
        http_auth.verify(
            headers, body, method="POST", path=path, self_hotkey_ss58=receiver, nonce_store=nonces
        )
    except http_auth.AuthError as error:
        return re.sub("(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    return "accepted"


def judge(name, headers, body=BODY, path="/double"):
    print(json.dumps([name, axon(headers, body, path), sdk(headers, body, path)]), flush=True)


first = signed()
judge("valid", first)
judge("replayed", first)
judge("replayed with another body", first, b'{"n": 22}')
judge("replayed with its nonce signed anew", signed(nonce=int(first[http_auth.HEADER_NONCE])))
judge("valid, another scheme", signed(dave))
judge("valid, a target with a query", signed(path="/double?a=%20b&c"), path="/double?a=%20b&c")
judge("tampered body", signed(), b'{"n": 22}')
judge("tampered target", signed(), path="/double?a")
judge("stale", signed(nonce=now(-11 * SECOND)))
judge("from the future", signed(nonce=now(3 * SECOND)))
judge("for another receiver", signed(to=eve.ss58_address))
judge("for no receiver", signed(to=None))
judge("signed by another key", signed(eve) | {http_auth.HEADER_HOTKEY: alice.ss58_address})
judge("another nonce than the signed one", signed() | {http_auth.HEADER_NONCE: str(now())})
judge("another receiver than the signed one", signed(to=eve.ss58_address) | {http_auth.HEADER_RECEIVER: receiver})
for header in ["VERSION", "HOTKEY", "NONCE", "SIGNATURE"]:
    judge(f"without its {header.lower()}", without(signed(), getattr(http_auth, f"HEADER_{header}")))
judge("another version", signed() | {http_auth.HEADER_VERSION: "2"})
judge("an unknown scheme", signed() | {http_auth.HEADER_CRYPTO: "ecdsa"})
judge("a nonce that is no number", signed() | {http_auth.HEADER_NONCE: "now"})
judge("a sender that is no address", signed() | {http_auth.HEADER_HOTKEY: "Alice"})
short = signed()
judge("a short signature", short | {http_auth.HEADER_SIGNATURE: short[http_auth.HEADER_SIGNATURE][:-2]})
# Several faults at once: the first in the order of the checks is the one told.
stale = without(signed(nonce=now(-11 * SECOND), to=eve.ss58_address), http_auth.HEADER_SIGNATURE)
judge("stale, for another receiver, without its signature", stale)
judge("stale, for another receiver", signed(nonce=now(-11 * SECOND), to=eve.ss58_address))
judge("stale, with a tampered body", signed(nonce=now(-11 * SECOND)), b'{"n": 22}')
judge("valid again", signed())
