"""Searches for opportunities that are answered later: rows of work, read by who asked and by nobody else.

A search is one question to one supplier about one offering. It is a row of the
work queue and nothing beside it: its history is when the row was made, begun and
ended, its result the supplier's answer. It is forgotten after a day, and an
organisation has a bounded number of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select
from sqlmodel import Session, col, func, select

from catalog.demand import disclosures
from catalog.tables import Offering, OfferingVersion
from providers.adapters.base import Adapter, Answer, FeasibilityAsk, Quote
from providers.adapters.stapi import read_search
from space_hub.clock import Clock
from space_hub.errors import Conflict, NotFound
from space_hub.rng import Rng
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.vocabulary.phases import Phase
from space_hub.work import ledger
from space_hub.work.tables import OPEN, Work, WorkKind, WorkState

KIND = WorkKind.STAPI_SEARCH.value
KEPT = timedelta(days=1)
"""An opportunity is a statement about now; a day is enough to come back for it."""
MOST_OPEN = 10
MOST_KEPT = 100
CONSENT = "header consent"


class Status(StrEnum):
    """The five states of STAPI."""

    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    FAILED = "failed"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


_ENDED = {
    WorkState.DONE.value: Status.COMPLETED,
    WorkState.FAILED.value: Status.FAILED,
    WorkState.CANCELLED.value: Status.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a search's history, in hub time."""

    status: Status
    at: datetime
    code: str | None = None
    params: Mapping[str, Any] | None = None


def ask_of(offering: Offering, version: OfferingVersion, search: Mapping[str, Any]) -> FeasibilityAsk:
    """A search in STAPI's words as the question to the supplier; Invalid where it cannot be read."""
    window, area, condition = read_search(search)
    parameters = {} if condition is None else {"filter": dict(condition)}
    return FeasibilityAsk(offering.reference, 1.0, version.capacity_unit, window, dict(area), Phase.PEACE, parameters)


def disclose(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    provider_id: str,
    product_id: str,
    search: Mapping[str, Any],
) -> None:
    """Write down that the supplier may read this one search, before it is asked."""
    what = ("area", "window", "parameters") if search.get("filter") else ("area", "window")
    disclosures.note(
        session,
        clock,
        rng,
        principal,
        provider_id=provider_id,
        subject=product_id,
        what=what,
        consent_ref=CONSENT,
    )


def put(adapter: Adapter | None, ask: FeasibilityAsk) -> dict[str, Any]:
    """Ask the supplier; the answer as JSON: a `reason` where there is no opportunity, else what it said."""
    if adapter is None or not adapter.capabilities.feasibility:
        return {"reason": "stapi.reason.no_interface"}
    quote = adapter.feasibility(ask)
    return {"reason": "stapi.reason.infeasible"} if quote.answer is Answer.INFEASIBLE else _said(quote)


def _said(quote: Quote) -> dict[str, Any]:
    return {
        "reference": quote.reference,
        "answer": quote.answer.value,
        "price": None if quote.price is None else str(quote.price),
        "valid_until": None if quote.valid_until is None else quote.valid_until.isoformat(),
    }


def start(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    product_id: str,
    search: Mapping[str, Any],
    consented: bool,
) -> Work:
    """Queue a search. Conflict when the asker has too many that run, or that wait to be read."""
    session.get_one(Organisation, principal.organisation_id, with_for_update=True)  # One at a time counts.
    mine = visible(principal, clock.now()).subquery()
    kept = session.exec(select(func.count()).select_from(mine)).one()
    under_way = session.exec(select(func.count()).select_from(mine).where(mine.c.state.in_(OPEN))).one()
    if under_way >= MOST_OPEN or kept >= MOST_KEPT:
        raise Conflict("stapi.searches_full", open=under_way, most_open=MOST_OPEN, kept=kept, most_kept=MOST_KEPT)
    params = {"product_id": product_id, "search": dict(search), "consented": consented}
    return ledger.start(session, clock, rng, kind=KIND, params=params, principal=principal)


def visible(principal: Principal, now: datetime) -> Select[Any]:
    """The statement of the asker's own searches that are not forgotten."""
    statement: Any = select(Work).where(
        Work.kind == KIND, Work.organisation_id == principal.organisation_id, Work.created_at > now - KEPT
    )
    found: Select[Any] = statement
    return found


def get(session: Session, principal: Principal, now: datetime, search_id: str) -> Work:
    found: Work | None = session.execute(visible(principal, now).where(col(Work.id) == search_id)).scalar_one_or_none()
    if found is None:
        raise NotFound("stapi.search_unknown", search_id=search_id[:80])
    return found


def history(work: Work) -> list[Entry]:
    """What became of a search, the first first."""
    found = [Entry(Status.RECEIVED, work.created_at)]
    ahead = work.created_at - work.created_at_wall  # Of real time, in a day that is replayed.
    if work.started_at_wall is not None:
        found.append(Entry(Status.IN_PROGRESS, work.started_at_wall + ahead))
    if work.finished_at_wall is not None:
        ended = _ENDED[work.state]
        found.append(Entry(ended, work.finished_at_wall + ahead, work.error_code, work.error_params))
    return found


def prune(session: Session, clock: Clock) -> int:
    """Delete searches that are forgotten and over; how many."""
    forgotten = select(Work).where(
        Work.kind == KIND, Work.created_at <= clock.now() - KEPT, col(Work.state).not_in(OPEN)
    )
    gone = session.exec(forgotten).all()
    for work in gone:
        session.delete(work)
    session.flush()
    return len(gone)
