"""Demand: what may be read of the needs of others, and the signals and problems of one's own."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog.demand import statements as demand
from catalog.demand.publication import Level, title
from catalog.demand.statements import Confidence, Kind
from catalog.demand.tables import DemandCell, DemandRelease, DemandSignal, PublishedNeed, SignalState
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1", tags=["demand"])


class SignalIn(In):
    kind: Kind
    mission_area: MissionArea
    capability: str | None = None
    title_en: str = Field(min_length=1, max_length=200)
    title_fr: str = Field(min_length=1, max_length=200)
    text_en: str = Field(default="", max_length=4000)
    text_fr: str = Field(default="", max_length=4000)
    phase: Phase
    quantity_low: float | None = Field(default=None, gt=0, le=1e15)
    quantity_high: float | None = Field(default=None, gt=0, le=1e15)
    unit: str | None = Field(default=None, max_length=30, description="A unit of the capability's capacity.")
    horizon_from: date
    horizon_to: date
    confidence: Confidence = Confidence.MEDIUM
    level: Level = Field(
        default=Level.PRIVATE,
        description="Your own words are read by others at the level named only; anonymous ones get generated words.",
    )


class SignalOut(Out):
    id: str
    kind: Kind
    mission_area: MissionArea
    capability: str | None
    title_en: str
    title_fr: str
    text_en: str
    text_fr: str
    phase: Phase
    quantity_low: float | None
    quantity_high: float | None
    unit: str
    horizon_from: date
    horizon_to: date
    confidence: Confidence
    level: Level
    state: SignalState
    created_at: datetime


class BandOut(Out):
    phase: Phase
    quantity_low: float
    quantity_high: float


class PublishedNeedOut(Out):
    """A need as everybody reads it. `owner_nation` is there only where the owner wants to be named."""

    id: str
    title: str
    text: str
    level: Level
    mission_area: MissionArea
    capability: str | None
    clauses: list[dict[str, Any]]
    phases: list[BandOut]
    regions: list[str]
    quarter_from: str
    quarter_to: str
    owner_nation: str | None
    published_at: datetime


class CellOut(Out):
    """The need of several nations together; who they are is not kept here."""

    release_number: int
    capability: str
    phase: Phase
    horizon: str
    nations_band: str
    quantity_band_low: float
    quantity_band_high: float
    unit: str
    as_of_release: int


class ReleaseOut(Out):
    number: int
    at: datetime
    cells_sha256: str


@router.post("/demand-signals", status_code=201, policy=scope("demand:write"))
def create_demand_signal(body: SignalIn, once: Once) -> SignalOut:
    """Say what you will need, or what problem you want solved, before there is a requirement."""
    given = body.model_dump()
    quantity = None
    if body.quantity_low is not None or body.quantity_high is not None:
        low = body.quantity_low if body.quantity_low is not None else body.quantity_high
        high = body.quantity_high if body.quantity_high is not None else body.quantity_low
        quantity = (float(low or 0), float(high or 0))

    def make(session: Session) -> SignalOut:
        row = demand.signal(
            session,
            once.clock,
            once.rng,
            once.principal,
            kind=body.kind,
            mission_area=body.mission_area,
            capability_code=body.capability,
            titles=(body.title_en, body.title_fr),
            texts=(body.text_en, body.text_fr),
            phase=body.phase,
            quantity=quantity,
            unit=given["unit"],
            horizon=(body.horizon_from, body.horizon_to),
            confidence=body.confidence,
            level=body.level,
        )
        return SignalOut.model_validate(row)

    return once.run(make)


@router.get("/demand-signals", policy=scope("demand:write"))
def list_demand_signals(asked: Asked, page: Page) -> Paged[SignalOut]:
    """Your organisation's signals and problems."""
    mine = select(DemandSignal).where(DemandSignal.organisation_id == asked.principal.organisation_id)
    with asked.read() as session:
        return page.of(session, mine, key=col(DemandSignal.id), make=SignalOut.model_validate)


@router.delete("/demand-signals/{signal_id}", policy=scope("demand:write"))
def close_demand_signal(signal_id: str, asked: Asked) -> SignalOut:
    """It is over; what was published of it closes at once."""
    with asked.write() as session:
        return SignalOut.model_validate(demand.close_signal(session, asked.clock, asked.principal, signal_id))


@router.get("/demand/needs", policy=scope("catalog:read"))
def list_published_needs(
    asked: Asked, page: Page, capability: str | None = None, mission_area: MissionArea | None = None
) -> Paged[PublishedNeedOut]:
    """The published needs that are open: the same for every reader."""
    area = None if mission_area is None else mission_area.value
    statement = demand.published(capability_code=capability, mission_area=area)
    with asked.read() as session:
        return page.of(session, statement, key=col(PublishedNeed.id), make=lambda row: need_out(row, asked.language))


@router.get("/demand/cells", policy=scope("catalog:read"))
def list_demand_cells(
    asked: Asked,
    page: Page,
    release: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    capability: str | None = None,
) -> Paged[CellOut]:
    """Added-up needs of at least five nations, in bands, as of the last release or of an earlier one."""
    with asked.read() as session:
        statement = demand.cells(session, release)
        if capability is not None:
            statement = statement.where(col(DemandCell.capability) == capability)
        key = [col(DemandCell.capability), col(DemandCell.phase), col(DemandCell.horizon)]
        return page.of(session, statement, key=key, make=CellOut.model_validate)


@router.get("/demand/releases", policy=scope("catalog:read"))
def list_demand_releases(asked: Asked, page: Page) -> Paged[ReleaseOut]:
    """When demand was published, with the hash of each release's cells."""
    with asked.read() as session:
        return page.of(session, select(DemandRelease), key=col(DemandRelease.number), make=ReleaseOut.model_validate)


def need_out(row: PublishedNeed, language: str) -> PublishedNeedOut:
    return PublishedNeedOut.model_validate(
        {
            **row.model_dump(exclude={"text_en", "text_fr", "region", "source_id", "source_kind"}),
            "title": title(row.mission_area, row.capability, language),
            "text": row.text_fr if language == "fr" else row.text_en,
            "regions": row.region.split("+") if row.region else [],
        }
    )
