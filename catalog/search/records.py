"""The shelf as records are asked for: a box, a time, words in their order, names. OGC API - Records, Part 1.

Another question than `query`: nothing is ranked, words are not stemmed, and what
states no area or no time is found by every area and every time, as the standard
has it. One way for all askers: the authorised statement is read in the order of
ids, and what it gives is looked at until the page is full.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from sqlalchemy import Select, and_, false, or_, true
from sqlmodel import Session, col

from catalog.search.query import rectangle
from catalog.search.shapes import build
from catalog.search.shelf import shelf
from catalog.tables import Offering, OfferingVersion
from providers.tables import Provider
from space_hub.errors import Invalid
from space_hub.trust.principal import Principal
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.geometry import GLOBAL, flat

MOST_NAMES = 100
"""Ids, external ids or terms in one question."""
_CHUNK = 500
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")

Window = tuple[datetime | None, datetime | None]
"""First and last moment, both of it; None: without bound. At least one is there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the records; everything must hold, one of several names or terms is enough."""

    area: Mapping[str, Any] | None = None
    window: Window | None = None
    terms: tuple[tuple[str, ...], ...] = ()
    """Each a sequence of words that stand behind one another."""
    ids: tuple[str, ...] | None = None
    external: tuple[tuple[str | None, str], ...] | None = None
    """(scheme, value): the scheme is the provider's id, the value its own reference."""
    mission_area: MissionArea | None = None
    capability: str | None = None
    nation: str | None = None


def read_box(given: str) -> Mapping[str, Any]:
    """`west,south,east,north`, or six numbers with lowest and highest height, which our flat areas all meet.

    West above east crosses the antimeridian.
    """
    try:
        numbers = [float(each) for each in given.split(",")]
    except ValueError:
        raise Invalid("records.bbox_wrong", given=given[:80]) from None
    if len(numbers) not in (4, 6) or not all(map(isfinite, numbers)):
        raise Invalid("records.bbox_wrong", given=given[:80])
    half = len(numbers) // 2
    (west, south, *low), (east, north, *high) = numbers[:half], numbers[half:]
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90 and low <= high):
        raise Invalid("records.bbox_wrong", given=given[:80])
    return rectangle((west, south, east, north))


def read_window(given: str) -> Window:
    """A moment, or an interval of two; one of the two may be `..` or nothing."""
    parts = given.split("/")
    if len(parts) > 2 or all(each in {"", ".."} for each in parts):
        raise Invalid("records.datetime_wrong", given=given[:80])
    moments = [None if len(parts) == 2 and each in {"", ".."} else _moment(each, given) for each in parts]
    start, stop = moments[0], moments[-1]
    if start is not None and stop is not None and stop < start:
        raise Invalid("records.datetime_wrong", given=given[:80])
    return start, stop


def _moment(text: str, given: str) -> datetime:
    try:
        if not _RFC_3339.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("records.datetime_wrong", given=given[:80]) from None


def read_terms(given: str) -> tuple[tuple[str, ...], ...]:
    """`radar,optical images`: the one, or the other two words behind one another; case does not count."""
    found = tuple(tuple(each.casefold().split()) for each in _listed(given))
    return tuple(each for each in found if each)


def read_names(given: str) -> tuple[str, ...]:
    return tuple(_listed(given))


def read_external(given: str) -> tuple[tuple[str | None, str], ...]:
    """`REF` of anybody, `prv_...:REF` of one provider, `prv_...:` for all of it."""
    found: list[tuple[str | None, str]] = []
    for each in _listed(given):
        scheme, colon, value = each.partition(":")
        found.append((scheme, value) if colon else (None, each))
    return tuple(found)


def _listed(given: str) -> list[str]:
    names = [each.strip() for each in given.split(",")]
    if len(names) > MOST_NAMES:
        raise Invalid("search.too_many", field=names[0][:40], most=MOST_NAMES)
    return [each for each in names if each]


def page(
    session: Session, principal: Principal, now: datetime, wanted: Wanted, *, after: str, limit: int
) -> tuple[list[tuple[Offering, OfferingVersion, Provider]], bool]:
    """The next `limit` records behind the id `after`, and whether there are more."""
    statement = _narrowed(principal, now, wanted).where(col(Offering.id) > after).order_by(col(Offering.id))
    looked_at = statement.with_only_columns(
        col(Offering.id),
        col(OfferingVersion.coverage),
        col(OfferingVersion.title),
        col(OfferingVersion.description),
        col(Provider.legal_name),
        maintain_column_froms=True,
    )
    touched, said = _touching(wanted.area), _saying(wanted.terms)
    found: list[str] = []
    with session.execute(looked_at.execution_options(yield_per=_CHUNK)) as rows:
        for offering_id, coverage, *texts in rows:
            if said(texts) and touched(coverage):
                found.append(offering_id)
                if len(found) > limit:
                    break
    shown = shelf(principal, now).where(col(Offering.id).in_(found[:limit])).order_by(col(Offering.id))
    return [(row[0], row[1], row[2]) for row in session.execute(shown)], len(found) > limit


def _narrowed(principal: Principal, now: datetime, wanted: Wanted) -> Select[Any]:
    """The statement of the shelf with what every database can tell alike."""
    statement = shelf(
        principal, now, mission_area=wanted.mission_area, capability=wanted.capability, nation=wanted.nation
    )
    if wanted.ids is not None:
        statement = statement.where(col(Offering.id).in_(wanted.ids))
    if wanted.external is not None:
        statement = statement.where(or_(false(), *(_is_external(*each) for each in wanted.external)))
    start, stop = wanted.window or (None, None)
    first, last = col(OfferingVersion.valid_from), col(OfferingVersion.valid_to)
    if start is not None:
        statement = statement.where(or_(last.is_(None), last >= start))
    if stop is not None:
        statement = statement.where(or_(first.is_(None), first <= stop))
    return statement


def _is_external(scheme: str | None, value: str) -> Any:
    of_provider = true() if scheme is None else col(Offering.provider_id) == scheme
    return and_(of_provider, true() if scheme and not value else col(Offering.reference) == value)


def _saying(terms: tuple[tuple[str, ...], ...]) -> Callable[[list[str]], bool]:
    """Whether one of the texts holds one of the terms. In Python, because SQLite folds ASCII alone."""
    forms = [re.compile(r"\s+".join(map(re.escape, words))) for words in terms]

    def said(texts: list[str]) -> bool:
        return not forms or any(form.search(text.casefold()) for form in forms for text in texts)

    return said


def _touching(area: Mapping[str, Any] | None) -> Callable[[Any], bool]:
    """Whether a coverage meets the area, its edge included; each distinct coverage is tested once."""
    if area is None:
        return lambda _coverage: True
    import shapely

    asked = build(json.dumps(area))
    shapely.prepare(asked)
    known: dict[str, bool] = {}

    def touched(coverage: Any) -> bool:
        if coverage is None or coverage == GLOBAL:
            return True
        key = json.dumps(flat(coverage))
        if key not in known:
            known[key] = bool(shapely.intersects(asked, build(key)))
        return known[key]

    return touched
