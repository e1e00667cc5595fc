"""A question and an asker -> a page of the shelf, why each hit is there, and how the hits divide.

What the asker may see is decided first; counts, frequencies and order are made of
that alone. The page itself is fetched by the authorised statement
(`catalog.search.shelf`): an offering that left the shelf a moment ago is missing
from its page rather than shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from catalog.search import rank
from catalog.search.entries import CAPACITY
from catalog.search.facets import Counted, Sieve
from catalog.search.index import Index
from catalog.search.query import Condition, Facet, Query, Relation
from catalog.search.rank import Key
from catalog.search.shelf import shelf
from catalog.search.tables import ShelfEntry
from catalog.search.terms import WEIGHTS, fields_of
from catalog.tables import Offering, OfferingVersion
from providers.tables import Provider
from space_hub.trust.principal import Principal
from space_hub.vocabulary.geometry import GLOBAL


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a hit is one, as a code of the message catalogue with its parameters (`catalog.search.wording`)."""

    code: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hit:
    offering: Offering
    version: OfferingVersion
    provider: Provider
    why: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    items: tuple[Hit, ...]
    facets: Mapping[Facet, Counted]
    not_stated: int
    """Offerings that would be hits if they said where they work."""
    next: Key | None


def find(
    session: Session,
    index: Index,
    principal: Principal,
    now: datetime,
    query: Query,
    *,
    limit: int,
    after: Key | None = None,
) -> Answer:
    """One page of what answers `query`, for this asker, at this moment."""
    sieve, keys = order(session, index, principal, now, query, most=limit + 1, after=after)
    page, more = keys[:limit], len(keys) > limit
    return Answer(
        _fetched(session, principal, now, query, [key.offering_id for key in page]),
        {facet: sieve.count(facet) for facet in query.facets},
        sieve.not_stated(),
        page[-1] if more else None,
    )


def order(
    session: Session,
    index: Index,
    principal: Principal,
    now: datetime,
    query: Query,
    *,
    most: int,
    after: Key | None = None,
) -> tuple[Sieve, list[Key]]:
    """The first `most` hits after a place, in order, and the sieve that counts them."""
    held = index.refresh(session)
    columns = held.columns
    visible = index.visible(session, held, principal, now)
    scores, found = rank.score(columns, query.terms, visible)
    sieve = Sieve(columns, held.suppliers, query, found if query.terms else visible)
    return sieve, rank.first(columns, sieve.hits, scores, query.number(), most, after)


def _fetched(
    session: Session, principal: Principal, now: datetime, query: Query, ids: Sequence[str]
) -> tuple[Hit, ...]:
    rows = session.execute(shelf(principal, now).where(col(Offering.id).in_(ids))).all() if ids else []
    by_id = {row[0].id: row for row in rows}
    texts: dict[str, str] = {}
    if query.terms.terms and by_id:
        statement = select(ShelfEntry.offering_id, ShelfEntry.terms).where(col(ShelfEntry.offering_id).in_(by_id))
        texts = {row.offering_id: row.terms for row in session.execute(statement)}
    found = [by_id[each] for each in ids if each in by_id]
    return tuple(
        Hit(offering, version, provider, explain(query, version, texts.get(offering.id, "")))
        for offering, version, provider in found
    )


def explain(query: Query, version: OfferingVersion, terms: str) -> tuple[Reason, ...]:
    """What of the question this version answers: words by field, wishes, conditions in whole or in part, the area."""
    reasons = []
    given = dict(zip(query.terms.terms, query.terms.given, strict=True))
    by_field: dict[str, list[str]] = {}
    for term, field in fields_of(terms, given):
        by_field.setdefault(field, []).append(given[term])
    for field, words in sorted(by_field.items(), key=lambda each: list(WEIGHTS).index(each[0])):
        reasons.append(Reason("search.why.text", {"field": field, "words": words}))
    values = {value["attribute"]: value for value in version.attributes}
    phases = (
        [] if CAPACITY in version.withheld else [each["phase"] for each in version.capacity if each["quantity"] > 0]
    )
    for wish in query.terms.wishes:
        for condition in wish.conditions:
            if condition.attribute in values and _met(condition, values[condition.attribute]):
                reasons.append(_condition(condition, values[condition.attribute]))
        reasons += [
            Reason("search.why.phase", {"phase": phase.value}) for phase in wish.phases if phase.value in phases
        ]
    reasons += [_condition(each, values[each.attribute]) for each in query.conditions if each.attribute in values]
    reasons += [Reason("search.why.phase", {"phase": each}) for each in query.phases if each in phases]
    if query.area is not None:
        meeting = "covers" if query.relation is Relation.COVERS else "intersects"
        reasons.append(Reason(f"search.why.area_{'global' if version.coverage == GLOBAL else meeting}", {}))
    return tuple(reasons)


def _condition(condition: Condition, value: Mapping[str, Any]) -> Reason:
    whole = condition.code is not None or (
        value["high"] <= condition.number if condition.operator == "<=" else value["low"] >= condition.number
    )
    offered = [value["flag"]] if value["flag"] is not None else value["codes"] or [value["low"], value["high"]]
    return Reason(
        "search.why.condition" if whole else "search.why.condition_part",
        {
            "attribute": condition.attribute,
            "operator": condition.operator,
            "number": condition.number,
            "code": condition.code,
            "offered": offered,
            "provenance": value["provenance"],
        },
    )


def _met(condition: Condition, value: Mapping[str, Any]) -> bool:
    if condition.code is not None:
        if value["flag"] is not None:
            return condition.code == str(value["flag"]).lower()
        return condition.code in value["codes"]
    return bool(value["low"] <= condition.number if condition.operator == "<=" else value["high"] >= condition.number)
