"""Supply at risk, and outages that put it there."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import CatalogNumber, In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, any_key, scope
from catalog.risk import impact, outages
from catalog.risk.impact import Cause
from catalog.risk.outages import Severity
from catalog.risk.tables import OfferingRisk, Outage, RiskNotice
from space_hub.trust import markings

router = Router(prefix="/v1", tags=["impacts"])


class AffectedOut(Out):
    agreements: list[str]
    call_offs: list[str]
    requirements: list[str]


class ProposalOut(Out):
    requirement_id: str
    match_id: str
    alternatives: list[dict[str, Any]] = Field(description="The next best offerings of the last match.")
    match_again: dict[str, Any] = Field(description="The request that matches the requirement again.")


class ImpactOut(Out):
    id: str
    offering_id: str
    offering_title: str
    provider_id: str
    asset_id: str
    asset_name: str
    catalog_number: int | None
    object_id: str | None
    cause: Cause
    evidence_id: str = Field(description="The conjunction, the object or the outage.")
    detail: dict[str, Any]
    since: datetime
    closed_at: datetime | None
    affected: AffectedOut = Field(description="Of yours, at the time you were told; at most 500 of each.")
    proposals: list[ProposalOut] = Field(description="For the first thirty requirements.")


class OutageIn(In):
    asset_id: str | None = Field(default=None, description="This or the catalogue number.")
    catalog_number: CatalogNumber | None = None
    severity: Severity
    description: str = Field(min_length=1, max_length=1000)
    began_at: UtcDatetime
    expected_end_at: UtcDatetime | None = None


class OutageOut(Out):
    id: str
    asset_id: str
    reported_by_id: str
    severity: Severity
    description: str
    began_at: datetime
    expected_end_at: datetime | None
    closed_at: datetime | None
    created_at: datetime


def _impact(risk: OfferingRisk, notice: RiskNotice) -> ImpactOut:
    return ImpactOut.model_validate({**notice.payload, "id": risk.id, "closed_at": risk.closed_at})


@router.get("/impacts", policy=scope("catalog:read"))
def list_impacts(
    asked: Asked,
    page: Page,
    open_only: Annotated[bool, Query(description="Leave out what is over.")] = False,
) -> Paged[ImpactOut]:
    """Supply at risk that concerns you: your offerings, or offerings you hold."""
    with asked.read() as session:
        found = impact.told(asked.principal, open_only=open_only)
        return page.of(session, found, key=col(OfferingRisk.id), make=_impact)


@router.post("/outages", status_code=201, policy=scope("outage:write"))
def report_outage(body: OutageIn, once: Once) -> OutageOut:
    """Say that an asset does not work: suppliers on their own, operations centres and the broker on any."""

    def make(session: Session) -> OutageOut:
        made = outages.report(
            session,
            once.clock,
            once.rng,
            once.principal,
            asset_id=body.asset_id,
            catalog_number=body.catalog_number,
            severity=body.severity,
            description=body.description,
            began_at=body.began_at,
            expected_end_at=body.expected_end_at,
        )
        return OutageOut.model_validate(made)

    return once.run(make)


@router.get("/outages", policy=any_key())
def list_outages(asked: Asked, page: Page) -> Paged[OutageOut]:
    """Outages that you reported or that concern your supply."""
    with asked.read() as session:
        found = select(Outage).where(markings.visible(Outage.marking_id, asked.principal))
        return page.of(session, found, key=col(Outage.id), make=OutageOut.model_validate)


@router.post("/outages/{outage_id}/close", status_code=200, policy=scope("outage:write"))
def close_outage(outage_id: str, once: Once) -> OutageOut:
    """Say that it is over; the offerings recover."""
    return once.run(
        lambda session: OutageOut.model_validate(outages.close(session, once.clock, once.principal, outage_id)),
        status=200,
    )
