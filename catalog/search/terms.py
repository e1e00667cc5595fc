"""Words -> terms, the same way for what is on the shelf and for what is asked. Pure.

A word is folded (compatibility forms, accents and case off), cut at everything
that is neither letter nor digit, stemmed lightly, and replaced by its concept
when `lexicon.json` knows it: "navires", "vessel" and "ship" are one term, so a
French question finds what was written in English.

The stemmer is one for both languages, because nobody says in which language a
supplier wrote. In this order, on words of letters only: final -aux becomes -al;
a plural -s is cut (not after s, u or i); final -ie and -y become -i; final -e is
cut; -ing and -ed are cut where four letters or more remain. It is meant to
conflate, not to be right about grammar.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

WEIGHTS = {"t": 4, "c": 3, "p": 2, "s": 2, "b": 1}
"""Title, capability, provider, standards, body: how often a word counts that stands there once."""
MOST_FREQUENCY = 255

_WORD = re.compile(r"[^\W_]+")
_JOINED = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})


@dataclass(frozen=True, slots=True)
class Words:
    """What one version says, by field; `codes` are the code values whose consent is the shelf's."""

    title: str
    body: str
    provider: str
    nation: str
    capability: str
    standards: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    """What people call the capability and its mission area, in every language."""


def fold(text: str) -> str:
    """Without accents and case; "Œuvre" and "oeuvre" are one."""
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_JOINED))
    return "".join(part for part in parts if not unicodedata.combining(part))


def words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


@cache
def stem(word: str) -> str:
    """The stem of one folded word."""
    if len(word) < 4 or not word.isalpha():
        return word
    if word.endswith("aux") and len(word) > 4:
        word = word[:-3] + "al"
    elif word.endswith("s") and word[-2] not in "sui":
        word = word[:-1]
    word = re.sub(r"(ie|y)$", "i", word).rstrip("e") or word
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def term(word: str) -> str:
    """The term of one folded word: its concept, or its stem."""
    stemmed = stem(word)
    return _concepts().get(stemmed, stemmed)


def terms(text: str) -> list[str]:
    """The terms of a text in order, words without weight left out."""
    return [term(word) for word in words(text) if word not in _stop()]


def document(said: Words) -> str:
    """The field-tagged terms of a version, as the shelf keeps them: `t:radar b:spotlight`.

    A capability counts each of its words once, however many languages repeat it.
    """
    about = set(capability_words().get(said.capability, ()))
    labels = about | {each for text in said.labels for each in terms(text)}
    fields = {
        "t": terms(said.title),
        "c": sorted(labels),
        "p": [*terms(said.provider), nation_term(said.nation)],
        "s": [each for text in said.standards for each in terms(text)],
        "b": [*terms(said.body), *(each for code in said.codes for each in terms(code.replace("_", " ")))],
    }
    return " ".join(f"{tag}:{each}" for tag, found in fields.items() for each in found)


def frequencies(kept: str) -> dict[str, int]:
    """Term -> its frequency weighted by field, of what `document` made."""
    found: dict[str, int] = {}
    for tagged in kept.split():
        tag, _, each = tagged.partition(":")
        found[each] = min(found.get(each, 0) + WEIGHTS[tag], MOST_FREQUENCY)
    return found


def fields_of(kept: str, wanted: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(term, field) of each wanted term in the first of its fields, heaviest first."""
    seen: dict[str, str] = {}
    for tagged in kept.split():
        tag, _, each = tagged.partition(":")
        if each not in seen or WEIGHTS[tag] > WEIGHTS[seen[each]]:
            seen[each] = tag
    for each in wanted:
        if each in seen:
            yield each, seen[each]


def nation_term(code: str) -> str:
    return f"nation_{code}"


@cache
def capability_words() -> dict[str, dict[str, int]]:
    """Capability -> the terms that speak of it; those that name it (marked `!` in the lexicon) count twice."""
    return {
        code: {each: 1 + word.startswith("!") for word in found for each in terms(word)}
        for code, found in lexicon()["capabilities"].items()
    }


@cache
def lexicon() -> Mapping[str, Any]:
    kept: dict[str, Any] = json.loads((Path(__file__).parent / "lexicon.json").read_text("utf-8"))
    return kept


@cache
def _stop() -> frozenset[str]:
    return frozenset(lexicon()["stop"])


@cache
def _concepts() -> dict[str, str]:
    return {stem(fold(word)): concept for concept, found in lexicon()["concepts"].items() for word in found}
