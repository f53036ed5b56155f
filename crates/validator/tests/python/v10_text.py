"""The class that both ends know."""

from typing import Any, ClassVar, Optional

import bittensor as bt
from pydantic import BaseModel


class Text(bt.Synapse):
    text: str
    n: int = 3
    scale: float = 1.0
    tags: list[str] = []
    out: Optional[str] = None
    required_hash_fields: ClassVar[tuple[str, ...]] = ("text", "n", "scale", "tags")


class Point(BaseModel):
    x: float = 0.5
    label: str = "p"


class Deep(bt.Synapse):
    point: Point = Point()
    pair: tuple[int, str] = (0, "")
    table: dict[str, list[float]] = {}
    anything: Any = None
    out: Optional[str] = None
    required_hash_fields: ClassVar[tuple[str, ...]] = ("anything", "table", "pair", "point")


class Words(bt.StreamingSynapse):
    text: str
    out: Optional[str] = None
    required_hash_fields: ClassVar[tuple[str, ...]] = ("text",)

    async def process_streaming_response(self, response):
        async for piece in response.content.iter_any():
            self.out = (self.out or "") + piece.decode()
            yield piece.decode()

    def extract_response_json(self, response):
        return {"text": self.text, "out": self.out}


class Wallet:
    """As much of a wallet as an axon or a dendrite needs: the hotkey."""

    def __init__(self, uri: str):
        self.hotkey = bt.Keypair.create_from_uri(uri)


# Both classes ask the internet for this machine's address; nothing here depends on it.
bt.utils.networking.get_external_ip = lambda: "203.0.113.9"
