"""Space objects: search, identity, history of element sets."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked
from api.models import Out
from api.paging import Page, Paged
from api.policy import Router, scope
from api.routes.element_sets import ElementSetOut
from space_hub.awareness import catalogue, facts
from space_hub.awareness.satcat import Activity, ObjectType
from space_hub.awareness.tables import Designation, ElementSetRow, SourceFile, SpaceObject
from space_hub.errors import Invalid, NotFound
from space_hub.text import say
from space_hub.trust import markings

router = Router(prefix="/v1/objects", tags=["objects"])


class DesignationOut(Out):
    catalog_number: int
    valid_from: datetime
    valid_to: datetime | None


class ObjectOut(Out):
    id: str
    name: str
    catalog_number: int | None = Field(description="The number it bears now; null once it was given to another.")
    international_designator: str
    synthetic: bool
    decay_predicted_at: datetime | None


class FactsOut(Out):
    """What a satellite catalogue says of an object."""

    object_type: ObjectType
    owner: str = Field(description="As the source codes it; empty when it names none.")
    activity: Activity
    launched_on: date | None
    decayed_on: date | None
    rcs_m2: float | None
    rcs_size: str
    valid_from: datetime
    source_file_id: str


class ObjectDetailOut(ObjectOut):
    facts: FactsOut | None = Field(description="Null until a satellite catalogue tells of it.")
    designations: list[DesignationOut]
    current_epoch: datetime | None
    element_age_h: float | None = Field(description="Age of the current element set at the hub's time.")
    source_file_id: str | None
    regime: str | None
    perigee_km: float | None
    apogee_km: float | None
    notice: str


class HistoryOut(Paged[ElementSetOut]):
    current_omm: dict[str, Any] | None = Field(description="The current set as OMM (CCSDS 502.0) in JSON.")
    synthetic: bool


@router.get("", policy=scope("awareness:read"))
def list_objects(
    asked: Asked,
    page: Page,
    name: Annotated[str | None, Query(min_length=1, max_length=100, description="Part of the name.")] = None,
    catalog_number: Annotated[int | None, Query(ge=1, le=999_999_999)] = None,
    international_designator: Annotated[str | None, Query(max_length=11)] = None,
) -> Paged[ObjectOut]:
    """Objects, by part of the name, by the catalogue number they bear now, or by launch designator."""
    found: Any = select(SpaceObject, Designation.catalog_number).join(
        Designation,
        (col(Designation.object_id) == col(SpaceObject.id)) & col(Designation.valid_to).is_(None),
        isouter=True,
    )
    if name is not None:
        found = found.where(col(SpaceObject.name_folded).contains(name.casefold(), autoescape=True))
    if catalog_number is not None:
        found = found.where(Designation.catalog_number == catalog_number)
    if international_designator is not None:
        found = found.where(SpaceObject.international_designator == international_designator)

    def make(row: SpaceObject, number: int | None) -> ObjectOut:
        return ObjectOut.model_validate(row.model_dump() | {"catalog_number": number})

    with asked.read() as session:
        return page.of(session, found, key=col(SpaceObject.id), make=make)


@router.get("/{object_id}", policy=scope("awareness:read"))
def get_object(object_id: str, asked: Asked) -> ObjectDetailOut:
    """One object, by id or by catalogue number."""
    with asked.read() as session:
        row = _object(session, object_id)
        designations = session.exec(
            select(Designation).where(Designation.object_id == row.id).order_by(col(Designation.valid_from))
        ).all()
        current = _current(session, asked, row.id)
        said = facts.in_force(session, row.id)
        elements = None if current is None else catalogue.elements_of(current)
        return ObjectDetailOut(
            id=row.id,
            name=row.name,
            catalog_number=next((one.catalog_number for one in designations if one.valid_to is None), None),
            international_designator=row.international_designator,
            synthetic=row.synthetic,
            decay_predicted_at=row.decay_predicted_at,
            facts=None if said is None else FactsOut.model_validate(said),
            designations=[DesignationOut.model_validate(one) for one in designations],
            current_epoch=None if current is None else current.epoch,
            element_age_h=None if current is None else catalogue.age_h(current.epoch, asked.clock.now()),
            source_file_id=None if current is None else current.source_file_id,
            regime=None if elements is None else elements.regime.value,
            perigee_km=None if elements is None else elements.perigee_km,
            apogee_km=None if elements is None else elements.apogee_km,
            notice=say("awareness.triage_notice", asked.language),
        )


@router.get("/{object_id}/element-sets", policy=scope("awareness:read"))
def list_element_sets(object_id: str, asked: Asked, page: Page) -> HistoryOut:
    """Every set received for one object, newest epoch first, with where it came from; and the current one as OMM."""
    with asked.read() as session:
        row = _object(session, object_id)
        history = (
            select(ElementSetRow)
            .join(SourceFile, col(SourceFile.id) == col(ElementSetRow.source_file_id))
            .where(ElementSetRow.object_id == row.id, markings.visible(SourceFile.marking_id, asked.principal))
        )
        found = page.of(
            session,
            history,
            key=[col(ElementSetRow.epoch), col(ElementSetRow.id)],
            make=ElementSetOut.model_validate,
            descending=True,
        )
        current = _current(session, asked, row.id)
        omm = None if current is None else catalogue.omm(catalogue.elements_of(current))
        return HistoryOut(items=found.items, next=found.next, current_omm=omm, synthetic=row.synthetic)


def _object(session: Session, given: str) -> SpaceObject:
    if given.isascii() and given.isdigit():
        if len(given) > 9:
            raise Invalid("awareness.designation_wrong", given=given)
        ids = catalogue.resolve(session, [int(given)])
        return session.get_one(SpaceObject, ids[0])
    row = session.get(SpaceObject, given)
    if row is None:
        raise NotFound("awareness.object_unknown", object=given)
    return row


def _current(session: Session, asked: Asked, object_id: str) -> ElementSetRow | None:
    return session.exec(
        select(ElementSetRow)
        .join(SourceFile, col(SourceFile.id) == col(ElementSetRow.source_file_id))
        .where(
            ElementSetRow.object_id == object_id,
            col(ElementSetRow.is_current),
            markings.visible(SourceFile.marking_id, asked.principal),
        )
    ).first()
