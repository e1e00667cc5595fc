"""What is asked of the shelf, read once into canonical units. Pure.

A query means: conditions and filters are AND between kinds and OR within one. A
condition is met when some of the offered range meets it: search is generous,
matching is strict. Text needs one of its terms; numbers, bands and phases that
it names ("50 cm", "Ka", "en crise") are wishes: they raise what meets them and
exclude nothing, because a sentence is not a contract.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log
from typing import Any

from catalog.search.terms import capability_words, fold, lexicon, term, words
from space_hub.errors import Invalid
from space_hub.text import Word
from space_hub.vocabulary import codes
from space_hub.vocabulary.attributes import ATTRIBUTES, Better, Form, attribute, number_range
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.codes import MissionArea, Modality
from space_hub.vocabulary.geometry import Box, check_geometry
from space_hub.vocabulary.nations import nation
from space_hub.vocabulary.phases import Phase
from space_hub.vocabulary.regions import region
from space_hub.vocabulary.units import dimension

MOST_CONDITIONS = 20
MOST_VALUES = 50
MOST_TEXT = 300
MOST_TERMS = 40
_MOST_NUMBER = 1e12
_MOST_ALIKE = 5
_CAPABILITY_WEIGHT, _AREA_WEIGHT = 6.0, 2.0
"""What is asked for comes before how well it is described: about the worth of a word that one offering in 400 has."""

_CONDITION = re.compile(r"\s*([a-z0-9_:]+)\s*(<=|>=|=)\s*(\S+)(?:\s+(\S+))?\s*")
_QUANTITY = re.compile(r"(?<![\w.,])([0-9]+(?:[.,][0-9]+)?)\s*([a-z]+(?:/[a-z]+)?)(?![\w])")


class Relation(Word, of="relation"):
    """How an offering's coverage must stand to the area asked for."""

    INTERSECTS = "intersects"
    COVERS = "covers"


class Facet(Word, of="facet"):
    """What the hits are counted by."""

    MISSION_AREA = "mission_area"
    CAPABILITY = "capability"
    NATION = "nation"
    OWNER_NATION = "owner_nation"
    MODALITY = "modality"
    PHASE = "phase"
    STANDARD = "standard"
    MATURITY = "maturity"
    STANDING = "standing"
    TASKABLE = "taskable"
    ARCHIVE = "archive"
    NATIONAL = "national"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True)
class Condition:
    """One attribute and a bound in its canonical unit, or a code."""

    attribute: str
    operator: str
    number: float | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a text seems to want: met by any of the conditions, phases, capabilities or mission areas."""

    said: str
    conditions: tuple[Condition, ...] = ()
    phases: tuple[Phase, ...] = ()
    capabilities: tuple[str, ...] = ()
    mission_areas: tuple[str, ...] = ()
    weight: float = 3.0
    """What meeting it adds to a score: a number that is met outweighs the repetition of a common word."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A text as read: distinct terms in order, each with the word that was given, and wishes."""

    terms: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    wishes: tuple[Wish, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms or self.wishes)


@dataclass(frozen=True, slots=True)
class Query:
    text: str = ""
    terms: Terms = Terms()
    mission_areas: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    nations: tuple[str, ...] = ()
    owner_nations: tuple[str, ...] = ()
    standings: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    maturities: tuple[str, ...] = ()
    dependencies_not: tuple[str, ...] = ()
    """`kind:name_key`: offerings that rest on one of these are left out."""
    conditions: tuple[Condition, ...] = ()
    area: Mapping[str, Any] | None = None
    """A GeoJSON geometry; a box that crosses the antimeridian has become two."""
    relation: Relation = Relation.INTERSECTS
    window: tuple[datetime, datetime] | None = None
    taskable: bool | None = None
    archive: bool | None = None
    national: bool | None = None
    facets: tuple[Facet, ...] = ()

    def meaning(self) -> dict[str, Any]:
        """All that decides hits and order, in one fixed form."""
        return {
            "text": " ".join(words(self.text)),
            **{name: sorted(getattr(self, name)) for name in _LISTS},
            "conditions": sorted([each.attribute, each.operator, each.number, each.code] for each in self.conditions),
            "area": self.area,
            "relation": self.relation.value,
            "window": None if self.window is None else [each.isoformat() for each in self.window],
            **{name: getattr(self, name) for name in ("taskable", "archive", "national")},
        }

    def number(self) -> int:
        """The same number for the same question, spread over 64 bits: what equal offerings are shuffled by."""
        body = json.dumps(self.meaning(), sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=list)
        return int.from_bytes(hashlib.sha256(body.encode()).digest()[:8], "big")


_LISTS: dict[str, Any] = {
    "mission_areas": tuple(each.value for each in MissionArea),
    "capabilities": lambda value: capability(value).code,
    "nations": nation,
    "owner_nations": nation,
    "standings": tuple(each.value for each in codes.Standing),
    "modalities": tuple(each.value for each in Modality),
    "phases": tuple(each.value for each in Phase),
    "standards": None,
    "maturities": codes.MATURITIES,
    "dependencies_not": None,
}
"""Filter -> how one of its values is checked: a closed list, a function, or any short text."""


def normalise(given: Mapping[str, Any]) -> Query:
    """The query of a body (section names as in `Query`); the first thing wrong is raised as Invalid."""
    text = given.get("text") or ""
    if not isinstance(text, str) or len(text) > MOST_TEXT:
        raise Invalid("search.text_too_long", most=MOST_TEXT)
    where = given.get("where") or ()
    if len(where) > MOST_CONDITIONS:
        raise Invalid("search.too_many", field="where", most=MOST_CONDITIONS)
    area = given.get("area")
    return Query(
        text=text.strip(),
        terms=read_text(text),
        **{name: _values(name, given.get(name) or (), check) for name, check in _LISTS.items()},
        conditions=tuple(dict.fromkeys(read_condition(each) for each in where)),
        area=None if area is None else read_area(area),
        relation=Relation(given.get("relation") or Relation.INTERSECTS),
        window=_window(given.get("window")),
        taskable=given.get("taskable"),
        archive=given.get("archive"),
        national=given.get("national"),
        facets=tuple(dict.fromkeys(Facet(each) for each in given.get("facets") or ())),
    )


def read_condition(text: str) -> Condition:
    """`gsd <= 50 cm`, `band = Ka`, `stereo = true`."""
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise Invalid("catalog.condition_wrong", given=text)
    name, operator, value, unit = match.groups()
    about = attribute(name)
    if about.form is Form.NUMBER:
        try:
            number = float(value)
        except ValueError:
            raise Invalid("catalog.condition_wrong", given=text) from None
        if operator == "=":
            raise Invalid("catalog.condition_needs_bound", given=text)
        return Condition(name, operator, number=number_range(name, number, unit)[0])
    allowed = about.codes if about.form is Form.CODES else ("true", "false")
    if operator != "=" or unit is not None or value not in allowed:
        raise Invalid("vocabulary.value_wrong", attribute=name, given=value, expected=", ".join(allowed))
    return Condition(name, operator, code=value)


def read_area(given: Any) -> Mapping[str, Any]:
    """A GeoJSON geometry, `region:NAME`, or a box [west, south, east, north], as a geometry."""
    if isinstance(given, str):
        kind, _, name = given.partition(":")
        if kind != "region":
            raise Invalid("search.area_wrong", given=given[:80])
        return rectangle(region(name))
    if isinstance(given, Sequence):
        fitting = len(given) == 4 and all(
            isinstance(each, int | float) and not isinstance(each, bool) for each in given
        )
        if not fitting:
            raise Invalid("search.area_wrong", given=str(given)[:80])
        west, south, east, north = (float(each) for each in given)
        if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
            raise Invalid("search.area_wrong", given=str(given)[:80])
        return rectangle((west, south, east, north))
    check_geometry(given)
    return dict(given)


def rectangle(box: Box) -> dict[str, Any]:
    """The box as a polygon; west above east crosses the antimeridian and becomes two polygons."""
    west, south, east, north = box
    if west > east:
        parts = [_ring(west, south, 180.0, north), _ring(-180.0, south, east, north)]
        return {"type": "MultiPolygon", "coordinates": [[part] for part in parts]}
    return {"type": "Polygon", "coordinates": [_ring(west, south, east, north)]}


def read_text(text: str) -> Terms:
    """Terms and wishes of a sentence in English or French, whichever it is."""
    folded = fold(text)
    said, wishes = _bands(folded)
    said, phases = _phases(said)
    wishes += phases
    heard = set(words(folded))
    for match in _QUANTITY.finditer(said):
        wish = _quantity(match, said, heard)
        if wish is not None:
            wishes.append(wish)
            said = said[: match.start()] + " " * (match.end() - match.start()) + said[match.end() :]
    for phrase in sorted([*lexicon()["at_most"], *lexicon()["at_least"]], key=len, reverse=True):
        if wishes and phrase[-1].isalpha():
            said = re.sub(rf"\b{re.escape(phrase)}\b", " ", said)
    found: dict[str, str] = {}
    stop = set(lexicon()["stop"])
    for word in words(said):
        if word not in stop:
            found.setdefault(term(word), word)
    kept = list(found.items())[:MOST_TERMS]
    wishes += _codes(dict(kept))
    wishes += _spoken_of(dict(kept))
    return Terms(tuple(each for each, _ in kept), tuple(word for _, word in kept), tuple(wishes))


def _codes(found: Mapping[str, str]) -> list[Wish]:
    """Words that name a code or a yes of an attribute: "stereo", "spotlight", "balayage"."""
    wishes = []
    for each in lexicon()["codes"]:
        meant = [term(word) for word in each["words"]]
        said = next((found[one] for one in meant if one in found), None)
        if said is not None:
            wishes.append(Wish(said, (Condition(each["attribute"], "=", code=each["code"]),)))
    return wishes


def _spoken_of(found: Mapping[str, str]) -> list[Wish]:
    """The capabilities that the terms (with the words that were given) speak of most, and their mission areas.

    A term counts more the fewer capabilities it speaks of. More than `_MOST_ALIKE`
    that are spoken of alike are none.
    """
    vocabulary = capability_words()
    speaking = {term: [code for code, words in vocabulary.items() if term in words] for term in found}
    scores = {
        code: sum(words[term] * log(1 + len(vocabulary) / len(speaking[term])) for term in found if term in words)
        for code, words in vocabulary.items()
    }
    best = max(scores.values())
    alike = tuple(code for code, score in scores.items() if score >= best - 1e-9)
    if best <= 0 or len(alike) > _MOST_ALIKE:
        return []
    said = " ".join(word for term, word in found.items() if set(speaking[term]) & set(alike))
    areas = tuple(dict.fromkeys(capability(code).area.value for code in alike))
    return [
        Wish(said, capabilities=alike, weight=_CAPABILITY_WEIGHT),
        Wish(said, mission_areas=areas, weight=_AREA_WEIGHT),
    ]


def _bands(said: str) -> tuple[str, list[Wish]]:
    """A radio band that stands alone ("Ka") or beside the word band ("X-band", "bande L")."""
    known = {code.lower(): code for code in codes.BANDS}
    beside = "|".join(lexicon()["bands"]["beside"])
    names = "|".join(sorted(known, key=len, reverse=True))
    pattern = re.compile(
        rf"\b(?:{beside})[\s-]+({names})\b|\b({names})[\s-]+(?:{beside})\b|\b({'|'.join(lexicon()['bands']['lone'])})\b"
    )
    found: dict[str, Wish] = {}
    for match in pattern.finditer(said):
        code = known[next(group for group in match.groups() if group)]
        conditions = tuple(Condition(name, "=", code=code) for name in ("band", "sar:frequency_band"))
        found.setdefault(code, Wish(code, conditions))
    return pattern.sub(" ", said), list(found.values())


def _phases(said: str) -> tuple[str, list[Wish]]:
    found = []
    for phase, spoken in lexicon()["phases"].items():
        pattern = rf"\b(?:{'|'.join(spoken)})\b"
        if re.search(pattern, said):
            found.append(Wish(phase, phases=(Phase(phase),)))
            said = re.sub(pattern, " ", said)
    return said, found


def _quantity(match: re.Match[str], said: str, heard: set[str]) -> Wish | None:
    """A number with a unit, as a bound on the attributes that it can mean; None when it means none."""
    unit = lexicon()["units"].get(match[2])
    if unit is None:
        return None
    number = float(match[1].replace(",", "."))
    if not number < _MOST_NUMBER:
        return None
    before = " ".join(re.findall(r"[a-z]+|[<>]=?", said[: match.start()])[-4:])
    conditions = []
    names, always = _measured(unit, heard)
    for name in names:
        operator = always or _operator(before, ATTRIBUTES[name].better)
        conditions.append(Condition(name, operator, number=number_range(name, number, unit)[0]))
    return Wish(f"{match[1]} {unit}", tuple(conditions)) if conditions else None


def _measured(unit: str, heard: set[str]) -> tuple[tuple[str, ...], str]:
    """The attributes that a quantity in `unit` can mean, and the one bound that makes sense of them if there is one.

    A word of the text may hint at them; else they are the usual ones of the unit.
    """
    measures = lexicon()["measures"]
    for measure in measures:
        fitting = tuple(name for name in measure["attributes"] if _fits(name, unit))
        if fitting and heard & set(measure["hints"]):
            return fitting, measure.get("always", "")
    for measure in measures:
        if unit in measure.get("units", ()):
            return tuple(measure["attributes"]), ""
    return (), ""


def _fits(name: str, unit: str) -> bool:
    own = ATTRIBUTES[name].unit
    return own is not None and dimension(own) == dimension(unit)


def _operator(before: str, better: Better | None) -> str:
    """The bound that the words before a number name; without such words, the side that is better."""
    spaced = f" {before} "
    for operator, phrases in (("<=", lexicon()["at_most"]), (">=", lexicon()["at_least"])):
        if any(spaced.endswith((f" {phrase} ", f" {phrase} a ")) for phrase in phrases):
            return operator
    return ">=" if better is Better.HIGHER else "<="


def _values(name: str, given: Iterable[Any], check: Any) -> tuple[str, ...]:
    found: list[str] = []
    for each in given:
        if len(found) >= MOST_VALUES:
            raise Invalid("search.too_many", field=name, most=MOST_VALUES)
        value = str(each)
        if callable(check):
            value = check(value)
        elif check is None and not 0 < len(value) <= 120:
            raise Invalid("search.value_wrong", field=name, given=value[:80], accepted="1-120")
        elif check is not None and value not in check:
            raise Invalid("search.value_wrong", field=name, given=value[:80], accepted=", ".join(check))
        found.append(value)
    return tuple(sorted(set(found)))


def _window(given: Any) -> tuple[datetime, datetime] | None:
    if given is None:
        return None
    start, stop = given
    start, stop = start.astimezone(UTC), stop.astimezone(UTC)
    if stop <= start:
        raise Invalid("vocabulary.interval_empty", start=start.isoformat(), stop=stop.isoformat())
    return start, stop


def _ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]
