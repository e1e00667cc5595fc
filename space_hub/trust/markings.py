"""Markings in the database: one row for each distinct marking, and who may read it.

`marking_reader` is filled when a marking or an organisation is made, so that a
query authorises by a join and a page of results never has to be filtered after
the fetch. A marking that is not in the table has no readers.
"""

from collections.abc import Iterable
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Engine,
    ForeignKeyConstraint,
    Index,
    Select,
    String,
    UniqueConstraint,
    cast,
    insert,
    or_,
)
from sqlalchemy import select as sa_select
from sqlmodel import Field, Session, SQLModel, col, select

from space_hub import db
from space_hub.db import JSON_TYPE
from space_hub.errors import Invalid
from space_hub.trust.labels import PUBLIC, REAL, Marking, above, may_read, rehearse
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.trust.tables import Organisation

_KNOWN: WeakKeyDictionary[Engine, set[str]] = WeakKeyDictionary()
"""Ids that stood there before a transaction of this process met them: a marking is never changed or deleted."""
_REMEMBERING = Lock()


class MarkingRow(SQLModel, table=True):
    __tablename__ = "marking"
    __table_args__ = (
        CheckConstraint("mode = 'real' OR mode LIKE 'exr%'", name="known_mode"),
        UniqueConstraint("id", "mode"),
    )

    id: str = Field(primary_key=True)
    level: str
    owner_id: str
    nations: list[str] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    organisations: list[str] = Field(sa_type=JSON_TYPE)
    mode: str = Field(default=REAL, max_length=40)
    """Real, or the exercise it belongs to: what refers to a marking repeats it, and the database compares."""

    def value(self) -> Marking:
        nations = None if self.nations is None else frozenset(self.nations)
        return Marking(self.level, self.owner_id, nations, frozenset(self.organisations), self.mode)


class MarkingReader(SQLModel, table=True):
    __tablename__ = "marking_reader"
    __table_args__ = (
        ForeignKeyConstraint(["marking_id", "mode"], ["marking.id", "marking.mode"]),
        Index("ix_marking_reader_readable", "organisation_id", "mode", "marking_id"),
    )

    marking_id: str = Field(primary_key=True)
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id")
    mode: str = Field(default=REAL, max_length=40)


def lock(session: Session) -> None:
    """Let only one transaction at a time add markings or organisations."""
    db.exclusive(session, db.Turn.MARKINGS)


def ensure(session: Session, marking: Marking, *, ceiling: str = "unclassified") -> str:
    """The id of `marking`, made with its readers if it is new; refused above the `ceiling`."""
    if above(marking.level, ceiling):
        raise Invalid("trust.marking_above_ceiling", level=marking.level, ceiling=ceiling)
    with _REMEMBERING:
        known = _KNOWN.setdefault(session.get_bind().engine, set())
    if marking.id in known:
        return marking.id
    made: set[str] = session.info.setdefault("markings_made", set())
    row = session.get(MarkingRow, marking.id)
    if row is None:
        lock(session)
        row = session.get(MarkingRow, marking.id, populate_existing=True)
    if row is not None:
        if marking.id not in made:
            known.add(marking.id)
        return marking.id
    made.add(marking.id)
    session.add(
        MarkingRow(
            id=marking.id,
            level=marking.level,
            owner_id=marking.owner,
            nations=None if marking.nations is None else sorted(marking.nations),
            organisations=sorted(marking.organisations),
            mode=marking.mode,
        )
    )
    session.flush()
    readers = [
        {"marking_id": marking.id, "organisation_id": organisation.id, "mode": marking.mode}
        for organisation in session.exec(select(Organisation))
        if may_read(marking, organisation.id, _speaks_for(organisation))
    ]
    if readers:
        session.execute(insert(MarkingReader), readers)
    return marking.id


def admit(session: Session, organisation: Organisation) -> None:
    """Give a new organisation what the existing markings let it read; the caller holds `lock`."""
    found = select(MarkingRow)
    if not _speaks_for(organisation):
        # No marking names an organisation that is new, and it reads for no nation: what is left is open to all.
        # To look at the others would take the longer, the more others keep to themselves.
        found = found.where(or_(cast(col(MarkingRow.nations), String) == "null", col(MarkingRow.nations).is_(None)))
    readers = [
        {"marking_id": row.id, "organisation_id": organisation.id, "mode": row.mode}
        for row in session.exec(found)
        if may_read(row.value(), organisation.id, _speaks_for(organisation))
    ]
    if readers:
        session.execute(insert(MarkingReader), readers)


def _speaks_for(organisation: Organisation) -> str:
    """The nation it reads for: none for a supplier, which anyone may register under any nation."""
    return "" if organisation.kind == OrganisationKind.PROVIDER.value else organisation.nation


def public(session: Session) -> str:
    """Every organisation that holds a key."""
    return ensure(session, PUBLIC)


def owner_only(session: Session, organisation_id: str, mode: str = REAL) -> str:
    return ensure(session, rehearse(Marking(owner=organisation_id), mode))


def restricted(session: Session, owner: str, nations: Iterable[str]) -> str:
    """The owner and every organisation of these nations that is no supplier."""
    return ensure(session, Marking(owner=owner, nations=frozenset(nations)))


def among(session: Session, owner: str, organisations: Iterable[str]) -> str:
    """The owner and the organisations named."""
    return ensure(session, Marking(owner=owner, organisations=frozenset(organisations) - {owner}))


def visible(marking_id: Any, principal: Principal) -> ColumnElement[bool]:
    """A condition for `.where(...)`: rows whose marking lets `principal` read them, in its mode."""
    condition: ColumnElement[bool] = marking_id.in_(readable(principal.organisation_id, principal.mode))
    return condition


def readable(organisation_id: str, mode: str) -> Select[str]:
    """The markings by which an organisation reads in one mode."""
    return sa_select(col(MarkingReader.marking_id)).where(
        col(MarkingReader.organisation_id) == organisation_id, col(MarkingReader.mode) == mode
    )


def readers(marking_id: str, mode: str) -> Select[str]:
    """The organisations that read what carries this marking, in one mode."""
    return sa_select(col(MarkingReader.organisation_id)).where(
        col(MarkingReader.marking_id) == marking_id, col(MarkingReader.mode) == mode
    )


def read_by(session: Session, organisation_id: str, marking_ids: Iterable[str], mode: str) -> frozenset[str]:
    """Those of these markings by which the organisation reads in `mode`, now."""
    found = readable(organisation_id, mode).where(col(MarkingReader.marking_id).in_(list(marking_ids)))
    return frozenset(session.execute(found).scalars())


def reads(session: Session, organisation_id: str, marking_id: str, mode: str = REAL) -> bool:
    """Whether the organisation may read what carries this marking, now."""
    return marking_id in read_by(session, organisation_id, [marking_id], mode)
