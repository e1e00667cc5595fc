"""Prices of a joint buy: every way of having it over its horizon, and each nation's share by the method agreed.

All inputs have one hash. Where there are too many nations to count out, the orders of
joining are drawn from that hash: whoever has the inputs can check the shares.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func
from sqlmodel import Session, col, select

from catalog.capacity.rules import PARTS
from catalog.competition.canonical import canonical
from catalog.framework.tables import PoolQuota
from catalog.promise.tables import PoolLot
from catalog.together.economy import Break, Economy, Option, ShareMethod, compare
from catalog.together.shares import EXACT
from catalog.together.tables import JointBuy, JointNeed, JointOption
from space_hub.rng import SeededRng
from space_hub.vocabulary.codes import Modality

_PAIRS = 2_000
"""Drawn orders of joining, each with its reverse, for more nations than can be counted out."""


@dataclass(frozen=True, slots=True)
class Priced:
    economies: list[Economy]
    inputs_sha256: str


def price(session: Session, buy: JointBuy, needs: Sequence[JointNeed], ways: Sequence[JointOption]) -> Priced:
    quantities = {need.organisation_id: Decimal(need.parts) / PARTS for need in needs}
    method = ShareMethod(buy.share_method)
    quotas = quotas_of(session, buy, needs) if method is ShareMethod.QUOTA else None
    sha256 = _inputs(buy, quantities, ways, quotas)
    drawn = orders(sha256, quantities) if method is ShareMethod.SHAPLEY and len(needs) > EXACT else ()
    return Priced(compare(quantities, map(value, ways), buy.months, method, quotas, drawn), sha256)


def value(row: JointOption) -> Option:
    breaks = tuple(Break(Decimal(each["from"]), Decimal(each["unit_price"])) for each in row.breaks)
    return Option(Modality(row.modality), Decimal(row.fixed), breaks, row.months, row.source)


def orders(inputs_sha256: str, nations: Iterable[str], pairs: int = _PAIRS) -> list[list[str]]:
    """Orders of joining, drawn from the inputs: who has them draws the same and can check the shares."""
    stream = SeededRng(int(inputs_sha256, 16)).scope("joint_buy", "shapley")
    names = sorted(nations)
    drawn = [sorted(names, key=lambda _: stream.token_bytes(8)) for _ in range(pairs)]
    return [order for each in drawn for order in (each, each[::-1])]


def _inputs(
    buy: JointBuy,
    needs: Mapping[str, Decimal],
    options: Sequence[JointOption],
    quotas: Mapping[str, Decimal] | None,
) -> str:
    content = {
        "joint_buy": buy.id,
        "method": buy.share_method,
        "months": buy.months,
        "currency": buy.currency,
        "needs": {name: f"{quantity:f}" for name, quantity in needs.items()},
        "options": [row.model_dump(exclude={"joint_buy_id"}) for row in options],
        "quotas": None if quotas is None else {name: f"{quota:f}" for name, quota in quotas.items()},
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def quotas_of(session: Session, buy: JointBuy, needs: Sequence[JointNeed]) -> dict[str, Decimal]:
    """Of the pool's lots for this capability, in the year in which the common window begins."""
    year = max(need.window_from for need in needs).year
    rows = session.exec(
        select(PoolQuota.organisation_id, func.sum(PoolQuota.granted))
        .join(PoolLot, col(PoolLot.id) == col(PoolQuota.lot_id))
        .where(
            PoolLot.pool_id == buy.pool_id,
            PoolLot.unit == buy.unit,
            func.coalesce(PoolLot.capability, buy.capability) == buy.capability,
            PoolQuota.year == year,
            col(PoolQuota.organisation_id).in_([need.organisation_id for need in needs]),
        )
        .group_by(col(PoolQuota.organisation_id))
    ).all()
    return {organisation_id: Decimal(int(granted)) for organisation_id, granted in sorted(rows)}
