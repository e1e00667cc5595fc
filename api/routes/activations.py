"""Activations: what agreements promise for worse days is called up, step by step and against the clock."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import Query
from pydantic import Field
from sqlmodel import Session, col, select

from api.decided import DecidedByIn, DecidedByOut, QuantityIn, decided_by
from api.deps import Asked, Creation, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import EITHER, Router, scope
from catalog.activation.rules import Activation
from catalog.activation.service import book, requests, standing, steps
from catalog.activation.service.requests import Wanted
from catalog.activation.states import FINAL, Event, State
from catalog.activation.tables import ActivationEntry, ActivationRow
from catalog.capacity.rules import parts, units
from space_hub.trust.principal import Principal
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/activations", tags=["activations"])

READ = scope("catalog:read", modes=EITHER)
WRITE = scope("activation:write", modes=EITHER)


class WantedIn(In):
    agreement_id: str
    quantity: QuantityIn


class RequestIn(In):
    phase: Phase
    agreements: list[WantedIn] = Field(min_length=1, max_length=50, description="More than one make a group.")
    reserves: list[str] = Field(
        default_factory=list,
        max_length=50,
        description="Agreements that are asked, in this order, for what a supplier of the group refuses.",
    )
    reason: str = Field(min_length=1, max_length=1000)


class ApprovalIn(In):
    quantity: QuantityIn
    decided_by: DecidedByIn


class DecisionIn(In):
    reason: str = Field(min_length=1, max_length=1000)
    decided_by: DecidedByIn


class ReasonIn(In):
    reason: str = Field(min_length=1, max_length=1000)


class AcknowledgementIn(In):
    quantity: QuantityIn
    reason: str = Field(default="", max_length=1000, description="Needed when less than was approved is accepted.")


class ReportIn(In):
    event: Event = Field(description="`ramp`, `reach` or `fall_short`.")
    quantity: Decimal | None = Field(
        default=None,
        ge=0,
        max_digits=15,
        decimal_places=3,
        description="What is there now, in the capacity unit; `reach` is all that was accepted.",
    )
    reason: str = Field(default="", max_length=1000)


class ClockOut(Out):
    clock: str = Field(description="`acknowledge`, `start`, `ramp.1` and on, `full`.")
    due_at: datetime
    quantity: float = Field(description="What is there by then.")


class EntryOut(Out):
    number: int
    event: Event
    state: State
    at: datetime = Field(description="For a missed clock, the second that was missed.")
    clock: str | None
    due_at: datetime | None
    late_s: int | None
    quantity: float | None
    reason: str
    by_organisation_id: str
    decided_by: DecidedByOut | None


class ActivationOut(Out):
    id: str
    exercise_id: str | None = Field(description="Null for what is real.")
    agreement_id: str
    phase: Phase
    group_id: str | None = Field(description="Null for the supplier: it learns of no other.")
    state: State
    requested_by_id: str
    requested_at: datetime | None = Field(description="Null for the supplier, whose time begins with the notice.")
    requested: float | None
    approved: float | None
    accepted: float | None
    available: float
    notified_at: datetime | None
    next_clock: str | None
    next_due_at: datetime | None
    missed: list[str] = Field(description="The clocks that were missed. They stay here.")


class ActivationDetailOut(ActivationOut):
    reason: str
    clocks: list[ClockOut]
    history: list[EntryOut] = Field(description="For the supplier, from the notice on.")


class GroupOut(Out):
    group_id: str | None
    activations: list[ActivationOut]


def _quantity(count: int | None) -> float | None:
    return None if count is None else units(count)


def _activation(session: Session, principal: Principal, row: ActivationRow) -> ActivationOut:
    parties = book.parties(session, row)
    buying = principal.organisation_id in parties.buyers
    return ActivationOut(
        **row.model_dump(include={"id", "exercise_id", "agreement_id", "notified_at", "next_clock", "next_due_at"}),
        phase=Phase(row.phase),
        group_id=row.group_id if buying else None,
        state=State(row.state),
        requested_by_id=parties.asker.by_organisation_id,
        requested_at=parties.asker.at if buying else None,
        requested=units(row.requested_parts) if buying else None,
        approved=_quantity(row.approved_parts),
        accepted=_quantity(row.accepted_parts),
        available=units(row.available_parts),
        missed=[each["clock"] for each in row.missed],
    )


def _detail(session: Session, principal: Principal, row: ActivationRow) -> ActivationDetailOut:
    short = _activation(session, principal, row)
    rows = book.history(session, row.id)
    asked, entries = rows[0], rows[1:]
    if short.requested is None:
        notified = next(place for place, each in enumerate(entries) if each.state == State.NOTIFIED.value)
        entries = entries[notified:]
    activation: Activation = book.read(session, row)
    return ActivationDetailOut(
        **short.model_dump(),
        reason=asked.reason,
        clocks=[
            ClockOut(clock=each.name, due_at=each.due_at, quantity=units(each.parts)) for each in activation.clocks
        ],
        history=[_entry(each) for each in entries],
    )


def _entry(row: ActivationEntry) -> EntryOut:
    return EntryOut(
        **row.model_dump(include={"number", "at", "clock", "due_at", "late_s", "reason", "by_organisation_id"}),
        event=Event(row.event),
        state=State(row.state),
        quantity=_quantity(row.parts),
        decided_by=decided_by(row.authority_name, row.authority_office),
    )


@router.post("", status_code=201, policy=WRITE)
def request_activation(body: RequestIn, once: Once) -> GroupOut:
    """Ask for what agreements promise for a phase: one, or several as a group. Two persons then approve each."""

    def make(session: Session) -> GroupOut:
        made = requests.request(
            *(session, once.clock, once.rng, once.principal),
            phase=body.phase,
            wanted=[Wanted(each.agreement_id, parts(each.quantity, of="quantity")) for each in body.agreements],
            reserves=body.reserves,
            reason=body.reason,
        )
        return GroupOut(
            group_id=made[0].group_id, activations=[_activation(session, once.principal, row) for row in made]
        )

    return once.run(make)


@router.get("", policy=READ)
def list_activations(
    asked: Asked,
    page: Page,
    agreement_id: str | None = None,
    group_id: str | None = None,
    open_only: Annotated[bool, Query(description="Leave out what has ended.")] = False,
) -> Paged[ActivationOut]:
    """Those you asked for, those of the pools you lead, and for a supplier those it was notified of."""
    with asked.read() as session:
        found = select(ActivationRow).where(standing.visible(asked.principal))
        if agreement_id is not None:
            found = found.where(ActivationRow.agreement_id == agreement_id)
        if group_id is not None:
            found = found.where(ActivationRow.group_id == group_id)
        if open_only:
            found = found.where(col(ActivationRow.state).not_in([each.value for each in FINAL]))
        return page.of(
            session, found, key=col(ActivationRow.id), make=lambda row: _activation(session, asked.principal, row)
        )


@router.get("/{activation_id}", policy=READ)
def get_activation(activation_id: str, asked: Asked) -> ActivationDetailOut:
    """One activation with its clocks and its history."""
    with asked.read() as session:
        return _detail(session, asked.principal, standing.get(session, asked.principal, activation_id))


@router.post("/{activation_id}/approve", status_code=200, policy=WRITE)
def approve_activation(activation_id: str, body: ApprovalIn, once: Once) -> ActivationDetailOut:
    """The lead's authority approves, all or a part. Two persons, with two keys, name the same quantity."""

    def make(session: Session) -> ActivationRow:
        return steps.approve(
            *(session, once.clock, once.rng, once.principal, activation_id),
            parts=parts(body.quantity, of="quantity"),
            authority=body.decided_by.value(),
        )

    return _stepped(once, make)


@router.post("/{activation_id}/reject", status_code=200, policy=WRITE)
def reject_activation(activation_id: str, body: DecisionIn, once: Once) -> ActivationDetailOut:
    """The lead's authority refuses the request."""

    def make(session: Session) -> ActivationRow:
        return steps.reject(
            *(session, once.clock, once.rng, once.principal, activation_id),
            reason=body.reason,
            authority=body.decided_by.value(),
        )

    return _stepped(once, make)


@router.post("/{activation_id}/withdraw", status_code=200, policy=WRITE)
def withdraw_activation(activation_id: str, body: ReasonIn, once: Once) -> ActivationDetailOut:
    """The asker steps back before the supplier has notice."""

    def make(session: Session) -> ActivationRow:
        return steps.withdraw(session, once.clock, once.rng, once.principal, activation_id, reason=body.reason)

    return _stepped(once, make)


@router.post("/{activation_id}/acknowledge", status_code=200, policy=WRITE)
def acknowledge_activation(activation_id: str, body: AcknowledgementIn, once: Once) -> ActivationDetailOut:
    """The supplier accepts; less than was approved is a refusal in part, with a reason."""

    def make(session: Session) -> ActivationRow:
        return steps.acknowledge(
            *(session, once.clock, once.rng, once.principal, activation_id),
            parts=parts(body.quantity, of="quantity"),
            reason=body.reason,
        )

    return _stepped(once, make)


@router.post("/{activation_id}/refuse", status_code=200, policy=WRITE)
def refuse_activation(activation_id: str, body: ReasonIn, once: Once) -> ActivationDetailOut:
    """The supplier refuses what it promised; the group's reserves are asked for it."""

    def make(session: Session) -> ActivationRow:
        return steps.refuse(session, once.clock, once.rng, once.principal, activation_id, reason=body.reason)

    return _stepped(once, make)


@router.post("/{activation_id}/report", status_code=200, policy=WRITE)
def report_activation(activation_id: str, body: ReportIn, once: Once) -> ActivationDetailOut:
    """The supplier says what is there; that it falls short again either side may say."""

    def make(session: Session) -> ActivationRow:
        given = body.quantity
        there = parts(given, of="quantity") if given else 0
        return steps.report(
            *(session, once.clock, once.rng, once.principal, activation_id, body.event),
            parts=None if given is None else there,
            reason=body.reason,
        )

    return _stepped(once, make)


@router.post("/{activation_id}/stand-down", status_code=200, policy=WRITE)
def stand_down_activation(activation_id: str, body: DecisionIn, once: Once) -> ActivationDetailOut:
    """The buyer's named authority ends it."""

    def make(session: Session) -> ActivationRow:
        return steps.stand_down(
            *(session, once.clock, once.rng, once.principal, activation_id),
            reason=body.reason,
            authority=body.decided_by.value(),
        )

    return _stepped(once, make)


def _stepped(once: Creation, make: Callable[[Session], ActivationRow]) -> ActivationDetailOut:
    return once.run(lambda session: _detail(session, once.principal, make(session)), status=200)
