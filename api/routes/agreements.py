"""Agreements: assured access to an offering, by phase."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field
from sqlmodel import Session, col, select

from api.decided import DecidedByIn, DecidedByOut, QuantityIn, decided_by
from api.deps import Asked, Creation, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import EITHER, Router, scope
from catalog.capacity.rules import parts, units
from catalog.promise import agreements
from catalog.promise.access import LAST_PRIORITY, Exclusivity, PhaseTerms, notice, notice_text
from catalog.promise.lifecycle import AgreementEvent, AgreementStatus, Side
from catalog.promise.tables import Agreement
from space_hub.errors import Invalid
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/agreements", tags=["agreements"])

READ = scope("catalog:read", modes=EITHER)


class TermsIn(In):
    phase: Phase
    capacity_per_day: QuantityIn
    notice: str = Field(description="ISO 8601 duration of fixed length, for example PT48H.")
    unit_price: Decimal = Field(description="For one unit of capacity and one day; as text to be exact.")
    currency: str = Field(description="ISO 4217")
    priority: int = Field(default=LAST_PRIORITY, description="1 is served first, 15 last.")
    exclusivity: Exclusivity = Field(
        default=Exclusivity.NONE, description="Kept as agreed, for people; the hub does not enforce it."
    )
    civil_floor: Decimal = Field(
        default=Decimal(0),
        max_digits=9,
        decimal_places=6,
        description="Share that stays for civil and humanitarian use.",
    )

    def value(self) -> PhaseTerms:
        return PhaseTerms(
            parts=parts(self.capacity_per_day, of="capacity_per_day"),
            notice=notice(self.notice),
            price=money(self.unit_price, self.currency),
            priority=self.priority,
            exclusivity=self.exclusivity,
            civil_floor=self.civil_floor,
        )


class TermsOut(Out):
    phase: Phase
    capacity_per_day: float
    notice: str
    unit_price: str
    currency: str
    priority: int
    exclusivity: Exclusivity
    civil_floor: str


class AgreementIn(In):
    pool_id: str
    offering_id: str
    period_from: UtcDatetime
    period_to: UtcDatetime
    terms: list[TermsIn] = Field(min_length=1, max_length=3)


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
    status: AgreementStatus
    terms: list[TermsOut]
    history: list[StepOut]
    created_at: datetime


def _agreement(session: Session, row: Agreement) -> AgreementOut:
    terms = agreements.terms_of(session, row.id)
    return AgreementOut(
        **row.model_dump(exclude={"status", "created_by_id"}),
        status=AgreementStatus(row.status),
        terms=[
            TermsOut(
                phase=phase,
                capacity_per_day=units(term.parts),
                notice=notice_text(term.notice),
                unit_price=f"{term.price.amount:f}",
                currency=term.price.currency,
                priority=term.priority,
                exclusivity=term.exclusivity,
                civil_floor=f"{term.civil_floor:f}",
            )
            for phase, term in terms.items()
        ],
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
