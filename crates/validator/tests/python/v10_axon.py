"""Serves the class on 127.0.0.1, prints the port, and ends with its standard input."""

import socket
import sys
import time
from typing import Tuple

import bittensor as bt

from v10_text import Deep, Text, Wallet, Words


def shout(synapse: Text) -> Text:
    if synapse.text == "fail":
        raise RuntimeError("the shouter is hoarse")
    synapse.out = f"{synapse.text.upper()} {synapse.n} {synapse.scale} {synapse.tags}"
    return synapse


def dive(synapse: Deep) -> Deep:
    synapse.out = f"{synapse.point!r} {synapse.pair} {synapse.table} {synapse.anything}"
    return synapse


async def spell(synapse: Words) -> Words.BTStreamingResponse:
    async def letters(send):
        for letter in synapse.text.upper():
            await send({"type": "http.response.body", "body": letter.encode(), "more_body": True})

    return synapse.create_streaming_response(letters)


def refuse_eve(synapse: Text) -> Tuple[bool, str]:
    return synapse.dendrite.hotkey == Wallet("//Eve").hotkey.ss58_address, "no thanks"


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]

axon = bt.Axon(wallet=Wallet("//Bob"), port=port, ip="127.0.0.1", external_ip="127.0.0.1")
axon.fast_config.host = "127.0.0.1"
axon.attach(forward_fn=shout, blacklist_fn=refuse_eve)
axon.attach(forward_fn=spell).attach(forward_fn=dive)
axon.start()
# Its thread may not listen yet.
while not axon.fast_server.started:
    time.sleep(0.01)
print(port, flush=True)
sys.stdin.read()
axon.stop()
