"""Supply at risk, the outages and cut-offs that put it there, and the commitments that rest on it."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import CatalogNumber, In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, any_key, scope
from catalog.capacity.rules import Span, parts, start_of, units
from catalog.promise.tables import Agreement
from catalog.risk import commitments, cut_offs, outages, risks
from catalog.risk.outages import Severity
from catalog.risk.tables import Cause, CommitmentRisk, CutOff, OfferingRisk, Outage, OutageKind, RiskNotice
from space_hub.trust import markings
from space_hub.vocabulary.phases import Phase

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
    asset_id: str | None = Field(description="Null where the whole offering is meant.")
    asset_name: str | None
    catalog_number: int | None
    object_id: str | None
    cause: Cause
    evidence_id: str = Field(description="The conjunction, the object, the outage, the offering or the cut-off.")
    detail: dict[str, Any]
    probability: float | None
    probability_is_bound: bool = Field(description="It is at most so likely; how likely nobody computed.")
    loss_share: float = Field(description="Of what the asset gives, if it comes true.")
    since: datetime
    from_at: datetime | None
    until_at: datetime | None = Field(description="When it is expected to be over, where somebody said so.")
    closed_at: datetime | None
    affected: AffectedOut = Field(description="Of yours, at the time you were told; at most 500 of each.")
    proposals: list[ProposalOut] = Field(description="For the first thirty requirements.")


class OutageIn(In):
    asset_id: str | None = Field(default=None, description="This or the catalogue number.")
    catalog_number: CatalogNumber | None = None
    severity: Severity
    description: str = Field(min_length=1, max_length=1000)
    began_at: UtcDatetime = Field(description="Of a failure in the past; a manoeuvre or maintenance may be announced.")
    expected_end_at: UtcDatetime | None = None
    kind: OutageKind = OutageKind.FAILURE
    loss_share: Decimal = Field(
        default=Decimal(1),
        max_digits=7,
        decimal_places=6,
        description="Part of what the asset gives that is missing, above 0 and at most 1.",
    )


class CutOffIn(In):
    authority: str = Field(max_length=200, description="Its name, as the terms of the agreement have it.")
    left_per_day: Decimal = Field(ge=0, max_digits=15, decimal_places=3, description="What remains of the agreement.")
    from_at: UtcDatetime
    until_at: UtcDatetime | None = Field(default=None, description="Null until it is lifted.")
    reason: str = Field(min_length=1, max_length=1000)


class CutOffOut(Out):
    id: str
    agreement_id: str
    authority: dict[str, Any]
    left_per_day: float
    from_at: datetime
    until_at: datetime | None
    reason: str
    by_organisation_id: str
    at: datetime


class CommitmentOut(Out):
    agreement_id: str
    offering_id: str
    provider_id: str
    phase: Phase
    from_at: datetime
    until_at: datetime
    unit: str
    committed: float = Field(description="For each slot: what is promised, or your own call-offs.")
    expected_short: float = Field(description="Missing in expectation.")
    worst_short: float = Field(description="Missing if every open risk comes true.")
    is_bound: bool = Field(
        description="A probability in it is the largest possible: no more is missing in expectation."
    )
    risks: list[str] = Field(description="See /v1/impacts.")
    computed_at: datetime


class OutageOut(Out):
    id: str
    asset_id: str
    reported_by_id: str
    kind: OutageKind
    severity: Severity
    loss_share: str
    description: str
    began_at: datetime
    expected_end_at: datetime | None
    closed_at: datetime | None
    created_at: datetime


def _impact(risk: OfferingRisk, notice: RiskNotice) -> ImpactOut:
    priced = ("detail", "probability", "probability_is_bound", "loss_share", "from_at", "until_at", "closed_at")
    return ImpactOut.model_validate({**notice.payload, "id": risk.id, **{name: getattr(risk, name) for name in priced}})


@router.get("/impacts", policy=scope("catalog:read"))
def list_impacts(
    asked: Asked,
    page: Page,
    open_only: Annotated[bool, Query(description="Leave out what is over.")] = False,
) -> Paged[ImpactOut]:
    """Supply at risk that concerns you: your offerings, or offerings you hold."""
    with asked.read() as session:
        found = risks.told(asked.principal, open_only=open_only)
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
            kind=body.kind,
            loss_share=body.loss_share,
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
        lambda session: OutageOut.model_validate(
            outages.close(session, once.clock, once.rng, once.principal, outage_id)
        ),
        status=200,
    )


@router.post("/agreements/{agreement_id}/cut-offs", status_code=201, policy=scope("agreement:write"))
def cut_off(agreement_id: str, body: CutOffIn, once: Once) -> CutOffOut:
    """Say that an authority named in the terms leaves less than was promised: the supplier, or the pool's lead."""

    def make(session: Session) -> CutOffOut:
        made = cut_offs.report(
            session,
            once.clock,
            once.rng,
            once.principal,
            agreement_id,
            authority=body.authority,
            parts_left=parts(body.left_per_day, of="left_per_day") if body.left_per_day else 0,
            from_at=body.from_at,
            until_at=body.until_at,
            reason=body.reason,
        )
        return _cut_off(made)

    return once.run(make)


@router.get("/agreements/{agreement_id}/cut-offs", policy=scope("catalog:read"))
def list_cut_offs(agreement_id: str, asked: Asked, page: Page) -> Paged[CutOffOut]:
    """What was cut off of an agreement, for its pool's members and its supplier."""
    with asked.read() as session:
        found = select(CutOff).where(
            CutOff.agreement_id == agreement_id, markings.visible(CutOff.marking_id, asked.principal)
        )
        return page.of(session, found, key=col(CutOff.id), make=_cut_off)


@router.post("/agreements/{agreement_id}/cut-offs/{cut_off_id}/lift", status_code=200, policy=scope("agreement:write"))
def lift_cut_off(agreement_id: str, cut_off_id: str, once: Once) -> CutOffOut:
    """Say that it is over: the supplier, or the pool's lead."""
    return once.run(
        lambda session: _cut_off(
            cut_offs.lift(session, once.clock, once.rng, once.principal, agreement_id, cut_off_id)
        ),
        status=200,
    )


@router.get("/commitments-at-risk", policy=scope("catalog:read"))
def list_commitments(asked: Asked, page: Page) -> Paged[CommitmentOut]:
    """Of agreements that you lead or supply what may be missing; as a member, of your own call-offs."""
    with asked.read() as session:
        found = commitments.visible(asked.principal, asked.clock)
        key = (col(CommitmentRisk.agreement_id), col(CommitmentRisk.phase), col(CommitmentRisk.slot_from))
        return page.of(session, found, key=key, make=_commitment)


def _cut_off(row: CutOff) -> CutOffOut:
    return CutOffOut(**row.model_dump(), left_per_day=units(row.parts_left))


def _commitment(row: CommitmentRisk, agreement: Agreement) -> CommitmentOut:
    span = Span(agreement.bucket)
    return CommitmentOut(
        **row.model_dump(include={"agreement_id", "is_bound", "computed_at"}),
        offering_id=agreement.offering_id,
        provider_id=agreement.provider_id,
        phase=Phase(row.phase),
        from_at=start_of(span, row.slot_from),
        until_at=start_of(span, row.slot_to + 1),
        unit=agreement.unit,
        committed=units(row.committed),
        expected_short=units(row.expected_short),
        worst_short=units(row.worst_short),
        risks=row.causes,
    )
