"""How a paper speaks: sentences of the catalogue set as print sets them, figures and dates of its language. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from catalog.code_labels import label
from space_hub.text import say
from space_hub.vocabulary.capabilities import CAPABILITIES

_THIN = "\u202f"
_NO_BREAK = "\u00a0"
_FINEST_SHARE = 3
_TOGETHER = "/\u2060"
"""A stroke after which no line ends."""
_RAISED = str.maketrans({"2": "²", "3": "³"})


class Many(int):
    """A count that is written in groups of three."""

    language: str

    def __new__(cls, value: int, language: str) -> "Many":
        made = super().__new__(cls, value)
        made.language = language
        return made

    def __format__(self, spec: str) -> str:
        return grouped(f"{int(self):d}", self.language)


@dataclass(frozen=True, slots=True)
class Voice:
    language: str

    def say(self, code: str, /, **params: object) -> str:
        return typeset(say(code, self.language, **params), self.language)

    def set(self, sentence: str) -> str:
        """A sentence that was said elsewhere."""
        return typeset(sentence, self.language)

    def many(self, count: int) -> Many:
        return Many(count, self.language)

    def number(self, value: object, places: int | None = None) -> str:
        """A number as it is, or rounded to `places`; digits in groups of three."""
        exact = Decimal(str(value))
        if places is not None:
            exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
        text = f"{exact:f}"
        if places is None and "." in text:
            text = text.rstrip("0").rstrip(".")
        return grouped(text, self.language)

    def money(self, value: object, currency: str = "") -> str:
        """Two decimals, and the currency after it where it is given."""
        text = self.number(value, 2)
        return f"{text}{_NO_BREAK}{currency}" if currency else text

    def price(self, value: object, currency: str = "") -> str:
        """A unit price: two decimals at least, and as many more as it has, since a thousandth may be the price."""
        exact = Decimal(str(value)).normalize()
        exponent = exact.as_tuple().exponent
        text = self.number(exact, max(2, -exponent if isinstance(exponent, int) else 2))
        return f"{text}{_NO_BREAK}{currency}" if currency else text

    def share(self, value: float, places: int = 0) -> str:
        """A part in percent: what is more than nothing and less than the whole is said to be neither."""
        exact = Decimal(str(value)) * 100
        while places < _FINEST_SHARE and 0 < exact < 100 and round(exact, places) in (0, 100):
            places += 1
        text = self.number(exact, places)
        return f"{text}{_NO_BREAK}%" if self.language == "fr" else f"{text}%"

    def quantity(self, value: object, unit: str) -> str:
        return self.together(self.number(value), unit)

    def together(self, number: str, unit: str) -> str:
        """A number and its unit, never parted by the end of a line."""
        return f"{number}{_NO_BREAK}{unit.replace('/', _TOGETHER)}" if unit else number

    def day(self, at: datetime) -> str:
        """A day in words."""
        when = at.astimezone(UTC)
        number = "1er" if self.language == "fr" and when.day == 1 else str(when.day)
        month = say(f"dossier.month.{when.month}", self.language)
        return f"{number}{_NO_BREAK}{month}{_NO_BREAK}{when.year}"

    def nation(self, code: str) -> str:
        return label("nation", code, self.language)

    def nations(self, codes: Sequence[str]) -> str:
        return ", ".join(self.nation(code) for code in codes)

    def losses(self, kinds: Sequence[str]) -> str:
        """What is to be survived, one at a time."""
        first, *others = (self.label("loss_kind", each) for each in kinds)
        for each in others:
            first = self.say("dossier.either", first=first, second=each)
        return first

    def label(self, of: str, code: str) -> str:
        return label(of, code, self.language)

    def capability(self, code: str) -> str:
        return say(f"vocabulary.capability.{code}", self.language) if code in CAPABILITIES else code

    def phase(self, code: str) -> str:
        return say(f"vocabulary.phase.{code}", self.language)


def typeset(sentence: str, language: str) -> str:
    """Apostrophes and quotation marks as print has them: the catalogue keeps the plain ones, which are typed."""
    sentence = re.sub(r"(?<=\w)'(?=\w)", "’", sentence)
    sentence = re.sub(r"\b(km|m)2\b", lambda found: found[1] + "²", sentence)
    return re.sub(r'"([^"]*)"', "“\\1”", sentence) if language == "en" else sentence


def grouped(text: str, language: str) -> str:
    """Digits in groups of three, and the decimal sign of the language."""
    whole, _, rest = text.removeprefix("-").partition(".")
    mark, point = (_THIN, ",") if language == "fr" else (",", ".")
    whole = re.sub(r"(?<=\d)(?=(\d{3})+$)", mark, whole)
    sign = "−" if text.startswith("-") else ""
    return f"{sign}{whole}{point}{rest}" if rest else f"{sign}{whole}"


def unit_in_words(unit: str) -> str:
    """A unit of UCUM as a reader writes it: `km²/d` for `km2/d`, `observation/d` for `{observation}/d`."""
    bare = unit.replace("{", "").replace("}", "").replace(".", "·")
    return re.sub(r"(?<=m)[23]", lambda found: found[0].translate(_RAISED), bare)


def short(digest: str) -> str:
    """The beginning of a hash, as it is compared by eye."""
    return digest[:12]
