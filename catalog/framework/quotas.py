"""Quotas: how much of a lot a nation may use in a year, granted by the lead and passed on between nations.

A quota is a resource of the capacity ledger without time: a call-off takes from it as it takes a day of a satellite,
and the same constraint refuses what is not there. Passing part of it on moves two ceilings in one transaction, so
that the sum stays and what is used cannot be given away. Members see all quotas, suppliers none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from catalog.capacity import wholes
from catalog.capacity.rules import units
from catalog.capacity.tables import ResourceKind
from catalog.framework import lot_rows, lots
from catalog.framework.tables import PoolQuota, QuotaTransfer
from catalog.promise import pools
from catalog.promise.authority import Authority
from catalog.promise.tables import Pool, PoolLot
from space_hub.clock import Clock
from space_hub.db import upsert
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, Invalid
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal


@dataclass(frozen=True, slots=True)
class Quota:
    """What the ledger takes a use from, and how many parts it holds in all."""

    resource: str
    granted: int


@dataclass(frozen=True, slots=True)
class Standing:
    organisation_id: str
    year: int
    granted: int
    used: int


def grant(
    session: Session,
    clock: Clock,
    principal: Principal,
    lot_id: str,
    organisation_id: str,
    *,
    year: int,
    parts: int,
    authority: Authority,
) -> Standing:
    """The lead's authority gives a member so much of a year; lower than before, but not below what is used."""
    lot, pool = lots.led(session, principal, lot_id)
    _joined(session, pool, organisation_id)
    row = _ensure(session, lot, organisation_id, year)
    if not wholes.set_ceiling(session, row.resource, parts):
        raise _used_up(session, row, parts)
    row.granted = parts
    session.add(row)
    said = {"authority": authority.name, "office": authority.office}
    audit.record(
        session, clock, principal, "quota.grant", lot.id, organisation=organisation_id, year=year, parts=parts, **said
    )
    session.flush()
    return _standing(session, row)


def transfer(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    lot_id: str,
    *,
    to_organisation_id: str,
    year: int,
    parts: int,
    authority: Authority,
) -> QuotaTransfer:
    """The principal's nation passes part of its own quota on to another member."""
    lot, pool = lots.get(session, principal, lot_id)
    giver = principal.organisation_id
    if giver == to_organisation_id:
        raise Invalid("quota.to_itself")
    if not pools.is_member(session, pool.id, giver):
        raise Forbidden("quota.members_only", pool_id=pool.id)
    _joined(session, pool, to_organisation_id)
    # In one order for all, so that two who give to each other do not wait for each other.
    both = {each: _ensure(session, lot, each, year) for each in sorted((giver, to_organisation_id))}
    for row, moved in ((both[giver], -parts), (both[to_organisation_id], parts)):
        if not wholes.raise_by(session, row.resource, moved):
            raise _used_up(session, row, row.granted + moved)
        row.granted += moved
        session.add(row)
    made = QuotaTransfer(
        id=rng.scope(giver, "quota_transfer").id("qtr"),
        lot_id=lot.id,
        year=year,
        from_organisation_id=giver,
        to_organisation_id=to_organisation_id,
        parts=parts,
        by_organisation_id=giver,
        by_key_id=principal.key_id,
        authority_name=authority.name,
        authority_office=authority.office,
        at=clock.now(),
    )
    session.add(made)
    said = {"authority": authority.name, "office": authority.office}
    audit.record(session, clock, principal, "quota.transfer", made.id, lot=lot.id, year=year, parts=parts, **said)
    payload = {
        "quota_transfer_id": made.id,
        "pool_id": pool.id,
        "lot_id": lot.id,
        "year": year,
        "from_organisation_id": giver,
        "to_organisation_id": to_organisation_id,
        "quantity": units(parts),
        "decided_by": {"name": authority.name, "office": authority.office},
    }
    log.append(session, clock, "quota.transferred", made.id, payload, lot_rows.members_of(session, pool))
    session.flush()
    return made


def quota_resource(session: Session, lot_id: str, organisation_id: str, year: int) -> Quota | None:
    """What a use in `year` is taken from; None where nobody has a quota of the lot in that year.

    Where somebody has, a nation without one has nothing. The row is locked shared until the transaction ends, so
    that its ceiling does not move between this look and the taking.
    """
    row = session.exec(
        select(PoolQuota)
        .where(PoolQuota.lot_id == lot_id, PoolQuota.organisation_id == organisation_id, PoolQuota.year == year)
        .with_for_update(read=True)
    ).first()
    if row is not None:
        return Quota(row.resource, row.granted)
    others = select(PoolQuota.resource).where(PoolQuota.lot_id == lot_id, PoolQuota.year == year)
    if session.exec(others.limit(1)).first() is not None:
        raise Conflict("quota.not_granted", year=year)
    return None


def of_lot(session: Session, principal: Principal, lot_id: str, year: int | None = None) -> list[Standing]:
    """Every quota of the lot with what is used of it: told to members, and to nobody else."""
    lot, pool = lots.get(session, principal, lot_id)
    if not pools.is_member(session, pool.id, principal.organisation_id):
        return []
    found = select(PoolQuota).where(PoolQuota.lot_id == lot.id)
    if year is not None:
        found = found.where(PoolQuota.year == year)
    rows = session.exec(found.order_by(col(PoolQuota.year), col(PoolQuota.organisation_id))).all()
    return [_standing(session, row) for row in rows]


def transfers(session: Session, principal: Principal, lot_id: str) -> Sequence[QuotaTransfer]:
    """What was passed on, oldest first; for members."""
    lot, pool = lots.get(session, principal, lot_id)
    if not pools.is_member(session, pool.id, principal.organisation_id):
        return ()
    found = select(QuotaTransfer).where(QuotaTransfer.lot_id == lot.id)
    return session.exec(found.order_by(col(QuotaTransfer.at), col(QuotaTransfer.id))).all()


def _ensure(session: Session, lot: PoolLot, organisation_id: str, year: int) -> PoolQuota:
    """The row, made with nothing in it where there is none, and locked."""
    if lot.unit is None:
        raise Conflict("quota.lot_without_unit", number=lot.number)
    resource = f"{lot.id}/{organisation_id}/{year}"
    wholes.ensure(session, resource, ResourceKind.QUOTA, lot.unit)
    empty = {
        "lot_id": lot.id,
        "organisation_id": organisation_id,
        "year": year,
        "resource": resource,
        "granted": 0,
    }
    session.connection().execute(upsert(session, PoolQuota).values(empty).on_conflict_do_nothing())
    row = select(PoolQuota).where(PoolQuota.resource == resource).with_for_update()
    return session.exec(row.execution_options(populate_existing=True)).one()


def _joined(session: Session, pool: Pool, organisation_id: str) -> None:
    if not pools.is_member(session, pool.id, organisation_id):
        raise Invalid("quota.of_members", given=organisation_id)


def _standing(session: Session, row: PoolQuota) -> Standing:
    return Standing(row.organisation_id, row.year, row.granted, wholes.of(session, row.resource).committed)


def _used_up(session: Session, row: PoolQuota, wanted: int) -> Conflict:
    used = wholes.of(session, row.resource).committed
    return Conflict("quota.used_up", granted=units(row.granted), used=units(used), left=units(max(wanted, 0)))
