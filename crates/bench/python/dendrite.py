"""The Python side of `-- dendrite`: rounds of SDK 10's dendrite over v10 axons.

The argument is JSON: {"miners": [{"hotkey", "address"}], "rounds": N, "text": ..., "key": uri}. Prints one
line of JSON: {"cpu_seconds": per round, "wall_seconds": per round, "answered": per round}.
"""

import asyncio
import json
import resource
import sys
import time
from typing import ClassVar

import bittensor
from bittensor.core.chain_data import AxonInfo
from bittensor.utils import networking
from bittensor_wallet import Keypair

# The SDK asks services on the internet for it, and needs it only to tell itself from others.
networking.get_external_ip = lambda: "203.0.113.1"


class Length(bittensor.Synapse):
    text: str
    bytes: int | None = None
    required_hash_fields: ClassVar[tuple[str, ...]] = ("text",)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def main():
    plan = json.loads(sys.argv[1])
    axons = []
    for miner in plan["miners"]:
        ip, port = miner["address"].split(":")
        axons.append(
            AxonInfo(
                version=10005000, ip=ip, port=int(port), ip_type=4, hotkey=miner["hotkey"], coldkey=miner["hotkey"]
            )
        )
    dendrite = bittensor.Dendrite(wallet=Keypair.create_from_uri(plan["key"]))
    measured = {"cpu_seconds": [], "wall_seconds": [], "answered": []}
    for _ in range(plan["rounds"]):
        cpu, wall = cpu_seconds(), time.monotonic()
        answers = await dendrite.forward(axons, Length(text=plan["text"]), timeout=12.0, deserialize=False)
        measured["cpu_seconds"].append(cpu_seconds() - cpu)
        measured["wall_seconds"].append(time.monotonic() - wall)
        measured["answered"].append(sum(a.dendrite.status_code == 200 and a.bytes is not None for a in answers))
    await dendrite.aclose_session()
    print(json.dumps(measured), flush=True)


asyncio.run(main())
