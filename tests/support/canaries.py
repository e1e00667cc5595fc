"""Words that must not be found: looked for as they are and in the spellings in which a careless program leaves them."""

import base64
import binascii
import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEAD = 8
"""Every word that is looked for is longer than this in every spelling."""
_BITS = 20
_MIXES = np.uint64(0x9E3779B97F4A7C15)
"""Spreads eight bytes of text, of which most are alike."""


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


def decoded(value: Any, depth: int = 3) -> Iterator[bytes]:
    """Every string of a JSON value, and what it is once JSON, hex or base64 is taken off, again and again."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for each in value:
            yield from decoded(each, depth)
    elif isinstance(value, str):
        yield value.encode()
        for raw in _taken_off(value):
            yield raw
            if depth:
                with contextlib.suppress(ValueError):
                    yield from decoded(json.loads(raw), depth - 1)


def _taken_off(value: str) -> Iterator[bytes]:
    if value[:1] in {"{", "[", '"'}:
        yield value.encode()
    for take_off in (bytes.fromhex, lambda text: base64.b64decode(text, validate=True)):
        with contextlib.suppress(ValueError, binascii.Error):
            yield take_off(value)


def found(words: list[str], places: Mapping[str, bytes]) -> set[str]:
    """The names of the places where one of `words` stands in any spelling."""
    needles: dict[bytes, list[bytes]] = {}
    for needle in {spelt for word in words for spelt in spellings(word)}:
        needles.setdefault(needle[:_HEAD], []).append(needle)
    heads = np.frombuffer(b"".join(needles), np.uint64)
    begins = np.zeros(1 << _BITS, bool)
    begins[_bucket(heads)] = True
    hit = set()
    for name, raw in places.items():
        layers = [raw]
        with contextlib.suppress(ValueError):
            layers += decoded(json.loads(raw))
        if any(_holds(layer, begins, needles) for layer in layers):
            hit.add(name)
    return hit


def _bucket(heads: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (heads * _MIXES) >> np.uint64(64 - _BITS)


def _holds(layer: bytes, begins: NDArray[np.bool_], needles: Mapping[bytes, list[bytes]]) -> bool:
    """A look at every eight bytes in a row for all needles at once, by how these begin."""
    for shift in range(min(_HEAD, max(0, len(layer) - _HEAD + 1))):
        rows = np.frombuffer(layer, np.uint64, (len(layer) - shift) // _HEAD, shift)
        for place in map(int, np.flatnonzero(begins[_bucket(rows)]) * _HEAD + shift):
            begun = needles.get(layer[place : place + _HEAD], ())
            if any(layer.startswith(needle, place) for needle in begun):
                return True
    return False
