"""Every sentence that a person reads, in English and French.

`en.json` and `fr.json` hold the same keys with the same placeholders; the
console reads the same files. A sentence says what was given, what was expected
and what to do.
"""

import json
from functools import cache
from pathlib import Path
from string import Formatter

LANGUAGES = ("en", "fr")


@cache
def catalogue(language: str) -> dict[str, str]:
    text: dict[str, str] = json.loads((Path(__file__).parent / f"{language}.json").read_text("utf-8"))
    return text


def say(code: str, language: str = "en", /, **params: object) -> str:
    """The sentence of `code` in `language`; an unknown code or a missing parameter is a KeyError."""
    return Formatter().vformat(catalogue(language)[code], (), params)


def choose(accept_language: str | None) -> str:
    """The first language of an Accept-Language header that the catalogue has, else English."""
    for part in (accept_language or "").split(","):
        primary = part.split(";")[0].strip().lower().split("-")[0]
        if primary in LANGUAGES:
            return primary
    return "en"
