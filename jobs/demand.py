"""Work that follows from demand: the weekly release, looks along the shelf, and notices to suppliers.

Each goes in chunks, a transaction a chunk, so that it never holds the database
for a whole shelf. A chunk that is done twice changes nothing the second time.
"""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session, col, select

from catalog.demand import arrivals, gaps, releases, requirements
from catalog.demand.standings import State
from catalog.demand.tables import NeedStanding
from catalog.tables import Requirement
from jobs.task import Task
from space_hub.clock import Clock
from space_hub.rng import Rng
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind


def release(task: Task) -> dict[str, Any]:
    """Publish the cells and the anonymous needs that may go out."""
    with task.database.write() as session:
        task.guard(session)
        made = releases.release(session, task.clock, task.rng, k=task.settings.k_anonymity)
        return {"release": made.number, "cells_sha256": made.cells_sha256}


def look(task: Task) -> dict[str, Any]:
    """One need along the shelf as its owner sees it."""
    requirement_id = task.params["requirement_id"]

    def chunk(session: Session, after: str) -> str | None:
        return arrivals.look(session, task.clock, task.rng, task.principal, requirement_id, after)

    return {"chunks": _all(task, chunk)}


def queue_looks(session: Session, clock: Clock, rng: Rng) -> None:
    """Have every open need looked at that nobody has looked at yet: those that an older schema brought along."""
    unlooked = (
        select(Requirement.id, Organisation)
        .join(NeedStanding, col(NeedStanding.requirement_id) == col(Requirement.id))
        .join(Organisation, col(Organisation.id) == col(Requirement.organisation_id))
        .where(NeedStanding.state == State.OPEN.value, col(NeedStanding.suppliers_meeting).is_(None))
    )
    for requirement_id, owner in session.exec(unlooked.order_by(col(Requirement.id))).all():
        asker = Principal(owner.id, OrganisationKind(owner.kind), owner.nation, "", frozenset())
        requirements.queue_look(session, clock, rng, asker, requirement_id)


def provider(task: Task) -> dict[str, Any]:
    """All offerings of a supplier whose standing has changed."""

    def chunk(session: Session, after: str) -> str | None:
        return arrivals.arrive_all(session, task.clock, task.rng, task.params["provider_id"], after)

    return {"chunks": _all(task, chunk)}


def tell_gaps(task: Task) -> dict[str, Any]:
    """The offerings of one capability against what was opened and closed."""
    params = task.params

    def chunk(session: Session, after: str) -> str | None:
        return gaps.tell_owners(
            session,
            task.clock,
            capability_code=params["capability"],
            opened=params["opened"],
            closed=params["closed"],
            after=after,
        )

    return {"chunks": _all(task, chunk)}


def _all(task: Task, chunk: Callable[[Session, str], str | None]) -> int:
    after: str | None = ""
    done = 0
    while after is not None:
        task.progress(done, done + 1)
        with task.database.write() as session:
            task.guard(session)
            after = chunk(session, after)
        done += 1
    return done
