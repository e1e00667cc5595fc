"""Lots of a pool: what is bought in parts, who supplies each, and which nation may use how much."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlmodel import Session, col

from api.decided import DecidedByIn, DecidedByOut, decided_by
from api.deps import Asked, Creation, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog.capacity.ledger import CENTS
from catalog.capacity.rules import PARTS, Span, parts, units
from catalog.framework import admission, lots, quotas
from catalog.framework.quotas import Standing
from catalog.framework.states import SupplierEvent, SupplierState
from catalog.framework.tables import PoolSupplier, QuotaTransfer
from catalog.promise import pools
from catalog.promise.tables import PoolLot

router = Router(prefix="/v1", tags=["lots"])

AmountIn = Annotated[
    Decimal, Field(gt=0, max_digits=15, decimal_places=2, description="In the pool's currency; as text to be exact.")
]


class LotIn(In):
    title_en: str = Field(min_length=1, max_length=200)
    title_fr: str = Field(min_length=1, max_length=200)
    capability: str | None = Field(
        default=None, description="All of the lot is then counted in its unit, which quotas need."
    )
    bucket: Span = Field(default=Span.DAY, description="hour for what is a rate, day for everything else.")
    ceiling: AmountIn | None = Field(default=None, description="Needed where the pool has one.")
    decided_by: DecidedByIn


class CeilingIn(In):
    ceiling: AmountIn
    decided_by: DecidedByIn


class LotOut(Out):
    id: str
    pool_id: str
    number: int
    title_en: str
    title_fr: str
    capability: str | None
    unit: str | None = Field(description="Null while each agreement counts in a unit of its own.")
    bucket: Span
    ceiling: str | None
    spent: str | None = Field(description="What is called off under the ceiling; told to the lead.")


class ApplicationIn(In):
    text: str = Field(min_length=1, max_length=2000, description="What the lead reads first.")


class DecisionIn(In):
    reason: str = Field(default="", max_length=1000, description="Needed to refuse, suspend and remove.")
    decided_by: DecidedByIn


class AdmissionStepOut(Out):
    number: int
    event: SupplierEvent
    state: SupplierState
    reason: str
    by_organisation_id: str
    decided_by: DecidedByOut | None
    at: datetime


class AdmissionOut(Out):
    id: str
    lot_id: str
    provider_id: str
    state: SupplierState
    submission_id: str | None = Field(description="Where its clock is read; told to the supplier and the lead.")
    decided_at: datetime | None
    history: list[AdmissionStepOut] = Field(description="Told to the supplier and the lead.")


class QuotaIn(In):
    year: int = Field(ge=2000, le=2999)
    quantity: Decimal = Field(
        ge=0, max_digits=15, decimal_places=3, description="In the lot's unit, added up over the days or hours used."
    )
    decided_by: DecidedByIn


class QuotaOut(Out):
    organisation_id: str
    year: int
    granted: float
    used: float
    left: float


class TransferIn(In):
    to_organisation_id: str
    year: int = Field(ge=2000, le=2999)
    quantity: Decimal = Field(gt=0, max_digits=15, decimal_places=3)
    decided_by: DecidedByIn


class TransferOut(Out):
    id: str
    lot_id: str
    year: int
    from_organisation_id: str
    to_organisation_id: str
    quantity: float
    decided_by: DecidedByOut | None
    at: datetime


@router.post("/pools/{pool_id}/lots", status_code=201, policy=scope("pool:write"))
def publish_lot(pool_id: str, body: LotIn, once: Once) -> LotOut:
    """Another lot of a pool that you lead."""

    def make(session: Session) -> LotOut:
        made = lots.add(
            session,
            once.clock,
            once.rng,
            once.principal,
            pool_id,
            title_en=body.title_en,
            title_fr=body.title_fr,
            capability=body.capability,
            bucket=body.bucket,
            ceiling=body.ceiling,
            authority=body.decided_by.value(),
        )
        return _lot(session, made, leads=True)

    return once.run(make)


@router.get("/pools/{pool_id}/lots", policy=scope("catalog:read"))
def list_lots(pool_id: str, asked: Asked) -> list[LotOut]:
    """The lots of a pool that you may see."""
    with asked.read() as session:
        pool = pools.get(session, asked.principal, pool_id)
        leads = pool.lead_organisation_id == asked.principal.organisation_id
        return [_lot(session, each, leads=leads) for each in lots.of_pool(session, pool.id)]


@router.put("/lots/{lot_id}/ceiling", policy=scope("pool:write"))
def set_lot_ceiling(lot_id: str, body: CeilingIn, asked: Asked) -> LotOut:
    """How much may be called off in a lot; never below what is, nor all lots above their pool."""
    with asked.write() as session:
        lot = lots.set_ceiling(session, asked.clock, asked.principal, lot_id, body.ceiling, body.decided_by.value())
        return _lot(session, lot, leads=True)


@router.post("/lots/{lot_id}/applications", status_code=201, policy=scope("provider:write"))
def apply_to_lot(lot_id: str, body: ApplicationIn, once: Once) -> AdmissionOut:
    """Ask to be admitted as a supplier; the clock of the decision starts."""

    def make(session: Session) -> AdmissionOut:
        row = admission.apply_to(session, once.clock, once.rng, once.principal, lot_id, body.text)
        return _admission(session, once, row)

    return once.run(make)


@router.get("/lots/{lot_id}/suppliers", policy=scope("catalog:read"))
def list_lot_suppliers(lot_id: str, asked: Asked, page: Page) -> Paged[AdmissionOut]:
    """For the lead all, for members who is admitted, for a supplier itself."""
    with asked.read() as session:
        found = admission.of_lot(asked.principal, lot_id)
        return page.of(session, found, key=col(PoolSupplier.id), make=lambda row: _admission(session, asked, row))


@router.post("/lots/{lot_id}/suppliers/{provider_id}/admit", status_code=200, policy=scope("pool:write"))
def admit_supplier(lot_id: str, provider_id: str, body: DecisionIn, once: Once) -> AdmissionOut:
    """Let a supplier in, or back in after a suspension."""
    return _decide(once, lot_id, provider_id, SupplierEvent.ADMIT, body)


@router.post("/lots/{lot_id}/suppliers/{provider_id}/refuse", status_code=200, policy=scope("pool:write"))
def refuse_supplier(lot_id: str, provider_id: str, body: DecisionIn, once: Once) -> AdmissionOut:
    """Refuse an application, with the reason that the supplier reads; it may apply again."""
    return _decide(once, lot_id, provider_id, SupplierEvent.REFUSE, body)


@router.post("/lots/{lot_id}/suppliers/{provider_id}/suspend", status_code=200, policy=scope("pool:write"))
def suspend_supplier(lot_id: str, provider_id: str, body: DecisionIn, once: Once) -> AdmissionOut:
    """No new agreement with it for now; what is agreed goes on."""
    return _decide(once, lot_id, provider_id, SupplierEvent.SUSPEND, body)


@router.post("/lots/{lot_id}/suppliers/{provider_id}/remove", status_code=200, policy=scope("pool:write"))
def remove_supplier(lot_id: str, provider_id: str, body: DecisionIn, once: Once) -> AdmissionOut:
    """Take a supplier off the lot, with the reason that it reads; what is agreed goes on."""
    return _decide(once, lot_id, provider_id, SupplierEvent.REMOVE, body)


@router.post("/lots/{lot_id}/suppliers/{provider_id}/leave", status_code=200, policy=scope("provider:write"))
def leave_lot(lot_id: str, provider_id: str, once: Once) -> AdmissionOut:
    """Step off a lot, or withdraw an application to it."""

    def make(session: Session) -> AdmissionOut:
        return _admission(session, once, admission.leave(session, once.clock, once.principal, lot_id, provider_id))

    return once.run(make, status=200)


@router.put("/lots/{lot_id}/quotas/{organisation_id}", policy=scope("pool:write"))
def grant_quota(lot_id: str, organisation_id: str, body: QuotaIn, asked: Asked) -> QuotaOut:
    """The lead gives a member so much of the lot in a year; never less than is used."""
    with asked.write() as session:
        granted = quotas.grant(
            session,
            asked.clock,
            asked.principal,
            lot_id,
            organisation_id,
            year=body.year,
            parts=int(body.quantity * PARTS),
            authority=body.decided_by.value(),
        )
        return _quota(granted)


@router.get("/lots/{lot_id}/quotas", policy=scope("catalog:read"))
def list_quotas(lot_id: str, asked: Asked, year: int | None = None) -> list[QuotaOut]:
    """All quotas of a lot with what is used; told to the pool's members."""
    with asked.read() as session:
        return [_quota(each) for each in quotas.of_lot(session, asked.principal, lot_id, year)]


@router.post("/lots/{lot_id}/quota-transfers", status_code=201, policy=scope("pool:write"))
def transfer_quota(lot_id: str, body: TransferIn, once: Once) -> TransferOut:
    """Pass part of your quota on to another member; what is used cannot be given."""

    def make(session: Session) -> TransferOut:
        made = quotas.transfer(
            session,
            once.clock,
            once.rng,
            once.principal,
            lot_id,
            to_organisation_id=body.to_organisation_id,
            year=body.year,
            parts=parts(body.quantity, of="quantity"),
            authority=body.decided_by.value(),
        )
        return _transfer(made)

    return once.run(make)


@router.get("/lots/{lot_id}/quota-transfers", policy=scope("catalog:read"))
def list_quota_transfers(lot_id: str, asked: Asked) -> list[TransferOut]:
    """What members passed on to each other, oldest first; told to members."""
    with asked.read() as session:
        return [_transfer(each) for each in quotas.transfers(session, asked.principal, lot_id)]


def _decide(once: Creation, lot_id: str, provider_id: str, event: SupplierEvent, body: DecisionIn) -> AdmissionOut:
    def make(session: Session) -> AdmissionOut:
        row = admission.decide(
            session,
            once.clock,
            once.rng,
            once.principal,
            lot_id,
            provider_id,
            event,
            body.reason,
            body.decided_by.value(),
        )
        return _admission(session, once, row)

    return once.run(make, status=200)


def _lot(session: Session, row: PoolLot, *, leads: bool) -> LotOut:
    money = lots.money_of(session, row) if leads else None
    spent = None if money is None else f"{Decimal(money.committed) / CENTS:.2f}"
    return LotOut(**row.model_dump(exclude={"bucket"}), bucket=Span(row.bucket), spent=spent)


def _admission(session: Session, asked: Asked, row: PoolSupplier) -> AdmissionOut:
    steps = admission.history(session, asked.principal, row)
    return AdmissionOut(
        id=row.id,
        lot_id=row.lot_id,
        provider_id=row.provider_id,
        state=SupplierState(row.state),
        submission_id=row.submission_id if steps else None,
        decided_at=row.decided_at if steps else None,
        history=[
            AdmissionStepOut(
                number=each.number,
                event=SupplierEvent(each.event),
                state=SupplierState(each.state),
                reason=each.reason,
                by_organisation_id=each.by_organisation_id,
                decided_by=decided_by(each.authority_name, each.authority_office),
                at=each.at,
            )
            for each in steps
        ],
    )


def _quota(standing: Standing) -> QuotaOut:
    return QuotaOut(
        organisation_id=standing.organisation_id,
        year=standing.year,
        granted=units(standing.granted),
        used=units(standing.used),
        left=units(standing.granted - standing.used),
    )


def _transfer(row: QuotaTransfer) -> TransferOut:
    return TransferOut(
        id=row.id,
        lot_id=row.lot_id,
        year=row.year,
        from_organisation_id=row.from_organisation_id,
        to_organisation_id=row.to_organisation_id,
        quantity=units(row.parts),
        decided_by=decided_by(row.authority_name, row.authority_office),
        at=row.at,
    )
