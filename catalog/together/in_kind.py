"""Services in kind: one nation of a pool does something for another, and it counts once the other confirmed it.

As in exchanges of air transport between nations, a service has a rate in equivalents,
here of money, so that it can be set against what its giver owes.
"""

from decimal import Decimal

from sqlalchemy import ColumnElement, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.promise import pools
from catalog.promise.tables import Pool
from catalog.together.tables import InKindEntry
from space_hub.clock import Clock
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal
from space_hub.vocabulary.money import money


def give(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    pool_id: str,
    *,
    to_organisation_id: str,
    service: str,
    quantity: Decimal,
    rate: Decimal,
    currency: str,
) -> InKindEntry:
    """The giver notes what it did; `rate` is what one unit of it is worth."""
    pool = pools.get(session, principal, pool_id)
    me = principal.organisation_id
    if not pools.is_member(session, pool.id, me) or not pools.is_member(session, pool.id, to_organisation_id):
        raise Forbidden("settlement.members_only", pool_id=pool.id)
    if me == to_organisation_id:
        raise Invalid("settlement.in_kind_to_itself")
    worth = money(quantity * rate, currency)
    if not worth.amount:
        raise Invalid("settlement.in_kind_worth_nothing", quantity=f"{quantity:f}", rate=f"{rate:f}")
    entry = InKindEntry(
        id=rng.scope(me, "in_kind").id("ink"),
        pool_id=pool.id,
        from_organisation_id=me,
        to_organisation_id=to_organisation_id,
        service=service,
        quantity=f"{quantity:f}",
        rate=f"{rate:f}",
        equivalents=f"{worth.amount:f}",
        currency=currency,
        at=clock.now(),
    )
    session.add(entry)
    session.flush()
    audit.record(session, clock, principal, "in_kind.give", entry.id, to=to_organisation_id, worth=str(worth))
    return entry


def confirm(session: Session, clock: Clock, principal: Principal, entry_id: str) -> InKindEntry:
    """The receiver says that it had it."""
    entry = session.exec(select(InKindEntry).where(InKindEntry.id == entry_id, visible(principal))).first()
    if entry is None:
        raise NotFound("settlement.in_kind_unknown", entry_id=entry_id)
    if entry.to_organisation_id != principal.organisation_id:
        raise Forbidden("settlement.receiver_confirms", entry_id=entry_id)
    if entry.confirmed_at is not None:
        raise Conflict("settlement.in_kind_confirmed", at=entry.confirmed_at.isoformat())
    entry.confirmed_by, entry.confirmed_at = principal.key_id, clock.now()
    session.add(entry)
    session.flush()
    audit.record(session, clock, principal, "in_kind.confirm", entry.id)
    return entry


def visible(principal: Principal) -> ColumnElement[bool]:
    """What one gave or was given, and all of a pool that one leads."""
    me = principal.organisation_id
    led = sa_select(col(Pool.id)).where(col(Pool.lead_organisation_id) == me)
    return or_(
        col(InKindEntry.from_organisation_id) == me,
        col(InKindEntry.to_organisation_id) == me,
        col(InKindEntry.pool_id).in_(led),
    )
