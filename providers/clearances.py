"""For which mission areas a provider is cleared, by which tier, until when.

An approval makes clearances. The shelf joins them with the provider's status, so
that what lapsed or was suspended is gone at once and comes back with nothing to
rewrite. Planners are told of every change; rivals never.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_
from sqlmodel import Session, col, select

from providers import audience, generation
from providers.tables import Clearance, Provider
from providers.vetting import RANK, Tier
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.text import Word


class State(Word, of="clearance_state"):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"


def in_force(mission_area: Any, now: datetime) -> ColumnElement[bool]:
    """A condition for statements that join `provider`: it is cleared for `mission_area` now."""
    return exists().where(
        col(Clearance.provider_id) == col(Provider.id),
        col(Clearance.mission_area) == mission_area,
        col(Clearance.state) == State.ACTIVE.value,
        or_(col(Clearance.valid_to).is_(None), col(Clearance.valid_to) > now),
    )


def of(session: Session, provider_id: str) -> Sequence[Clearance]:
    rows = select(Clearance).where(Clearance.provider_id == provider_id)
    return session.exec(rows.order_by(col(Clearance.mission_area))).all()


def grant(
    session: Session,
    clock: Clock,
    provider: Provider,
    application_id: str | None,
    tier: Tier,
    areas: Collection[str],
    valid_to: datetime | None,
) -> None:
    """Clear the provider for `areas`; a higher tier that is in force in one of them stays."""
    known = {row.mission_area: row for row in of(session, provider.id)}
    changed = []
    for area in sorted(areas):
        row = known.get(area)
        if row is not None and row.state == State.ACTIVE and RANK[Tier(row.tier)] > RANK[tier]:
            continue
        if row is None:
            row = Clearance(provider_id=provider.id, mission_area=area, tier=tier.value, state=State.ACTIVE.value)
        row.tier, row.state = tier.value, State.ACTIVE.value
        row.valid_to, row.application_id = valid_to, application_id
        changed.append(row)
    settle(session, clock, provider, changed)


def suspend(session: Session, clock: Clock, provider: Provider) -> None:
    """Take all of them out of force until they are reinstated."""
    changed = [row for row in of(session, provider.id) if row.state == State.ACTIVE]
    for row in changed:
        row.state = State.SUSPENDED.value
    settle(session, clock, provider, changed)


def reinstate(session: Session, clock: Clock, provider: Provider) -> None:
    """Put back what was suspended; what has ended meanwhile has expired."""
    changed = [row for row in of(session, provider.id) if row.state == State.SUSPENDED]
    for row in changed:
        over = row.valid_to is not None and row.valid_to <= clock.now()
        row.state = (State.EXPIRED if over else State.ACTIVE).value
    settle(session, clock, provider, changed)


def settle(session: Session, clock: Clock, provider: Provider, changed: Sequence[Clearance]) -> None:
    """Keep changed clearances with the number of the shelf, and tell; nothing happens when none changed."""
    if not changed:
        return
    number = generation.bump(session)
    for row in changed:
        row.shelf_generation = number
        session.add(row)
    session.flush()
    active = [Tier(row.tier) for row in of(session, provider.id) if row.state == State.ACTIVE]
    provider.tier = max(active, key=lambda tier: RANK[tier]).value if active else None
    provider.shelf_generation = number
    session.add(provider)
    payload = {
        "provider_id": provider.id,
        "organisation_id": provider.organisation_id,
        "tier": provider.tier,
        "clearances": [
            {
                "mission_area": row.mission_area,
                "tier": row.tier,
                "state": row.state,
                "valid_to": None if row.valid_to is None else log.rfc3339(row.valid_to),
            }
            for row in changed
        ],
    }
    marking = audience.buyers(session, provider.organisation_id)
    log.append(session, clock, "clearance.changed", provider.id, payload, marking)
