"""Asks an axon, rightly and wrongly, and prints what came of it as one JSON object.

Arguments: the axon's port on 127.0.0.1 and its hotkey.
"""

import asyncio
import json
import sys
import time

import aiohttp
import bittensor as bt
from bittensor.core import dendrite as dendrite_module

from v10_text import Deep, Point, Text, Wallet, Words

PORT, HOTKEY = int(sys.argv[1]), sys.argv[2]
ODD = "it's \u200b \"odd\" \n"


def axon(hotkey: str) -> bt.AxonInfo:
    return bt.AxonInfo(
        version=10005000, ip="127.0.0.1", port=PORT, ip_type=4, hotkey=hotkey, coldkey=hotkey
    )


class Clock:
    """The time that the dendrite signs."""

    def __init__(self, shift_ns: int):
        self.shift_ns = shift_ns

    def __getattr__(self, name):
        return getattr(time, name)

    def time_ns(self) -> int:
        return time.time_ns() + self.shift_ns


async def main() -> dict:
    dendrite = bt.Dendrite(wallet=Wallet("//Alice").hotkey)
    said = {}

    async def ask(name: str, synapse: bt.Synapse, hotkey: str = HOTKEY, timeout: float = 12.0):
        answer = await dendrite.call(axon(hotkey), synapse, timeout=timeout, deserialize=False)
        said[name] = {
            "status": answer.dendrite.status_code,
            "axon_status": answer.axon.status_code,
            "message": answer.dendrite.status_message,
            "out": getattr(answer, "out", None),
        }

    await ask("ok", Text(text="hi"))
    await ask("odd", Text(text=ODD, n=2**63, scale=3, tags=[ODD, ""]))
    odd = {"k": [None, True, 1, 1.5, -0.0, ODD, {"a": {}}], ODD: 2**70, "": 1e16}
    await ask("deep", Deep(point=Point(x=3), pair=(7, ODD), table={"b": [1, 2e-7], "a": []}, anything=odd))
    await ask("deep defaults", Deep())
    await ask("ping", bt.Synapse())
    await ask("wrong receiver", Text(text="hi"), hotkey=dendrite.keypair.ss58_address)
    await ask("panic", Text(text="panic"))
    await ask("impatient", Text(text="forever"), timeout=0.25)

    events = [event async for event in dendrite.call_stream(axon(HOTKEY), Words(text="hi you"), deserialize=False)]
    said["stream"] = {
        "status": events[-1].dendrite.status_code,
        "message": events[-1].dendrite.status_message,
        "out": events[-1].out,
        "pieces": "".join(events[:-1]),
    }

    dendrite_module.time = Clock(-60_000_000_000)
    await ask("stale nonce", Text(text="hi"))
    dendrite_module.time = Clock(3_600_000_000_000)
    await ask("nonce of the future", Text(text="hi"))
    dendrite_module.time = time

    stranger = bt.Dendrite(wallet=Wallet("//Eve").hotkey)
    answer = await stranger.call(axon(HOTKEY), Text(text="hi"), deserialize=False)
    said["stranger"] = {"status": answer.dendrite.status_code, "message": answer.dendrite.status_message}
    await stranger.aclose_session()

    def signed() -> tuple[dict, dict]:
        synapse = dendrite.preprocess_synapse_for_request(axon(HOTKEY), Text(text="hi"), 12.0)
        return synapse.to_headers(), synapse.model_dump()

    async with aiohttp.ClientSession() as session:

        async def send(name: str, headers: dict, body: dict):
            url = f"http://127.0.0.1:{PORT}/Text"
            async with session.post(url, headers=headers, json=body) as response:
                message = (await response.json()).get("message")
                said[name] = {"status": response.status, "message": message}

        headers, body = signed()
        await send("tampered body", headers, {**body, "text": "ho"})
        await send("after the tampered body", headers, body)
        await send("replay", headers, body)
        headers, body = signed()
        del headers["bt_header_dendrite_signature"]
        await send("missing signature", headers, body)
        headers, body = signed()
        body["dendrite"]["hotkey"] = Wallet("//Bob").hotkey.ss58_address
        await send("another hotkey in the body", headers, {**body, "text": "hi"})

    await dendrite.aclose_session()
    return said


print(json.dumps(asyncio.run(main())))
