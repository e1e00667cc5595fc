"""Reading the catalogue: who an object is, and which sets are current.

Converts between table rows and `ElementSet`, hashes sets by content, and finds
objects by number or id. Changes no row.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, TextClause
from sqlalchemy import select as sa_select
from sqlmodel import Session, SQLModel, col, select

from space_hub.awareness.tables import Designation, ElementSetRow, SpaceObject
from space_hub.db import among
from space_hub.errors import NotFound
from space_hub.orbit.elements import ElementSet

T = TypeVar("T")

_CHUNK = 10_000
"""Values in one IN list; SQLite takes 32,766 parameters, PostgreSQL 65,535."""

_MANY = 1_000
"""Rows from which the planner is told."""


@dataclass(frozen=True, slots=True)
class Face:
    """How an object is shown to people."""

    object_id: str
    name: str
    catalog_number: int | None
    international_designator: str
    synthetic: bool


@dataclass(frozen=True, slots=True)
class CurrentSet:
    """A current element set and the object it belongs to."""

    id: str
    object_id: str
    content_hash: str
    synthetic: bool
    elements: ElementSet


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists that fit into one statement."""
    rest = list(values)
    for start in range(0, len(rest), _CHUNK):
        yield rest[start : start + _CHUNK]


def content_hash(elements: ElementSet) -> str:
    """SHA-256 over number, epoch and elements, in one canonical spelling; names do not count."""
    numbers = (
        elements.mean_motion_rev_day,
        elements.eccentricity,
        elements.inclination_deg,
        elements.raan_deg,
        elements.arg_perigee_deg,
        elements.mean_anomaly_deg,
        elements.bstar,
        elements.mean_motion_dot,
        elements.mean_motion_ddot,
    )
    # Adding zero makes -0.0 and 0.0 one value.
    body = "|".join([str(elements.catalog_number), _stamp(elements.epoch), *(repr(number + 0.0) for number in numbers)])
    return hashlib.sha256(body.encode()).hexdigest()


_VALUES = tuple(each.name for each in fields(ElementSet))


def elements_of(row: ElementSetRow) -> ElementSet:
    """The value that the kernel works on."""
    return ElementSet(**{name: getattr(row, name) for name in _VALUES})


def values_of(elements: ElementSet) -> dict[str, Any]:
    """The columns of `ElementSetRow` that come from the set itself."""
    return {name: getattr(elements, name) for name in _VALUES}


def omm(elements: ElementSet) -> dict[str, object]:
    """The set as one OMM message, in the JSON keywords of CCSDS 502.0."""
    return {
        "OBJECT_NAME": elements.name,
        "OBJECT_ID": elements.international_designator,
        "CENTER_NAME": "EARTH",
        "REF_FRAME": "TEME",
        "TIME_SYSTEM": "UTC",
        "MEAN_ELEMENT_THEORY": "SGP4",
        "EPOCH": elements.epoch.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "MEAN_MOTION": elements.mean_motion_rev_day,
        "ECCENTRICITY": elements.eccentricity,
        "INCLINATION": elements.inclination_deg,
        "RA_OF_ASC_NODE": elements.raan_deg,
        "ARG_OF_PERICENTER": elements.arg_perigee_deg,
        "MEAN_ANOMALY": elements.mean_anomaly_deg,
        "EPHEMERIS_TYPE": elements.ephemeris_type,
        "CLASSIFICATION_TYPE": elements.classification,
        "NORAD_CAT_ID": elements.catalog_number,
        "ELEMENT_SET_NO": elements.element_set_number,
        "REV_AT_EPOCH": elements.revolution_at_epoch,
        "BSTAR": elements.bstar,
        "MEAN_MOTION_DOT": elements.mean_motion_dot,
        "MEAN_MOTION_DDOT": elements.mean_motion_ddot,
    }


def current_sets(session: Session) -> list[CurrentSet]:
    """The current set of every object, by catalogue number."""
    return _sets(session, col(ElementSetRow.is_current))


def current_sets_of(session: Session, object_ids: Iterable[str]) -> dict[str, CurrentSet]:
    """The current set of each of these objects, by object; one without a set is missing."""
    found: dict[str, CurrentSet] = {}
    for some in chunks(sorted(set(object_ids))):
        current = _sets(session, col(ElementSetRow.is_current) & col(ElementSetRow.object_id).in_(some))
        found |= {each.object_id: each for each in current}
    return found


def sets_by_hash(session: Session, digests: Iterable[str]) -> dict[str, ElementSet]:
    """Sets by their content hash, current or not: rows are never removed."""
    found: dict[str, ElementSet] = {}
    for some in chunks(sorted(set(digests))):
        kept = _sets(session, col(ElementSetRow.content_hash).in_(some))
        found |= {each.content_hash: each.elements for each in kept}
    return found


def sets_by_id(session: Session, ids: Iterable[str]) -> dict[str, ElementSet]:
    """Sets by their id, current or not."""
    return {each.id: each.elements for each in _sets(session, among(session, ElementSetRow.id, set(ids)))}


def sets_where(
    session: Session, object_ids: Iterable[str], which: ColumnElement[bool] | TextClause
) -> Iterator[tuple[str, str, str, ElementSet]]:
    """Sets of these objects for which `which` holds, oldest first: id, object, source file and the set.

    `which` is the condition of one of the table's partial indexes, in its very words: SQLite knows it by these alone.
    """
    names = ("id", "object_id", "source_file_id", *_VALUES)
    columns: list[Any] = [getattr(ElementSetRow, name) for name in names]
    statement = sa_select(*columns).where(among(session, ElementSetRow.object_id, object_ids), which)
    for id, object_id, file, *values in session.execute(statement.order_by(col(ElementSetRow.epoch))):
        yield id, object_id, file, ElementSet(*values)


def _sets(session: Session, which: Any) -> list[CurrentSet]:
    """The sets for which `which` holds, by catalogue number."""
    names = ("id", "object_id", "content_hash", "synthetic", *_VALUES)
    columns: list[Any] = [getattr(ElementSetRow, name) for name in names]
    statement = sa_select(*columns).where(which).order_by(col(ElementSetRow.catalog_number))
    return [
        CurrentSet(
            id,
            object_id,
            digest,
            synthetic,
            ElementSet(*values),
        )
        for id, object_id, digest, synthetic, *values in session.execute(statement)
    ]


def current_set(session: Session, object_id: str) -> ElementSetRow | None:
    return session.exec(
        select(ElementSetRow).where(ElementSetRow.object_id == object_id, col(ElementSetRow.is_current))
    ).first()


def is_empty(session: Session) -> bool:
    """Whether no object has a current set."""
    return session.exec(select(ElementSetRow.id).where(col(ElementSetRow.is_current)).limit(1)).first() is None


def by_catalog_number(session: Session, numbers: Iterable[int]) -> dict[int, str]:
    """Ids of the objects that bear these numbers now; unknown numbers are missing."""
    rows = session.exec(
        select(Designation.catalog_number, Designation.object_id).where(
            among(session, Designation.catalog_number, set(numbers)), col(Designation.valid_to).is_(None)
        )
    )
    return dict(list(rows))


def resolve(session: Session, names: Sequence[str | int]) -> list[str]:
    """Object ids of a mixture of object ids (`obj_...`) and catalogue numbers, in that order.

    Raises NotFound `awareness.object_unknown` for the first that is not known.
    """
    numbers = by_catalog_number(session, (name for name in names if isinstance(name, int)))
    ids = {name for name in names if isinstance(name, str)}
    known: set[str] = set()
    for some in chunks(ids):
        known.update(session.exec(select(SpaceObject.id).where(col(SpaceObject.id).in_(some))))
    resolved: list[str] = []
    for name in names:
        object_id = numbers.get(name) if isinstance(name, int) else (name if name in known else None)
        if object_id is None:
            raise NotFound("awareness.object_unknown", object=name)
        if object_id not in resolved:
            resolved.append(object_id)
    return resolved


def faces(session: Session, object_ids: Iterable[str]) -> dict[str, Face]:
    """Name, number and designator of each object; the number is empty once it belongs to another."""
    rows = session.execute(
        sa_select(
            col(SpaceObject.id),
            col(SpaceObject.name),
            col(Designation.catalog_number),
            col(SpaceObject.international_designator),
            col(SpaceObject.synthetic),
        )
        .join(
            Designation,
            (col(Designation.object_id) == col(SpaceObject.id)) & col(Designation.valid_to).is_(None),
            isouter=True,
        )
        .where(among(session, SpaceObject.id, set(object_ids)))
    )
    return {id: Face(id, *rest) for id, *rest in rows}


def face(session: Session, object_id: str) -> Face:
    """Raises NotFound `awareness.object_unknown`."""
    found = faces(session, [object_id])
    if object_id not in found:
        raise NotFound("awareness.object_unknown", object=object_id)
    return found[object_id]


def refresh_statistics(session: Session, written: int, *tables: type[SQLModel]) -> None:
    """Tell PostgreSQL's planner of many new rows at once, in the transaction that wrote them.

    It plans by what it last counted, and counts by itself only after a minute: until
    then the conjunctions of one object take 200 ms instead of 1 ms. SQLite plans by the indexes alone.
    """
    if written >= _MANY and session.get_bind().dialect.name == "postgresql":
        names = ", ".join(str(table.__tablename__) for table in tables)
        session.connection().exec_driver_sql(f"ANALYZE {names}")


def age_h(epoch: datetime, at: datetime) -> float:
    """Age of a set at a time, in hours; negative for one dated ahead."""
    return (at - epoch).total_seconds() / 3600.0


def _stamp(epoch: datetime) -> str:
    return epoch.astimezone(UTC).isoformat(timespec="microseconds")
