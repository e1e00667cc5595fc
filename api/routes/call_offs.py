"""Call-offs: use of an agreement, decided by a named contracting authority."""

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, select

from api.decided import DecidedByIn, DecidedByOut, QuantityIn, decided_by
from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog.capacity.rules import parts, units
from catalog.ordering import call_offs, orders
from catalog.ordering.call_offs import CallOffAsk
from catalog.ordering.tables import CallOff
from catalog.promise.lifecycle import CallOffStatus
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/call-offs", tags=["call-offs"])


class CallOffIn(In):
    agreement_id: str
    quantity_per_day: QuantityIn
    window_from: UtcDatetime
    window_to: UtcDatetime = Field(description="Every UTC day that the window touches is counted.")
    decided_by: DecidedByIn
    area: dict[str, Any] | None = Field(default=None, description="GeoJSON geometry; goes to the supplier.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Go to the supplier as they are.")


class CancelIn(In):
    decided_by: DecidedByIn
    reason: str = Field(min_length=1, max_length=500)


class CallOffOut(Out):
    id: str
    agreement_id: str
    organisation_id: str
    order_id: str
    quantity_per_day: float
    window_from: datetime
    window_to: datetime
    phase: Phase
    unit_price: str
    currency: str
    total_price: str
    decided_by: DecidedByOut
    status: CallOffStatus
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
    option = call_offs.first_option(session, row.id)
    return CallOffOut(
        id=row.id,
        agreement_id=option.agreement_id,
        organisation_id=row.organisation_id,
        order_id=call_offs.order_of(session, row.id).id,
        quantity_per_day=units(row.parts_per_day),
        window_from=row.window_from,
        window_to=row.window_to,
        phase=Phase(option.phase),
        unit_price=option.unit_price,
        currency=option.currency,
        total_price=option.total_price,
        decided_by=DecidedByOut(name=row.authority_name, office=row.authority_office),
        status=CallOffStatus(row.status),
        created_at=row.created_at,
    )


@router.post("", status_code=201, policy=scope("calloff:write"))
def place_call_off(body: CallOffIn, once: Once) -> CallOffOut:
    """Commit capacity of an agreement; the order to the supplier follows. 409 when a day has not enough left."""

    def make(session: Session) -> CallOffOut:
        ask = CallOffAsk(
            agreement_id=body.agreement_id,
            parts_per_day=parts(body.quantity_per_day, of="quantity_per_day"),
            window=Interval(body.window_from, body.window_to),
            area=body.area,
            parameters=body.parameters,
        )
        placed = call_offs.place(session, once.clock, once.rng, once.principal, ask, body.decided_by.value())
        return _call_off(session, placed)

    return once.run(make)


@router.get("", policy=scope("order:read"))
def list_call_offs(asked: Asked, page: Page) -> Paged[CallOffOut]:
    """Your own, those of the pools you lead, and for a supplier those it serves."""
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


@router.post("/{call_off_id}/cancel", status_code=200, policy=scope("calloff:write"))
def cancel_call_off(call_off_id: str, body: CancelIn, once: Once) -> CallOffOut:
    """Cancel: at once when the order never left, else with the supplier first (`cancelling`)."""

    def make(session: Session) -> CallOffOut:
        row = orders.cancel(
            session, once.clock, once.rng, once.principal, call_off_id, body.decided_by.value(), body.reason
        )
        return _call_off(session, row)

    return once.run(make, status=200)
