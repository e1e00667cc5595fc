"""A supplier's answer, field by field: taken as it stands, or refused by the field's name. Pure.

What identifies, counts or costs is never cut and never guessed; words for people may be cut. A refusal is an
`Unavailable`: what the supplier meant is not known, and nothing of the answer is kept.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from providers.adapters.client import moment
from space_hub.errors import Invalid, Unavailable
from space_hub.vocabulary.attributes import Measured, read
from space_hub.vocabulary.money import Money, money

MOST_LINKS = 50
MOST_VALUES = 50
BOUND = 1e12
"""No number of an answer reaches it."""


def reference(given: Mapping[str, Any], name: str) -> str:
    """A name that a supplier gives; it becomes a part of an address, where dots alone lead elsewhere."""
    value = given.get(name)
    if not isinstance(value, str) or not fit(value, 200) or not value.isprintable() or not value.strip(". "):
        raise Unavailable("adapter.answer_shape", expected=name)
    return value


def text(given: Mapping[str, Any], name: str, most: int, *, cut: bool = True) -> str:
    value = given.get(name)
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not fit(value[:most] if cut else value, most):
        raise Unavailable("adapter.answer_shape", expected=name)
    return value[:most]


def fit(value: str, most: int) -> bool:
    """Not empty, not too long, and text that every database takes: no zero character, no half of a pair."""
    return 0 < len(value) <= most and "\0" not in value and not any("\ud800" <= each <= "\udfff" for each in value)


def number(given: Mapping[str, Any], name: str, least: float = 0.0) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < BOUND:
        raise Unavailable("adapter.answer_shape", expected=name)
    return float(value)


def instant(given: Mapping[str, Any], name: str) -> datetime | None:
    found = moment(given.get(name))
    if found is None and given.get(name) is not None:
        raise Unavailable("adapter.answer_shape", expected=name)
    return found


def links(given: Mapping[str, Any]) -> tuple[str, ...]:
    found = given.get("links")
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) > MOST_LINKS:
        raise Unavailable("adapter.answer_shape", expected="links")
    if not all(isinstance(each, str) and fit(each, 2000) and each.isprintable() for each in found):
        raise Unavailable("adapter.answer_shape", expected="links")
    return tuple(found)


def values(given: Mapping[str, Any], name: str) -> tuple[Measured, ...]:
    """Numbers as an offering gives them: {attribute: {"value": 4 or [4, 6], "unit": "h"}}."""
    found = given.get(name)
    if found is None:
        return ()
    if not isinstance(found, Mapping) or len(found) > MOST_VALUES:
        raise Unavailable("adapter.answer_shape", expected=name)
    try:
        said = [
            read(code, each["value"], each["unit"])
            for code, each in sorted(found.items())
            if isinstance(each, Mapping) and {"value", "unit"} <= set(each)
        ]
    except Invalid as error:
        raise Unavailable("adapter.answer_shape", expected=name) from error
    numbers = [number for each in said for number in (each.low, each.high)]
    if len(said) < len(found) or any(number is None or not abs(number) < BOUND for number in numbers):
        raise Unavailable("adapter.answer_shape", expected=name)
    return tuple(said)


def price(given: Mapping[str, Any], name: str) -> Money | None:
    """An amount in text, as the contract says: a number of JSON is no sum of money."""
    value = given.get(name)
    if value is None:
        return None
    amount = value.get("amount") if isinstance(value, Mapping) else None
    currency = value.get("currency") if isinstance(value, Mapping) else None
    if not isinstance(amount, str) or len(amount) > 40 or not isinstance(currency, str):
        raise Unavailable("adapter.answer_shape", expected=name)
    try:
        return money(amount, currency)
    except Invalid as error:
        raise Unavailable("adapter.answer_shape", expected=name) from error
