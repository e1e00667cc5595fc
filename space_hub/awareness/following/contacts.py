"""Whom to speak to about an object: only an organisation that agreed to be found is named.

What is shown is what the organisation says of itself; the hub does not check that it operates
the object, and says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from space_hub.awareness import catalogue
from space_hub.awareness.following.tables import ObjectContact
from space_hub.clock import Clock
from space_hub.errors import NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal


@dataclass(frozen=True, slots=True)
class ContactAsk:
    """A consent as it is given. `nations`: only their organisations see it; None: every organisation with a key."""

    object: str | int
    name: str
    email: str
    phone: str = ""
    nations: tuple[str, ...] | None = None


def agree(session: Session, clock: Clock, rng: Rng, principal: Principal, ask: ContactAsk) -> ObjectContact:
    """Be found for an object from now on, in the place of what was said before; NotFound for an unknown object."""
    object_id = catalogue.resolve(session, [ask.object])[0]
    owner = principal.organisation_id
    for before in _in_force(session, owner, object_id):
        before.withdrawn_at = clock.now()
        session.add(before)
    session.flush()
    public = ask.nations is None
    marking_id = markings.public(session) if public else markings.restricted(session, owner, ask.nations or ())
    row = ObjectContact(
        id=rng.scope(owner, "contact").id("con"),
        organisation_id=owner,
        object_id=object_id,
        name=ask.name,
        email=ask.email,
        phone=ask.phone,
        given_at=clock.now(),
        marking_id=marking_id,
    )
    session.add(row)
    session.flush()
    audit.record(session, clock, principal, "contact.agree", row.id, object_id=object_id)
    return row


def withdraw(session: Session, clock: Clock, principal: Principal, contact_id: str) -> ObjectContact:
    """Be found no longer; raises NotFound `contact.unknown`, also for another organisation's."""
    row = session.exec(
        select(ObjectContact).where(
            ObjectContact.id == contact_id, ObjectContact.organisation_id == principal.organisation_id
        )
    ).first()
    if row is None:
        raise NotFound("contact.unknown", contact=contact_id)
    if row.withdrawn_at is None:
        row.withdrawn_at = clock.now()
        session.add(row)
        audit.record(session, clock, principal, "contact.withdraw", row.id, object_id=row.object_id)
    return row


def of(session: Session, principal: Principal, object_ids: Iterable[str]) -> list[ObjectContact]:
    """Those in force for these objects that `principal` may see."""
    return list(
        session.exec(
            select(ObjectContact)
            .where(
                col(ObjectContact.object_id).in_(list(object_ids)),
                col(ObjectContact.withdrawn_at).is_(None),
                markings.visible(ObjectContact.marking_id, principal),
            )
            .order_by(col(ObjectContact.object_id), col(ObjectContact.id))
        )
    )


def _in_force(session: Session, organisation_id: str, object_id: str) -> Sequence[ObjectContact]:
    return session.exec(
        select(ObjectContact).where(
            ObjectContact.organisation_id == organisation_id,
            ObjectContact.object_id == object_id,
            col(ObjectContact.withdrawn_at).is_(None),
        )
    ).all()
