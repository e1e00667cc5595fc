"""Markings in the database: one row for each distinct marking, and who may read it.

`marking_reader` is filled when a marking or an organisation is made, so that a
query authorises by a join and a page of results never has to be filtered after
the fetch. A marking that is not in the table has no readers.
"""

from collections.abc import Iterable
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, String, cast, insert, or_
from sqlalchemy import select as sa_select
from sqlmodel import Field, Session, SQLModel, col, select

from space_hub import db
from space_hub.db import JSON_TYPE
from space_hub.errors import Invalid
from space_hub.trust.labels import PUBLIC, Marking, above, may_read
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.trust.tables import Organisation

_KNOWN: WeakKeyDictionary[Engine, set[str]] = WeakKeyDictionary()
"""Ids that stood there before a transaction of this process met them: a marking is never changed or deleted."""
_REMEMBERING = Lock()

_LOCK = 7_310_001  # Any number will do; it keeps "new organisation" and "new marking" apart on PostgreSQL.


class MarkingRow(SQLModel, table=True):
    __tablename__ = "marking"

    id: str = Field(primary_key=True)
    level: str
    owner_id: str
    nations: list[str] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    organisations: list[str] = Field(sa_type=JSON_TYPE)

    def value(self) -> Marking:
        nations = None if self.nations is None else frozenset(self.nations)
        return Marking(self.level, self.owner_id, nations, frozenset(self.organisations))


class MarkingReader(SQLModel, table=True):
    __tablename__ = "marking_reader"

    marking_id: str = Field(primary_key=True, foreign_key="marking.id")
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id", index=True)


def lock(session: Session) -> None:
    """Let only one transaction at a time add markings or organisations."""
    db.exclusive(session, _LOCK)


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
        )
    )
    session.flush()
    readers = [
        {"marking_id": marking.id, "organisation_id": organisation.id}
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
        {"marking_id": row.id, "organisation_id": organisation.id}
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


def owner_only(session: Session, organisation_id: str) -> str:
    return ensure(session, Marking(owner=organisation_id))


def restricted(session: Session, owner: str, nations: Iterable[str]) -> str:
    """The owner and every organisation of these nations that is no supplier."""
    return ensure(session, Marking(owner=owner, nations=frozenset(nations)))


def among(session: Session, owner: str, organisations: Iterable[str]) -> str:
    """The owner and the organisations named."""
    return ensure(session, Marking(owner=owner, organisations=frozenset(organisations) - {owner}))


def visible(marking_id: Any, principal: Principal) -> ColumnElement[bool]:
    """A condition for `.where(...)`: rows whose marking lets `principal` read them."""
    readable = sa_select(MarkingReader.marking_id).where(  # type: ignore[call-overload]
        MarkingReader.organisation_id == principal.organisation_id
    )
    condition: ColumnElement[bool] = marking_id.in_(readable)
    return condition
