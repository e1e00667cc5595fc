"""Asks suppliers what they offer, each through its door, and puts the answer on their shelves.

The supplier is asked with no transaction open; what it said is written in one.
A door that was changed meanwhile is left alone: its next turn comes at once.
"""

from datetime import timedelta
from typing import Any

import structlog
from sqlmodel import Session, col, select

from catalog.shelf import declared, offerings
from catalog.shelf.intake import take
from catalog.tables import Offering, OfferingStatus, OfferingVersion
from jobs.schedule import PREFIX
from jobs.task import Task
from providers import doors, sync
from providers.adapters.base import Listing, Refused
from providers.doors import Outcome, SupplierDoor
from providers.tables import Provider
from space_hub.errors import HubError
from space_hub.trust.principal import HUB
from space_hub.work import ledger

_OWNER = "owner"

logger = structlog.get_logger()


def queue_due(task: Task) -> dict[str, Any]:
    """Queue a listing for every door whose time has come, and move its time on: it is queued once."""
    every = timedelta(minutes=task.settings.sync_minutes)
    with task.database.write() as session:
        task.guard(session)
        waiting = doors.due(session, task.clock.now())
        for door in waiting:
            at = door.next_at or task.clock.now()
            slot = f"{PREFIX}{at.strftime('%Y-%m-%dT%H:%M:%S.%fZ')} {door.provider_id}"
            params = {"provider_id": door.provider_id}
            ledger.start(session, task.clock, task.rng, kind="supplier.sync", params=params, principal=HUB, slot=slot)
            door.next_at = task.clock.now() + every
            session.add(door)
        return {"queued": len(waiting)}


def sync_one(task: Task) -> dict[str, Any]:
    """List one supplier and take what it says."""
    provider_id = str(task.params["provider_id"])
    started = task.clock.now()
    with task.database.read() as session:
        door = session.get(SupplierDoor, provider_id)
        if door is None or door.state in {"held", "closed"}:
            return {"outcome": "skipped"}
        opened_at = door.at
    listing, code = _listed(task, provider_id)
    with task.database.write() as session:
        task.guard(session)
        provider = session.exec(select(Provider).where(Provider.id == provider_id).with_for_update()).one()
        door = session.get_one(SupplierDoor, provider_id, with_for_update=True)
        if door.at != opened_at or door.state in {"held", "closed"}:
            return {"outcome": "skipped"}
        outcome = (
            Outcome("failed", error_code=code) if listing is None else _take(task, session, door, provider, listing)
        )
        every = timedelta(minutes=task.settings.sync_minutes)
        report = doors.record(session, task.clock, task.rng, door, provider, started, outcome, every)
        return {"outcome": outcome.word, "report_id": report.id, "error_code": code}


def _listed(task: Task, provider_id: str) -> tuple[Listing | None, str | None]:
    """What the supplier says; or the code of why there is nothing. A supplier's fault is no fault of the work."""
    try:
        adapter = doors.adapter_of(task.database, task.clock, provider_id, task.settings.egress_allow)
        return (None, "door.none") if adapter is None else (adapter.list_offerings(), None)
    except HubError as error:
        return None, _code(error)
    except Exception as error:
        logger.error("adapter_fault", provider=provider_id, exc_info=error)
        return None, "door.adapter_fault"


def _code(error: HubError) -> str:
    """The code with the one word that tells failures apart: the status, or why no answer came."""
    told = {"adapter.status": "status", "adapter.no_answer": "reason"}.get(error.code)
    return error.code if told is None else f"{error.code}.{error.params[told]}"[:80]


def _take(task: Task, session: Session, door: SupplierDoor, provider: Provider, listing: Listing) -> Outcome:
    digest = sync.digest(listing)
    shelf = session.exec(
        select(Offering.reference, Offering.status, Offering.withdrawn_reason)
        .join(OfferingVersion, col(OfferingVersion.id) == col(Offering.current_version_id))
        .where(Offering.provider_id == provider.id, OfferingVersion.source == door.adapter)
    ).all()
    known = [reference for reference, status, _ in shelf if status == OfferingStatus.PUBLISHED.value]
    # What its owner took off by hand stays off, whatever the interface still lists.
    closed = {
        reference
        for reference, status, reason in shelf
        if status == OfferingStatus.WITHDRAWN.value and reason == _OWNER
    }
    plan = sync.decide(known, listing, confirmed=digest == door.listing_sha256)
    listed = len(listing.offered) + len(listing.refused)
    if plan.hold is not None:
        return Outcome("held", listed, refused=listing.refused, error_code=f"sync.{plan.hold}", listing_sha256=digest)
    drafts = declared.beside(session, provider, (each for each in plan.take if each.reference not in closed))
    refused = list(listing.refused)
    refused += [Refused(None, name, "sync.withdrawn_by_owner", {}, "") for name in sorted(closed & _names(plan))]
    done = take(session, task.clock, task.rng, HUB, provider, drafts, source=door.adapter)
    for each in done.refused:
        name = drafts[each.index].reference
        refused.append(Refused(None, name, each.error.code, dict(each.error.params), name))
    gone = offerings.withdraw_gone(session, task.clock, HUB, provider, plan.withdraw)
    changed = [each for each in done.taken if each.changed]
    new = sum(each.version.number == 1 for each in changed)
    word = "changed" if changed or gone else "same"
    return Outcome(word, listed, new, len(changed) - new, len(gone), tuple(refused), None, digest)


def _names(plan: sync.Plan) -> set[str]:
    return {draft.reference for draft in plan.take}
