"""Who is told of a competition: each supplier its own part in an entry of its own, and the lead.

The readers of an entry go into its name. One entry for all who are invited could be asked by guessing
who they are; an entry that one supplier reads says nothing of another.
"""

from typing import Any

from sqlmodel import Session, col, select

from catalog.competition.tables import Competition, Invitation
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.trust import markings


def invited(session: Session, competition_id: str) -> list[tuple[Invitation, Provider]]:
    """Every invitation with its supplier."""
    rows = session.exec(
        select(Invitation, Provider)
        .join(Provider, col(Provider.id) == col(Invitation.provider_id))
        .where(Invitation.competition_id == competition_id)
        .order_by(col(Invitation.id))
    ).all()
    return [(invitation, provider) for invitation, provider in rows]


def lead(session: Session, clock: Clock, topic: str, row: Competition, **more: Any) -> None:
    payload = {"competition_id": row.id, "pool_id": row.pool_id, "state": row.state, **more}
    marking = markings.owner_only(session, row.organisation_id)
    log.append(session, clock, topic, row.id, payload, marking)


def supplier(
    session: Session,
    clock: Clock,
    topic: str,
    row: Competition,
    to: tuple[Invitation, Provider],
    **more: Any,
) -> None:
    invitation, provider = to
    payload = {"invitation_id": invitation.id, "competition_id": row.id, "state": row.state, **more}
    marking = markings.owner_only(session, provider.organisation_id)
    log.append(session, clock, topic, invitation.id, payload, marking)
