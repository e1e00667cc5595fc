"""What a JSON value may hold, so that both databases keep it and every reader can print it. Pure."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from space_hub.errors import Invalid

DEEPEST = 64
LARGEST = 2**63 - 1
"""Readers in other languages take a larger whole number for another one."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def check_storable(value: Any, where: str) -> None:
    """Refuse NUL and halves of surrogate pairs, numbers that are not finite or above 64 bits, and deep nesting.

    `where` names the value; the refusal adds the path inside it.
    """
    waiting = [(where, value, 0)]
    while waiting:
        path, part, depth = waiting.pop()
        if isinstance(part, str):
            if _UNSTORABLE.search(part):
                raise Invalid("vocabulary.character_unstorable", where=path)
        elif isinstance(part, float):
            if not isfinite(part):
                raise Invalid("vocabulary.number_unstorable", where=path)
        elif isinstance(part, int):
            if abs(part) > LARGEST:
                raise Invalid("vocabulary.number_unstorable", where=path)
        elif isinstance(part, Mapping | list | tuple):
            if depth == DEEPEST:
                raise Invalid("vocabulary.nested_too_deep", where=path[:200], most=DEEPEST)
            pairs = part.items() if isinstance(part, Mapping) else enumerate(part)
            for name, each in pairs:
                if isinstance(name, str) and _UNSTORABLE.search(name):
                    raise Invalid("vocabulary.character_unstorable", where=path)
                waiting.append((f"{path}/{name}"[:200], each, depth + 1))
