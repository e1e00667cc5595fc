"""A person accepts an element set that was held back because it departs from its predecessor."""

from sqlmodel import Session, col, select

from space_hub.awareness import catalogue
from space_hub.awareness.selection import Standing
from space_hub.awareness.tables import Designation, ElementSetRow, SpaceObject
from space_hub.clock import Clock
from space_hub.errors import Conflict, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal


def accept(session: Session, clock: Clock, rng: Rng, principal: Principal, set_id: str) -> ElementSetRow:
    """Believe a held set: it becomes current when it is the newest.

    A set with another launch designator than its object tells of another object
    under the same number: that one gets an identity of its own. Raises NotFound
    `element_set.unknown`, Conflict `element_set.not_held` or `element_set.object_retired`.
    """
    row = session.get(ElementSetRow, set_id)
    if row is None:
        raise NotFound("element_set.unknown", element_set=set_id)
    if row.standing != Standing.DEPARTS.value:
        raise Conflict("element_set.not_held", element_set=set_id, standing=Standing(row.standing))
    designation = session.exec(
        select(Designation).where(Designation.object_id == row.object_id, col(Designation.valid_to).is_(None))
    ).first()
    if designation is None:
        raise Conflict("element_set.object_retired", element_set=set_id, object=row.object_id)
    believed = catalogue.current_set(session, row.object_id)
    thing = session.get_one(SpaceObject, row.object_id)
    is_another = bool(row.international_designator and thing.international_designator) and (
        row.international_designator != thing.international_designator
    )
    is_newest = is_another or believed is None or row.epoch >= believed.epoch
    if believed is not None and is_newest:
        believed.is_current = False
        session.add(believed)
        session.flush()
    if is_another:
        designation.valid_to = clock.now()
        session.add(designation)
        session.flush()
        row.object_id = _split(session, clock, rng, row)
    row.standing, row.confirmed_by, row.is_current = Standing.CONFIRMED.value, principal.organisation_id, is_newest
    session.add(row)
    session.flush()
    audit.record(
        session, clock, principal, "element_set.accept", set_id, object_id=row.object_id, another_object=is_another
    )
    return row


def _split(session: Session, clock: Clock, rng: Rng, row: ElementSetRow) -> str:
    other = SpaceObject(
        id=rng.scope("hub", "space_object").id("obj"),
        name=row.name,
        name_folded=row.name.casefold(),
        international_designator=row.international_designator,
        synthetic=row.synthetic,
        created_at=clock.now(),
    )
    session.add(other)
    session.flush()
    session.add(Designation(object_id=other.id, catalog_number=row.catalog_number, valid_from=clock.now()))
    session.flush()
    return other.id
