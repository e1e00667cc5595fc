"""Words that must not be found: looked for as they are and in the spellings in which a careless program leaves them."""

import base64
import binascii
import contextlib
import json
from collections.abc import Iterator
from typing import Any

_HEAD = 8
"""Every word that is looked for is longer than this in every spelling."""


def spellings(word: str) -> set[bytes]:
    """Raw, hex, base64 in its three alignments, UTF-16, and each of them reversed."""
    raw = word.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), word.encode("utf-16-le"), word.encode("utf-16-be")}
    for before in range(3):
        text = base64.b64encode(bytes(before) + raw)
        # The first and last characters also depend on what stands beside the word.
        inner = text[(0, 2, 3)[before] : (len(raw) + before) * 8 // 6]
        found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return found | {each[::-1] for each in found}


def decoded(value: Any) -> Iterator[bytes]:
    """Every string of a JSON value, and what it is once hex or base64 is taken off."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for each in value:
            yield from decoded(each)
    elif isinstance(value, str):
        yield value.encode()
        for take_off in (bytes.fromhex, lambda text: base64.b64decode(text, validate=True)):
            try:
                yield take_off(value)
            except (ValueError, binascii.Error):
                continue


def found(words: list[str], places: dict[str, bytes]) -> set[str]:
    """The names of the places where one of `words` stands in any spelling."""
    needles: dict[bytes, list[bytes]] = {}
    for needle in {spelt for word in words for spelt in spellings(word)}:
        needles.setdefault(needle[:_HEAD], []).append(needle)
    hit = set()
    for name, raw in places.items():
        layers = [raw]
        with contextlib.suppress(ValueError):
            layers += decoded(json.loads(raw))
        if any(_holds(layer, needles) for layer in layers):
            hit.add(name)
    return hit


def _holds(layer: bytes, needles: dict[bytes, list[bytes]]) -> bool:
    """One walk along the bytes for all needles, by how these begin."""
    for place in range(len(layer) - _HEAD + 1):
        begun = needles.get(layer[place : place + _HEAD])
        if begun and any(layer.startswith(needle, place) for needle in begun):
            return True
    return False
