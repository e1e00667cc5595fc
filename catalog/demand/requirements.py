"""Requirements: stated by a planner, frozen, seen by its own organisation only.

Stating one also opens its standing (`need_standing`), dates the first step on
its way to adoption and asks for a look along the shelf. No supplier is told.
"""

from typing import Any

from sqlmodel import Session, select

from catalog.demand import adoption, standings
from catalog.matching.need_json import need_from_json, need_to_json
from catalog.matching.values import Need
from catalog.shelf.content import fingerprint
from catalog.tables import Requirement
from space_hub.clock import Clock
from space_hub.errors import NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.vocabulary.capabilities import capability
from space_hub.work import ledger

_COLUMNS = ("capability", "currency", "window", "phases", "clauses", "area")
"""What of a requirement has columns of its own; all the rest are its terms."""


def state(
    session: Session, clock: Clock, rng: Rng, principal: Principal, *, title: str, description: str, need: Need
) -> Requirement:
    """Keep a requirement. It is never changed: another wish is another requirement.

    Stating it tells no supplier: it reveals areas and dates.
    """
    kept = need_to_json(need)
    row = Requirement(
        id=rng.scope(principal.organisation_id, "requirement").id("req"),
        organisation_id=principal.organisation_id,
        title=title,
        description=description,
        mission_area=capability(need.capability).area.value,
        capability=need.capability,
        clauses=kept["clauses"],
        phases=kept["phases"],
        currency=need.currency,
        area=need.area,
        window_from=need.window.start,
        window_to=need.window.stop or need.window.start,
        terms={name: value for name, value in kept.items() if name not in _COLUMNS},
        content_sha256=fingerprint(kept),
        marking_id=markings.owner_only(session, principal.organisation_id),
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    standings.begin(session, clock, principal, row)
    adoption.stamp(
        session,
        clock,
        rng,
        requirement_id=row.id,
        organisation_id=row.organisation_id,
        step=adoption.Step.NEED_STATED,
    )
    queue_look(session, clock, rng, principal, row.id)
    audit.record(session, clock, principal, "requirement.state", row.id, sha256=row.content_sha256)
    return row


def queue_look(session: Session, clock: Clock, rng: Rng, principal: Principal, requirement_id: str) -> None:
    """Have the shelf looked along for a need, once in its life: what arrives later is matched when it comes."""
    params = {"requirement_id": requirement_id}
    slot = f"look:{requirement_id}"
    ledger.start(session, clock, rng, kind="need.look", params=params, principal=principal, slot=slot)


def get(session: Session, principal: Principal, requirement_id: str) -> Requirement:
    """A requirement of the principal's own organisation; another's reads as unknown."""
    row = session.exec(
        select(Requirement).where(
            Requirement.id == requirement_id, Requirement.organisation_id == principal.organisation_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound("catalog.requirement_unknown", requirement_id=requirement_id)
    return row


def need_of(row: Requirement) -> Need:
    kept: dict[str, Any] = {
        "capability": row.capability,
        "currency": row.currency,
        "window": [row.window_from.isoformat(), row.window_to.isoformat()],
        "phases": row.phases,
        "clauses": row.clauses,
        "area": row.area,
        **row.terms,
    }
    return need_from_json(kept)
