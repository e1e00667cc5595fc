"""Lots: the parts of a pool that suppliers are admitted to and nations have quotas of.

Every pool has lot 1. A lot for one capability counts in its unit; one without counts as each of its agreements
does, and then nobody can have a quota of it. Lots share out the ceiling of their pool: their ceilings together
are never more, and where the pool has one, each lot has.
"""

from collections.abc import Collection, Sequence
from decimal import Decimal

from sqlmodel import Session, col, select

from catalog.capacity import wholes
from catalog.capacity.ledger import CENTS
from catalog.capacity.rules import Bucket, Span
from catalog.framework import lot_rows
from catalog.framework.lot_rows import money_resource
from catalog.framework.states import PoolState
from catalog.ordering.tables import CallOffOption
from catalog.promise import pools
from catalog.promise.authority import Authority
from catalog.promise.tables import Agreement, Pool, PoolLot
from space_hub.clock import Clock
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal
from space_hub.vocabulary.money import Money, money


def add(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    pool_id: str,
    *,
    title_en: str,
    title_fr: str,
    capability: str | None,
    bucket: Span,
    ceiling: Decimal | None,
    authority: Authority,
) -> PoolLot:
    """Publish another lot of a pool that the principal leads."""
    pool = pools.led(session, principal, pool_id)
    if pool.state != PoolState.OPEN.value:
        raise Conflict("pool.closed", pool_id=pool.id)
    known = of_pool(session, pool.id)
    _fits(pool, known, ceiling)
    lot = lot_rows.publish(
        session,
        clock,
        rng,
        principal,
        pool,
        number=len(known) + 1,
        titles=(title_en, title_fr),
        capability=capability,
        bucket=bucket,
        ceiling=ceiling,
    )
    said = {"authority": authority.name, "office": authority.office}
    audit.record(session, clock, principal, "lot.publish", lot.id, pool=pool.id, number=lot.number, **said)
    return lot


def set_ceiling(
    session: Session, clock: Clock, principal: Principal, lot_id: str, ceiling: Decimal, authority: Authority
) -> PoolLot:
    """Another ceiling in money; never below what is called off, nor all lots above the pool's.

    A lot without a ceiling does not count its money: it gets one only before anything is called off in it.
    """
    lot, pool = led(session, principal, lot_id)
    session.refresh(lot, with_for_update=True)
    if lot.ceiling is None and _called_off(session, lot.id):
        raise Conflict("lot.ceiling_too_late", number=lot.number)
    _fits(pool, [each for each in of_pool(session, pool.id) if each.id != lot.id], ceiling)
    if not lot_rows.put_ceiling(session, pool, lot, ceiling):
        used = wholes.of(session, money_resource(lot.id)).committed
        raise Conflict("lot.ceiling_reached", used=str(_money(pool, Decimal(used) / CENTS)))
    said = {"authority": authority.name, "office": authority.office}
    audit.record(session, clock, principal, "lot.set_ceiling", lot.id, ceiling=lot.ceiling, **said)
    return lot


def get(session: Session, principal: Principal, lot_id: str) -> tuple[PoolLot, Pool]:
    """A lot of a pool that the principal may see."""
    found = session.exec(
        select(PoolLot, Pool)
        .join(Pool, col(Pool.id) == col(PoolLot.pool_id))
        .where(PoolLot.id == lot_id, pools.visible(principal))
    ).first()
    if found is None:
        raise NotFound("lot.unknown", lot_id=lot_id)
    return found[0], found[1]


def led(session: Session, principal: Principal, lot_id: str) -> tuple[PoolLot, Pool]:
    """A lot of a pool that the principal leads; the pool is locked until the transaction ends."""
    lot, pool = get(session, principal, lot_id)
    if pool.lead_organisation_id != principal.organisation_id:
        raise Forbidden("pool.lead_decides", pool_id=pool.id)
    return lot, pools.led(session, principal, pool.id)


def of_pool(session: Session, pool_id: str) -> Sequence[PoolLot]:
    return session.exec(select(PoolLot).where(PoolLot.pool_id == pool_id).order_by(col(PoolLot.number))).all()


def choose(
    session: Session, pool: Pool, lot_id: str | None, capability: str, unit: str, currencies: Collection[str]
) -> PoolLot:
    """The lot in which an agreement on such an offering stands: the one named, or lot 1 of an open pool."""
    if pool.state != PoolState.OPEN.value:
        raise Conflict("pool.closed", pool_id=pool.id)
    wanted = pools.first_lot(session, pool.id) if lot_id is None else lot_id
    lot = session.get(PoolLot, wanted)
    if lot is None or lot.pool_id != pool.id:
        raise NotFound("lot.unknown", lot_id=wanted)
    if lot.capability not in (None, capability):
        raise Invalid("lot.other_capability", number=lot.number, wanted=lot.capability, given=capability)
    if lot.unit not in (None, unit):
        raise Invalid("lot.other_unit", number=lot.number, wanted=lot.unit, given=unit)
    if lot.ceiling is not None and set(currencies) != {pool.currency}:
        raise Invalid("lot.other_currency", given=", ".join(sorted(currencies)), wanted=pool.currency)
    return lot


def money_of(session: Session, lot: PoolLot) -> Bucket | None:
    """Ceiling and use in hundredths; None where the lot has no ceiling."""
    return None if lot.ceiling is None else wholes.of(session, money_resource(lot.id))


def _called_off(session: Session, lot_id: str) -> bool:
    found = select(CallOffOption.rank).join(Agreement, col(Agreement.id) == col(CallOffOption.agreement_id))
    return session.exec(found.where(Agreement.lot_id == lot_id).limit(1)).first() is not None


def _fits(pool: Pool, others: Sequence[PoolLot], ceiling: Decimal | None) -> None:
    if ceiling is None:
        if pool.ceiling is not None:
            raise Invalid("lot.ceiling_missing", most=str(_money(pool, Decimal(pool.ceiling))))
        return
    if pool.currency is None:
        raise Invalid("lot.currency_missing", pool_id=pool.id)
    _money(pool, ceiling)
    if pool.ceiling is not None:
        left = Decimal(pool.ceiling) - sum(Decimal(each.ceiling or 0) for each in others)
        if ceiling > left:
            raise Conflict("lot.ceiling_above_pool", given=str(_money(pool, ceiling)), left=str(_money(pool, left)))


def _money(pool: Pool, amount: Decimal) -> Money:
    return money(amount, pool.currency or "")
