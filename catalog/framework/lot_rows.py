"""The rows of a lot: published with its money in the ledger, told to the pool's members."""

from decimal import Decimal

from sqlmodel import Session, select

from catalog.capacity import wholes
from catalog.capacity.ledger import CENTS
from catalog.capacity.rules import Span
from catalog.capacity.tables import ResourceKind
from catalog.promise.tables import Pool, PoolLot, PoolMember
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Invalid
from space_hub.rng import Rng
from space_hub.trust import markings
from space_hub.trust.principal import Principal
from space_hub.vocabulary import capabilities
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.money import money


def publish(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    pool: Pool,
    *,
    number: int,
    titles: tuple[str, str],
    capability: str | None,
    bucket: Span,
    ceiling: Decimal | None,
) -> PoolLot:
    """A new lot of `pool`; for callers that have asked who may and whether its ceiling fits."""
    about = None if capability is None else capabilities.capability(capability)
    if about is not None and about.area != pool.mission_area:
        raise Invalid("lot.other_mission_area", given=about.area, wanted=MissionArea(pool.mission_area))
    if bucket is Span.WHOLE:
        raise Invalid("lot.bucket_wrong")
    lot = PoolLot(
        id=rng.scope(principal.organisation_id, "lot").id("lot"),
        pool_id=pool.id,
        number=number,
        title_en=titles[0],
        title_fr=titles[1],
        capability=capability,
        unit=None if about is None else about.capacity_unit,
        bucket=bucket.value,
    )
    session.add(lot)
    session.flush()
    if ceiling is not None:
        put_ceiling(session, pool, lot, ceiling)
    payload = {
        "lot_id": lot.id,
        "pool_id": pool.id,
        "number": number,
        "capability": capability,
        "unit": lot.unit,
        "ceiling": lot.ceiling,
        "currency": pool.currency,
    }
    log.append(session, clock, "lot.published", lot.id, payload, members_of(session, pool))
    return lot


def put_ceiling(session: Session, pool: Pool, lot: PoolLot, ceiling: Decimal) -> bool:
    """Make `ceiling` what may be spent in the lot; False, and nothing done, where more is spent already."""
    resource = money_resource(lot.id)
    wholes.ensure(session, resource, ResourceKind.MONEY, pool.currency or "")
    if not wholes.set_ceiling(session, resource, int(ceiling * CENTS)):
        return False
    lot.ceiling = f"{money(ceiling, pool.currency or '').amount:f}"
    session.add(lot)
    session.flush()
    return True


def money_resource(lot_id: str) -> str:
    """The ledger's name for what may be spent in a lot, in hundredths of the pool's currency."""
    return f"{lot_id}/money"


def members_of(session: Session, pool: Pool) -> str:
    """A marking for the lead and the members that have joined, and for no supplier."""
    joined = select(PoolMember.organisation_id).where(PoolMember.pool_id == pool.id, PoolMember.status == "joined")
    return markings.among(session, pool.lead_organisation_id, session.exec(joined).all())
