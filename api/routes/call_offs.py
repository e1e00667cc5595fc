"""Call-offs: use of an agreement, decided by a named contracting authority."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, select

from api.decided import DecidedByIn, DecidedByOut, QuantityIn, decided_by
from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog.capacity.rules import parts, units
from catalog.ordering import adding, call_offs, holds, orders, preempting
from catalog.ordering.call_offs import CallOffAsk
from catalog.ordering.fallback import MOST_OPTIONS, Overlap, Policy, SuccessAt, Way
from catalog.ordering.tables import CallOff, CallOffKind, CallOffOption, OptionState, Purpose, SupplyOrder
from catalog.promise.lifecycle import CallOffStatus
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/call-offs", tags=["call-offs"])


class OptionIn(In):
    agreement_id: str
    quantity: QuantityIn = Field(
        description="Of each slot: of every UTC day, or hour where the agreement counts hours."
    )


class PolicyIn(In):
    """How the options are tried. Left out: one after another until the window is over, never two at a time."""

    way: Way = Way.SEQUENTIAL
    width: int = Field(default=1, description="How many are tried at once; 1 for one after another.")
    success_at: SuccessAt = SuccessAt.ACCEPTED
    give_up_after: UtcDatetime
    overlap: Overlap = Overlap.NEVER
    most_fees: Decimal = Field(default=Decimal(0), description="The most that cancelling losers may cost.")
    currency: str = Field(description="ISO 4217, that of the agreements")

    def value(self) -> Policy:
        return Policy(
            way=self.way,
            width=self.width,
            success_at=self.success_at,
            give_up_after=self.give_up_after,
            overlap=self.overlap,
            most_fees=money(self.most_fees, self.currency),
        )


class CallOffIn(In):
    options: list[OptionIn] = Field(
        min_length=1, max_length=MOST_OPTIONS, description="By rank: the first is tried first."
    )
    window_from: UtcDatetime
    window_to: UtcDatetime = Field(description="Every slot that the window touches is counted.")
    decided_by: DecidedByIn
    kind: CallOffKind = CallOffKind.TASKING
    purpose: Purpose = Purpose.DEFENCE
    policy: PolicyIn | None = None
    area: dict[str, Any] | None = Field(default=None, description="GeoJSON geometry; goes to the supplier.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Go to the supplier as they are.")
    pre_empt: bool = Field(
        default=False,
        description="Take from less important call-offs what is missing, where the phase's terms allow it.",
    )
    reason: str = Field(default="", max_length=500, description="Needed to pre-empt; those who give way read it.")
    hold_s: int | None = Field(
        default=None,
        ge=1,
        le=int(call_offs.LONGEST_HOLD.total_seconds()),
        description="Keep the capacity for so many seconds and order nothing until it is confirmed.",
    )

    def value(self) -> CallOffAsk:
        return CallOffAsk(
            options=tuple((each.agreement_id, parts(each.quantity, of="quantity")) for each in self.options),
            window=Interval(self.window_from, self.window_to),
            kind=self.kind,
            purpose=self.purpose,
            policy=None if self.policy is None else self.policy.value(),
            area=self.area,
            parameters=self.parameters,
            reason=self.reason,
            hold=None if self.hold_s is None else timedelta(seconds=self.hold_s),
        )


class ConfirmIn(In):
    decided_by: DecidedByIn


class MoreIn(OptionIn):
    decided_by: DecidedByIn


class CancelIn(In):
    decided_by: DecidedByIn
    reason: str = Field(min_length=1, max_length=500)


class OptionOut(Out):
    rank: int
    agreement_id: str
    quantity: float
    phase: Phase
    unit_price: str
    currency: str
    total_price: str
    priority: int
    state: OptionState
    order_id: str | None = Field(description="Null until it is opened.")
    fee: str


class CallOffOut(Out):
    id: str
    pool_id: str
    organisation_id: str
    kind: CallOffKind
    purpose: Purpose
    options: list[OptionOut]
    won_option: int | None
    window_from: datetime
    window_to: datetime
    decided_by: DecidedByOut
    status: CallOffStatus
    held_until: datetime | None = Field(description="While it is held: free again from this second on.")
    created_at: datetime


class CallOffStepOut(Out):
    number: int
    status: CallOffStatus
    by_organisation_id: str
    decided_by: DecidedByOut | None
    reason: str
    at: datetime


class CallOffDetailOut(CallOffOut):
    area: dict[str, Any] | None
    parameters: dict[str, Any]
    history: list[CallOffStepOut]


def _call_off(session: Session, row: CallOff) -> CallOffOut:
    return _out(row, call_offs.options_of(session, row.id), call_offs.orders_of(session, row.id))


def _out(row: CallOff, options: Sequence[CallOffOption], orders: Sequence[SupplyOrder]) -> CallOffOut:
    ids = {order.rank: order.id for order in orders}
    return CallOffOut(
        id=row.id,
        pool_id=row.pool_id,
        organisation_id=row.organisation_id,
        kind=CallOffKind(row.kind),
        purpose=Purpose(row.purpose),
        options=[
            OptionOut(
                rank=each.rank,
                agreement_id=each.agreement_id,
                quantity=units(each.parts_per_slot),
                phase=Phase(each.phase),
                unit_price=each.unit_price,
                currency=each.currency,
                total_price=each.total_price,
                priority=each.priority,
                state=OptionState(each.state),
                order_id=ids.get(each.rank),
                fee=each.fee,
            )
            for each in options
        ],
        won_option=row.won_option,
        window_from=row.window_from,
        window_to=row.window_to,
        decided_by=DecidedByOut(name=row.authority_name, office=row.authority_office),
        status=CallOffStatus(row.status),
        held_until=row.look_at if row.status == CallOffStatus.HELD.value else None,
        created_at=row.created_at,
    )


@router.post("", status_code=201, policy=scope("calloff:write"))
def place_call_off(body: CallOffIn, once: Once) -> CallOffOut:
    """Commit capacity of an agreement; the order to its supplier follows. 409 when a slot has not enough left.

    With several options the first that has the capacity is opened, and the next when that is lost.
    """
    ask, authority = body.value(), body.decided_by.value()

    def make(session: Session) -> CallOffOut:
        into = (session, once.clock, once.rng, once.principal, ask, authority)
        placed = preempting.place(*into) if body.pre_empt else call_offs.place(*into)
        return _out(placed.call_off, placed.options, placed.orders)

    return once.run(make)


@router.get("", policy=scope("order:read"))
def list_call_offs(asked: Asked, page: Page) -> Paged[CallOffOut]:
    """Your own, and those of the pools you lead. Suppliers see their orders."""
    with asked.read() as session:
        found = select(CallOff).where(call_offs.visible(asked.principal))
        return page.of(session, found, key=col(CallOff.id), make=lambda row: _call_off(session, row))


@router.get("/{call_off_id}", policy=scope("order:read"))
def get_call_off(call_off_id: str, asked: Asked) -> CallOffDetailOut:
    """One call-off with its history."""
    with asked.read() as session:
        row = call_offs.get(session, asked.principal, call_off_id)
        return CallOffDetailOut(
            **_call_off(session, row).model_dump(),
            area=row.area,
            parameters=row.parameters,
            history=[
                CallOffStepOut(
                    number=each.number,
                    status=CallOffStatus(each.status),
                    by_organisation_id=each.by_organisation_id,
                    decided_by=decided_by(each.authority_name, each.authority_office),
                    reason=each.reason,
                    at=each.at,
                )
                for each in call_offs.history(session, row.id)
            ],
        )


@router.post("/{call_off_id}/confirm", status_code=200, policy=scope("calloff:write"))
def confirm_call_off(call_off_id: str, body: ConfirmIn, once: Once) -> CallOffOut:
    """Make what is held firm and order it; 409 from the second on in which the hold is over."""

    def make(session: Session) -> CallOffOut:
        row = holds.confirm(session, once.clock, once.rng, once.principal, call_off_id, body.decided_by.value())
        return _call_off(session, row)

    return once.run(make, status=200)


@router.post("/{call_off_id}/cancel", status_code=200, policy=scope("calloff:write"))
def cancel_call_off(call_off_id: str, body: CancelIn, once: Once) -> CallOffOut:
    """Cancel: at once when the order never left, else with the supplier first (`cancelling`)."""

    def make(session: Session) -> CallOffOut:
        row = orders.cancel(
            session, once.clock, once.rng, once.principal, call_off_id, body.decided_by.value(), body.reason
        )
        return _call_off(session, row)

    return once.run(make, status=200)


@router.post("/{call_off_id}/options", status_code=201, policy=scope("calloff:write"))
def add_option(call_off_id: str, body: MoreIn, once: Once) -> CallOffOut:
    """Another way, of the last rank; also when all others are lost and the call-off waits (`waiting`)."""

    def make(session: Session) -> CallOffOut:
        row = adding.add_option(
            session,
            once.clock,
            once.rng,
            once.principal,
            call_off_id,
            body.agreement_id,
            parts(body.quantity, of="quantity"),
            body.decided_by.value(),
        )
        return _call_off(session, row)

    return once.run(make)
