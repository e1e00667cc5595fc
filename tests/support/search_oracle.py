"""What a search must answer, in plain Python over what suppliers said: no columns, no database, its own tokeniser.

It repeats the meaning of a query and none of the code: every offering is looked at
for every question. Shapely decides areas, the standard library the rest. What a
text wishes for ("50 cm") is taken from the query as read; that reading has tests
of its own.
"""

import hashlib
import math
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import shapely
from shapely.geometry import shape

from catalog.search.query import Condition, Facet, Query, Relation
from catalog.search.terms import lexicon
from providers.adapters.base import OfferingDraft
from space_hub.text import catalogue
from space_hub.vocabulary.attributes import ATTRIBUTES
from space_hub.vocabulary.capabilities import CAPABILITIES

WEIGHT = {"title": 4, "capability": 3, "provider": 2, "standards": 2, "body": 1}
PHASES = ("peace", "crisis", "conflict")


@dataclass(frozen=True)
class Firm:
    provider_id: str
    name: str
    nation: str
    owner_nation: str | None = None
    standing: str = "ally"
    on_shelf: bool = True
    cleared: Mapping[str, datetime | None] = field(default_factory=dict)
    """Mission area -> until; without end when None; not cleared when missing."""


@dataclass(frozen=True, eq=False)
class Shelved:
    offering_id: str
    firm: Firm
    draft: OfferingDraft
    readers: frozenset[str] | None = None
    """Organisations that may read it; every one when None."""
    national: bool = False
    listed: bool = True
    dependency_keys: tuple[str, ...] = ()

    @property
    def area(self) -> str:
        return CAPABILITIES[self.draft.capability].area.value


@dataclass(frozen=True)
class Expected:
    ids: list[str]
    facets: dict[str, list[tuple[str, int]]]
    not_stated: int


def answer(shelf: Sequence[Shelved], query: Query, organisation: str, now: datetime) -> Expected:
    """All hits in order, all facets asked for, and how many did not say where they work."""
    seen = [each for each in shelf if _visible(each, organisation, now)]
    points = _points(seen, query)
    found = [each for each in seen if each.offering_id in points]
    failed = {each.offering_id: _failures(each, query) for each in found}
    hits = [each for each in found if not failed[each.offering_id]]
    question = query.number()
    ordered = sorted(
        hits,
        key=lambda each: (-points[each.offering_id], _mixed(each.offering_id, question), each.offering_id),
    )
    facets = {facet.value: _facet(found, failed, facet) for facet in query.facets}
    unstated = [each for each in found if each.draft.coverage is None and failed[each.offering_id] == ["coverage"]]
    return Expected([each.offering_id for each in ordered], facets, len(unstated) if query.area is not None else 0)


def _visible(each: Shelved, organisation: str, now: datetime) -> bool:
    firm = each.firm
    if not each.listed or not firm.on_shelf or each.area not in firm.cleared:
        return False
    until, valid = firm.cleared[each.area], each.draft.valid
    if until is not None and until <= now:
        return False
    if valid is not None and valid.stop is not None and valid.stop <= now:
        return False
    return each.readers is None or organisation in each.readers


def _failures(each: Shelved, query: Query) -> list[str]:
    """The kinds of filter that this offering fails."""
    draft, firm = each.draft, each.firm
    wrong = []

    def need(kind: str, met: bool) -> None:
        if not met:
            wrong.append(kind)

    for kind, wanted, value in (
        ("mission_area", query.mission_areas, each.area),
        ("capability", query.capabilities, draft.capability),
        ("nation", query.nations, firm.nation),
        ("owner_nation", query.owner_nations, firm.owner_nation),
        ("standing", query.standings, firm.standing),
        ("modality", query.modalities, draft.modality.value),
        ("maturity", query.maturities, draft.maturity),
    ):
        need(kind, not wanted or value in wanted)
    for kind, flag, held in (
        ("taskable", query.taskable, draft.taskable),
        ("archive", query.archive, draft.archive),
        ("national", query.national, each.national),
    ):
        need(kind, flag is None or flag == held)
    need("phase", not query.phases or any(phase in query.phases for phase in _phases(draft)))
    need("standard", not query.standards or any(each in query.standards for each in draft.standards))
    need("coverage", query.area is None or _there(draft.coverage, query))
    for condition in query.conditions:
        need("fixed", _meets(draft, condition))
    if query.window is not None and draft.valid is not None:
        start, stop = query.window
        need("fixed", draft.valid.start < stop and (draft.valid.stop is None or draft.valid.stop > start))
    need("fixed", not set(query.dependencies_not) & set(each.dependency_keys))
    return wrong


def _phases(draft: OfferingDraft) -> list[str]:
    return [each.phase.value for each in draft.capacity if each.quantity > 0]


def _meets(draft: OfferingDraft, condition: Condition) -> bool:
    for value in draft.attributes:
        if value.attribute != condition.attribute:
            continue
        if value.flag is not None:
            return condition.code == ("true" if value.flag else "false")
        if value.codes:
            return condition.code in value.codes
        assert value.low is not None and value.high is not None and condition.number is not None
        return value.low <= condition.number if condition.operator == "<=" else value.high >= condition.number
    return False


def _there(coverage: Any, query: Query) -> bool:
    if coverage is None or query.area is None:
        return False
    if coverage == "global":
        return True
    asked, offered = _shape(repr(query.area)), _shape(repr(coverage))
    return bool(offered.covers(asked) if query.relation is Relation.COVERS else offered.intersects(asked))


@cache
def _shape(written: str) -> Any:
    import ast

    found = shape(ast.literal_eval(written))
    return found if found.is_valid else shapely.make_valid(found)


def _facet(found: list[Shelved], failed: Mapping[str, list[str]], facet: Facet) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for each in found:
        if all(kind == facet.value for kind in failed[each.offering_id]):
            counts.update(_facet_values(each, facet))
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:20]


def _facet_values(each: Shelved, facet: Facet) -> list[str]:
    draft, firm = each.draft, each.firm
    coverage = "not_stated" if draft.coverage is None else "global" if draft.coverage == "global" else "area"
    held: dict[str, list[Any]] = {
        "mission_area": [each.area],
        "capability": [draft.capability],
        "nation": [firm.nation],
        "owner_nation": [firm.owner_nation],
        "modality": [draft.modality.value],
        "phase": list(_phases(draft)),
        "standard": list(draft.standards),
        "maturity": [draft.maturity],
        "standing": [firm.standing],
        "taskable": [str(draft.taskable).lower()],
        "archive": [str(draft.archive).lower()],
        "national": [str(each.national).lower()],
        "coverage": [coverage],
    }
    return [value for value in held[facet.value] if value is not None]


def _points(seen: list[Shelved], query: Query) -> dict[str, int]:
    """Millionths of each offering that the text finds; without a text, all with none."""
    asked = query.terms
    if not asked:
        return dict.fromkeys((each.offering_id for each in seen), 0)
    terms = list(dict.fromkeys(_term(word) for word in asked.given))
    texts = {each.offering_id: _weights(each) for each in seen}
    lengths = {name: sum(weights.values()) for name, weights in texts.items()}
    mean = sum(lengths.values()) / len(texts) if texts else 0.0
    holding = {term: sum(term in weights for weights in texts.values()) for term in terms}
    found = {}
    for each in seen:
        weights, total, hit = texts[each.offering_id], 0.0, False
        for term in terms:
            often = weights.get(term, 0)
            if often:
                hit = True
                rarity = math.log(1 + (len(texts) - holding[term] + 0.5) / (holding[term] + 0.5))
                relative = lengths[each.offering_id] / mean
                total += rarity * (often * (1.2 + 1) / (often + 1.2 * (1 - 0.75 + 0.75 * relative)))
        for wish in asked.wishes:
            met = any(_meets(each.draft, condition) for condition in wish.conditions)
            met = met or any(phase.value in _phases(each.draft) for phase in wish.phases)
            if met or each.draft.capability in wish.capabilities or each.area in wish.mission_areas:
                total += wish.weight
                hit = hit or not terms
        if hit:
            found[each.offering_id] = math.floor(total * 1e6 + 0.5)
    return found


_KEPT: dict[int, tuple[Shelved, dict[str, int]]] = {}


def _weights(each: Shelved) -> dict[str, int]:
    """Term -> weighted frequency; remembered, because a thousand questions look at the same shelf."""
    kept = _KEPT.get(id(each))
    if kept is not None and kept[0] is each:
        return kept[1]
    draft = each.draft
    about = CAPABILITIES[draft.capability]
    labels = [
        catalogue(language)[f"vocabulary.{kind}"]
        for language in ("en", "fr")
        for kind in (f"capability.{about.code}", f"mission_area.{about.area.value}")
    ]
    coded = [code.replace("_", " ") for value in draft.attributes for code in value.codes]
    for language in ("en", "fr"):
        for value in draft.attributes:
            name = ATTRIBUTES[value.attribute].list_name
            coded += [
                catalogue(language).get(f"vocabulary.{name}.{code}", "") for code in value.codes if code != "none"
            ]
            coded += [catalogue(language)[f"vocabulary.attribute.{value.attribute}"]] if value.flag else []
    named = {
        "title": _terms(draft.title),
        "capability": sorted(
            {term for text in (*labels, *lexicon()["capabilities"][about.code]) for term in _terms(text)}
        ),
        "provider": [*_terms(each.firm.name), f"nation_{each.firm.nation}"],
        "standards": [term for text in draft.standards for term in _terms(text)],
        "body": _terms(" ".join([draft.description, *(asset.name for asset in draft.assets), *coded])),
    }
    found: Counter[str] = Counter()
    for name, terms in named.items():
        for term in terms:
            found[term] += WEIGHT[name]
    weights = {term: min(count, 255) for term, count in found.items()}
    _KEPT[id(each)] = (each, weights)
    return weights


def _terms(text: str) -> list[str]:
    """Letter by letter, where the product cuts with an expression."""
    plain = []
    for letter in text.lower().replace("œ", "oe").replace("æ", "ae"):
        parts = unicodedata.normalize("NFKD", letter)
        plain += [part for part in parts if not unicodedata.combining(part)]
    cut = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    return [_term(word) for word in cut if word not in lexicon()["stop"]]


def _term(word: str) -> str:
    stem = _stem(word)
    return _concepts().get(stem, stem)


@cache
def _concepts() -> dict[str, str]:
    return {_stem(word): concept for concept, many in lexicon()["concepts"].items() for word in many}


@cache
def _stem(word: str) -> str:
    if len(word) < 4 or any(not letter.isalpha() for letter in word):
        return word
    if word[-3:] == "aux" and len(word) >= 5:
        word = word[: len(word) - 3] + "al"
    elif word[-1] == "s" and word[-2] not in ("s", "u", "i"):
        word = word[: len(word) - 1]
    if word[-2:] == "ie":
        word = word[: len(word) - 1]
    elif word[-1] == "y":
        word = word[: len(word) - 1] + "i"
    whole = word
    while word and word[-1] == "e":
        word = word[: len(word) - 1]
    word = word or whole
    if word[-3:] == "ing" and len(word) >= 7:
        return word[: len(word) - 3]
    if word[-2:] == "ed" and len(word) >= 6:
        return word[: len(word) - 2]
    return word


def _mixed(offering_id: str, question: int) -> int:
    full = (1 << 64) - 1
    tie = int.from_bytes(hashlib.sha256(offering_id.encode()).digest()[:8], "big") >> 1
    state = ((tie ^ question) + 0x9E3779B97F4A7C15) & full
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & full
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & full
    return (state ^ (state >> 31)) >> 1
