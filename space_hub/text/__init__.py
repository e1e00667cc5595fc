"""Every sentence that a person reads, in English and French.

`en.json` and `fr.json` hold the same keys with the same placeholders; the
console reads the same files. A sentence says what was given, what was expected
and what to do.

A `Word` among the parameters is said by its label, several at once with commas
between them; faults (`{"code", "params"}`) one sentence after the other.
`{count:reason|reasons}` says a number with its noun in the form that the number
asks for. A number with decimals has the comma in French; what is to be typed is
therefore given as text.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, ClassVar

LANGUAGES = ("en", "fr")

WORDS: dict[str, type["Word"]] = {}
"""Every list of codes that people read, by its name: a class enters itself when it is made."""


class Word(StrEnum):
    """A code that people read as a word: its label stands under `vocabulary.<list>.<code>`.

    The name of the list is given with the class: `class Phase(Word, of="phase")`.
    """

    list_name: ClassVar[str]

    def __init_subclass__(cls, *, of: str) -> None:
        super().__init_subclass__()
        cls.list_name = of
        WORDS[of] = cls

    def label(self, language: str) -> str:
        """What people call it."""
        return say(f"vocabulary.{self.list_name}.{self.value}", language)


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence of the catalogue and its parameters, to be said later and in whichever language."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


class _Speaker(Formatter):
    def __init__(self, language: str) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        if bar:
            # French counts up to, and not including, two in the singular.
            single = abs(value) < 2 if self.language == "fr" else value == 1
            return f"{value} {one if single else many}"
        if isinstance(value, Word):
            value = value.label(self.language)
        elif isinstance(value, list) and value and all(isinstance(each, dict) and "code" in each for each in value):
            value = " ".join(say(each["code"], self.language, **each["params"]) for each in value)
        elif isinstance(value, tuple):
            value = (
                ", ".join(each.label(self.language) if isinstance(each, Word) else str(each) for each in value) or "-"
            )
        said = str(super().format_field(value, format_spec))
        return said.replace(".", ",") if self.language == "fr" and isinstance(value, float | Decimal) else said


@cache
def catalogue(language: str) -> dict[str, str]:
    text: dict[str, str] = json.loads((Path(__file__).parent / f"{language}.json").read_text("utf-8"))
    return text


def say(code: str, language: str = "en", /, **params: object) -> str:
    """The sentence of `code` in `language`; an unknown code or a missing parameter is a KeyError."""
    return _Speaker(language).vformat(catalogue(language)[code], (), params)


def choose(accept_language: str | None) -> str:
    """The language that an Accept-Language header likes best of those in the catalogue, else English."""
    best, found = 0.0, LANGUAGES[0]
    for part in (accept_language or "").split(","):
        tag, _, weight = part.partition(";")
        primary = tag.strip().lower().split("-")[0]
        liked = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", weight)
        quality = float(liked[1]) if liked else 1.0
        if primary in LANGUAGES and quality > best:
            best, found = quality, primary
    return found
