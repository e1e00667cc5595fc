"""Settlement statements of a pool, and the services in kind that count in them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlmodel import Session, col, select

from api.decided import DecidedByIn
from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog.together import in_kind, settlements
from catalog.together.netting import LineKind
from catalog.together.tables import InKindEntry, Settlement, SettlementState
from space_hub.trust.principal import Principal
from space_hub.vocabulary.interval import Interval

router = Router(prefix="/v1", tags=["settlements"])

PositiveIn = Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=6, description="As text to be exact.")]


class InKindIn(In):
    to_organisation_id: str
    service: str = Field(min_length=1, max_length=200)
    quantity: PositiveIn
    rate: PositiveIn = Field(description="What one unit of it is worth.")
    currency: str = Field(description="ISO 4217")


class InKindOut(Out):
    id: str
    pool_id: str
    from_organisation_id: str
    to_organisation_id: str
    service: str
    quantity: str
    rate: str
    equivalents: str
    currency: str
    at: datetime
    confirmed_at: datetime | None = Field(description="It counts once the receiver confirmed it.")


class SettlementIn(In):
    pool_id: str
    period_from: UtcDatetime
    period_to: UtcDatetime
    currency: str = Field(description="ISO 4217")
    in_kind_share: Decimal = Field(
        default=Decimal(1), ge=0, le=1, decimal_places=6, description="How much of its debts a nation may pay in kind."
    )


class LineOut(Out):
    number: int
    payer_id: str
    payee_id: str
    kind: LineKind
    subject: str = Field(description="The order, joint buy, agreement, pre-emption or service in kind.")
    amount: str


class BalanceOut(Out):
    organisation_id: str
    balance: str = Field(description="What it receives, less what it owes.")


class PaymentOut(Out):
    payer_id: str
    payee_id: str
    amount: str


class SettlementOut(Out):
    id: str
    pool_id: str
    period_from: datetime
    period_to: datetime
    currency: str
    in_kind_share: str
    state: SettlementState
    lines: list[LineOut] = Field(description="Yours; for the pool's lead all.")
    balances: list[BalanceOut]
    payments: list[PaymentOut] = Field(description="Few payments that settle every line.")
    sha256: str = Field(description="Of the lines as you read them; repeat it to agree.")
    agreed: list[str] = Field(description="Parties that agreed; for the lead all, else you.")
    waiting: int = Field(description="Parties that have not agreed yet.")
    at: datetime


class DraftedOut(SettlementOut):
    elsewhere: dict[str, int] = Field(description="Lines of the period in other currencies, by currency.")
    carried: dict[str, str] = Field(description="Of services in kind, what counts in a later period.")


class ConsentIn(In):
    sha256: str = Field(max_length=64)
    decided_by: DecidedByIn


def settlement_out(session: Session, principal: Principal, row: Settlement) -> SettlementOut:
    """A statement as the principal reads it; also for the terminal."""
    read = settlements.statement(session, principal, row)
    return SettlementOut(
        **row.model_dump(exclude={"state", "sha256"}),
        state=SettlementState(row.state),
        lines=[LineOut(**line.model_dump(exclude={"kind"}), kind=LineKind(line.kind)) for line in read.lines],
        balances=[BalanceOut(organisation_id=who, balance=f"{amount:f}") for who, amount in read.balances.items()],
        payments=[
            PaymentOut(payer_id=each.payer, payee_id=each.payee, amount=f"{each.amount:f}") for each in read.payments
        ],
        sha256=read.sha256,
        agreed=sorted(read.agreed),
        waiting=read.waiting,
    )


@router.post("/pools/{pool_id}/in-kind", status_code=201, policy=scope("settlement:write"))
def give_in_kind(pool_id: str, body: InKindIn, once: Once) -> InKindOut:
    """Note a service that you rendered another nation of the pool."""

    def make(session: Session) -> InKindOut:
        entry = in_kind.give(
            session,
            once.clock,
            once.rng,
            once.principal,
            pool_id,
            to_organisation_id=body.to_organisation_id,
            service=body.service,
            quantity=body.quantity,
            rate=body.rate,
            currency=body.currency,
        )
        return InKindOut.model_validate(entry)

    return once.run(make)


@router.get("/pools/{pool_id}/in-kind", policy=scope("catalog:read"))
def list_in_kind(pool_id: str, asked: Asked, page: Page) -> Paged[InKindOut]:
    """Services that you rendered or were rendered; for the pool's lead all."""
    with asked.read() as session:
        found = select(InKindEntry).where(InKindEntry.pool_id == pool_id, in_kind.visible(asked.principal))
        return page.of(session, found, key=col(InKindEntry.id), make=InKindOut.model_validate)


@router.post("/in-kind/{entry_id}/confirmation", status_code=200, policy=scope("settlement:write"))
def confirm_in_kind(entry_id: str, once: Once) -> InKindOut:
    """Confirm that you were rendered this service."""
    return once.run(
        lambda session: InKindOut.model_validate(in_kind.confirm(session, once.clock, once.principal, entry_id)),
        status=200,
    )


@router.post("/settlements", status_code=201, policy=scope("settlement:write"))
def draft_settlement(body: SettlementIn, once: Once) -> DraftedOut:
    """As the lead, draft the statement of a period that is over."""

    def make(session: Session) -> DraftedOut:
        drafted = settlements.draft(
            session,
            once.clock,
            once.rng,
            once.principal,
            pool_id=body.pool_id,
            period=Interval(body.period_from, body.period_to),
            currency=body.currency,
            in_kind_share=body.in_kind_share,
        )
        shown = settlement_out(session, once.principal, drafted.settlement)
        return DraftedOut(
            **shown.model_dump(),
            elsewhere=dict(drafted.elsewhere),
            carried={entry: f"{amount:f}" for entry, amount in drafted.carried.items()},
        )

    return once.run(make)


@router.get("/settlements", policy=scope("catalog:read"))
def list_settlements(asked: Asked, page: Page) -> Paged[SettlementOut]:
    """Statements in which you pay or are paid, and those of pools that you lead."""
    with asked.read() as session:
        found = select(Settlement).where(settlements.visible(asked.principal))

        def make(row: Settlement) -> SettlementOut:
            return settlement_out(session, asked.principal, row)

        return page.of(session, found, key=col(Settlement.id), make=make)


@router.get("/settlements/{settlement_id}", policy=scope("catalog:read"))
def read_settlement(settlement_id: str, asked: Asked) -> SettlementOut:
    """One statement with your lines, your balance and your payments."""
    with asked.read() as session:
        return settlement_out(session, asked.principal, settlements.get(session, asked.principal, settlement_id))


@router.post("/settlements/{settlement_id}/agreement", status_code=200, policy=scope("settlement:write"))
def agree_settlement(settlement_id: str, body: ConsentIn, once: Once) -> SettlementOut:
    """Agree to the lines that you read, by your authority; the last party makes the statement agreed."""

    def make(session: Session) -> SettlementOut:
        row = settlements.agree(
            session,
            once.clock,
            once.principal,
            settlement_id,
            sha256=body.sha256,
            authority=body.decided_by.value(),
        )
        return settlement_out(session, once.principal, row)

    return once.run(make, status=200)


@router.post("/settlements/{settlement_id}/payment", status_code=200, policy=scope("settlement:write"))
def pay_settlement(settlement_id: str, once: Once) -> SettlementOut:
    """As the lead, note that all payments were made."""
    return once.run(
        lambda session: settlement_out(
            session, once.principal, settlements.paid(session, once.clock, once.principal, settlement_id)
        ),
        status=200,
    )


@router.delete("/settlements/{settlement_id}", status_code=204, policy=scope("settlement:write"))
def discard_settlement(settlement_id: str, asked: Asked) -> None:
    """As the lead, take a draft back."""
    with asked.write() as session:
        settlements.discard(session, asked.clock, asked.principal, settlement_id)
