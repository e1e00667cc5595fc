"""Agreements: assured access to an offering, by phase."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field
from sqlmodel import Session, col, select

from api.decided import DecidedByIn, DecidedByOut, decided_by
from api.deps import Asked, Creation, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import EITHER, Router, scope
from api.terms import Amount, TermsIn, TermsOut
from catalog.capacity.rules import PARTS, Span, units
from catalog.framework.states import AgreementOrigin
from catalog.ordering import replans
from catalog.promise import agreements, kept_terms
from catalog.promise.access import PhaseTerms
from catalog.promise.lifecycle import AgreementEvent, AgreementStatus, Side
from catalog.promise.tables import Agreement
from catalog.risk.tables import Cause
from space_hub.errors import Invalid
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/agreements", tags=["agreements"])

READ = scope("catalog:read", modes=EITHER)


class AgreementIn(In):
    pool_id: str
    offering_id: str
    period_from: UtcDatetime
    period_to: UtcDatetime
    terms: list[TermsIn] = Field(min_length=1, max_length=3)
    lot_id: str | None = Field(default=None, description="The pool's first lot if left out.")
    bucket: Span = Field(
        default=Span.DAY, description="How finely it is called off: hours for what is a rate, else days."
    )
    minimum_guarantee: Amount | None = Field(
        default=None, description="What the pool pays at the least over the period, in the currency of the terms."
    )
    ceiling: Amount | None = Field(default=None, description="What is called off at the most over the period.")


class ReplanIn(In):
    window_from: UtcDatetime
    window_to: UtcDatetime
    left: Decimal | None = Field(
        ge=0, max_digits=15, decimal_places=3, description="Of each slot; null lifts what was limited before."
    )
    cause: Cause
    evidence_id: str = Field(min_length=1, max_length=80, description="The outage, cut-off or risk that it rests on.")
    decided_by: DecidedByIn

    @property
    def left_parts(self) -> int | None:
        """Nothing left is a figure too."""
        return None if self.left is None else int(self.left * PARTS)


class ReplanOut(Out):
    id: str
    agreement_id: str
    cause: Cause
    evidence_id: str
    left: float | None
    kept: int
    dropped: int
    decided_by: DecidedByOut
    at: datetime


class StepIn(In):
    decided_by: DecidedByIn | None = Field(default=None, description="Needed to sign and to end.")


class StepOut(Out):
    number: int
    event: AgreementEvent
    status: AgreementStatus
    side: Side
    by_organisation_id: str
    decided_by: DecidedByOut | None
    at: datetime


class AgreementOut(Out):
    id: str
    pool_id: str
    provider_id: str
    offering_id: str
    version_id: str
    version_sha256: str
    period_from: datetime
    period_to: datetime
    unit: str
    price_unit: str
    lot_id: str
    bucket: Span
    origin: AgreementOrigin
    competition_id: str | None
    minimum_guarantee: str | None
    ceiling: str | None
    status: AgreementStatus
    terms: list[TermsOut]
    history: list[StepOut]
    created_at: datetime


def _agreement(session: Session, row: Agreement) -> AgreementOut:
    terms = agreements.terms_of(session, row.id)
    return AgreementOut(
        **row.model_dump(exclude={"status", "created_by_id"}),
        status=AgreementStatus(row.status),
        terms=[TermsOut.model_validate(each) for each in kept_terms.said(terms)],
        history=[
            StepOut(
                number=each.number,
                event=AgreementEvent(each.event),
                status=AgreementStatus(each.status),
                side=Side(each.side),
                by_organisation_id=each.by_organisation_id,
                decided_by=decided_by(each.authority_name, each.authority_office),
                at=each.at,
            )
            for each in agreements.history(session, row.id)
        ],
    )


@router.post("", status_code=201, policy=scope("agreement:write"))
def draft_agreement(body: AgreementIn, once: Once) -> AgreementOut:
    """Draft, as the lead of the pool or as the supplier; it pins the offering's current version."""

    def make(session: Session) -> AgreementOut:
        drafted = agreements.draft(
            session,
            once.clock,
            once.rng,
            once.principal,
            pool_id=body.pool_id,
            offering_id=body.offering_id,
            period=Interval(body.period_from, body.period_to),
            terms=_terms(body.terms),
            lot_id=body.lot_id,
            span=body.bucket,
            minimum_guarantee=body.minimum_guarantee,
            ceiling=body.ceiling,
        )
        return _agreement(session, drafted)

    return once.run(make)


@router.get("", policy=READ)
def list_agreements(asked: Asked, page: Page) -> Paged[AgreementOut]:
    """Those of your pools and of your own offerings."""
    with asked.read() as session:
        found = select(Agreement).where(agreements.visible(asked.principal))
        return page.of(session, found, key=col(Agreement.id), make=lambda row: _agreement(session, row))


@router.get("/{agreement_id}", policy=READ)
def get_agreement(agreement_id: str, asked: Asked) -> AgreementOut:
    """One agreement with its terms by phase and its history."""
    with asked.read() as session:
        return _agreement(session, agreements.get(session, asked.principal, agreement_id))


@router.post("/{agreement_id}/offer", status_code=200, policy=scope("agreement:write"))
def offer_agreement(agreement_id: str, body: StepIn, once: Once) -> AgreementOut:
    """The supplier binds itself."""
    return _step(once, agreement_id, AgreementEvent.OFFER, body)


@router.post("/{agreement_id}/sign", status_code=200, policy=scope("agreement:write"))
def sign_agreement(agreement_id: str, body: StepIn, once: Once) -> AgreementOut:
    """The named contracting authority of the lead signs; the offering's capacity is committed."""
    return _step(once, agreement_id, AgreementEvent.SIGN, body)


@router.post("/{agreement_id}/withdraw", status_code=200, policy=scope("agreement:write"))
def withdraw_agreement(agreement_id: str, body: StepIn, once: Once) -> AgreementOut:
    """Either side steps back before it is signed."""
    return _step(once, agreement_id, AgreementEvent.WITHDRAW, body)


@router.post("/{agreement_id}/end", status_code=200, policy=scope("agreement:write"))
def end_agreement(agreement_id: str, body: StepIn, once: Once) -> AgreementOut:
    """The named contracting authority ends it; no call-off may run."""
    return _step(once, agreement_id, AgreementEvent.END, body)


@router.post("/{agreement_id}/replans", status_code=201, policy=scope("agreement:write"))
def replan_agreement(agreement_id: str, body: ReplanIn, once: Once) -> ReplanOut:
    """There is less than was called off: the lead's authority has everyone seated anew by the written order."""

    def make(session: Session) -> ReplanOut:
        row = replans.replan(
            *(session, once.clock, once.rng, once.principal, agreement_id),
            window=Interval(body.window_from, body.window_to),
            left=body.left_parts,
            cause=body.cause,
            evidence_id=body.evidence_id,
            authority=body.decided_by.value(),
        )
        return ReplanOut(
            id=row.id,
            agreement_id=row.resource,
            cause=Cause(row.cause),
            evidence_id=row.evidence_id,
            left=None if body.left is None else units(body.left_parts or 0),
            kept=row.kept,
            dropped=row.dropped,
            decided_by=DecidedByOut(name=row.authority_name, office=row.authority_office),
            at=row.at,
        )

    return once.run(make)


def _terms(given: list[TermsIn]) -> dict[Phase, PhaseTerms]:
    terms: dict[Phase, PhaseTerms] = {}
    for each in given:
        if each.phase in terms:
            raise Invalid("access.phase_repeated", phase=each.phase)
        terms[each.phase] = each.value()
    return terms


def _step(once: Creation, agreement_id: str, event: AgreementEvent, body: StepIn) -> AgreementOut:
    authority = None if body.decided_by is None else body.decided_by.value()

    def make(session: Session) -> AgreementOut:
        stepped = agreements.step(session, once.clock, once.rng, once.principal, agreement_id, event, authority)
        return _agreement(session, stepped)

    return once.run(make, status=200)
