"""From the solver's floats to quantities that add up: whole units, filled and priced exactly. Pure.

What the solver chose is rounded down to units and put on a network of the same
capacities, quotas and shares; the crumbs that rounding left are then filled up
along paths. Nothing is served beyond what the solver served, so a shortage that was
chosen for its price or for a budget stays one.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from catalog.portfolio import pricing
from catalog.portfolio.aims import Aims
from catalog.portfolio.pool import FINER, Pool
from catalog.portfolio.values import ZERO, Exposure, Plan, Use
from space_hub.vocabulary.phases import Phase

_CRUMB = 1e-6
"""What is missing below this part of a typical demand is rounding, not a choice."""


def plan(
    pool: Pool,
    aims: Aims,
    retained: Sequence[bool],
    served: Mapping[tuple[int, int, Phase], float],
    *,
    batch: int,
    gap: float,
    nodes: int,
    scenarios: int,
    cuts: int,
) -> Plan:
    """`served`: units, as floats, by offer, demand and phase."""
    use: dict[tuple[str, str, Phase], Decimal] = {}
    for phase in pool.phases:
        for (offer, demand), units in _units(pool, aims, retained, served, phase, batch).items():
            use[pool.demands[demand].id, pool.offers[offer].id, phase] = pool.decimal(units)
    shortfall = {(each.id, phase): each.quantity.get(phase, ZERO) for each in pool.demands for phase in pool.phases}
    for (demand_id, _, phase), size in use.items():
        shortfall[demand_id, phase] -= size
    names = tuple(offer.id for offer, kept in zip(pool.offers, retained, strict=True) if kept)
    return Plan(
        retained=names,
        use=use,
        shortfall={key: size for key, size in shortfall.items() if size > 0},
        cost=pricing.total(pool.market, names, use),
        bills=pricing.bills(pool.market, names, use),
        exposed=exposed(pool, aims, retained),
        gap=gap,
        nodes=nodes,
        scenarios=scenarios,
        cuts=cuts,
    )


def exposed(pool: Pool, aims: Aims, retained: Sequence[bool]) -> tuple[Exposure, ...]:
    parts = [float(kept) for kept in retained]
    found = []
    for phase in pool.phases:
        asked = sum(pool.kept(phase))
        for place, stays in enumerate(aims.staying(parts, phase)):
            if stays < asked:
                best = sum(aims.failing[place, phase])
                found.append(Exposure(pool.failures[place], phase, *map(pool.decimal, (asked, stays, best))))
    return tuple(found)


def quantities(use: Use, offer_id: str) -> dict[Phase, Decimal]:
    found: dict[Phase, Decimal] = {}
    for (_, name, phase), size in use.items():
        if name == offer_id:
            found[phase] = found.get(phase, ZERO) + size
    return found


def _round(size: float, crumb: float) -> int:
    """The round number that is meant, if one is near; else down to units."""
    near = round(size / 10**FINER) * 10**FINER
    return near if abs(size - near) <= crumb else int(size)


def _units(
    pool: Pool,
    aims: Aims,
    retained: Sequence[bool],
    served: Mapping[tuple[int, int, Phase], float],
    phase: Phase,
    batch: int,
) -> dict[tuple[int, int], int]:
    network = pool.nominal(phase, retained)
    given = [0.0] * len(pool.demands)
    crumb = max(1.0, _CRUMB * batch)
    for (offer, demand, at), size in sorted(served.items(), key=lambda one: one[0][:2]):
        if at is phase and retained[offer]:
            given[demand] += size
            network.push(offer, demand, _round(size, crumb))
    for demand, size in enumerate(given):
        aim = aims.nominal[phase][demand]
        unserved = pool.need[phase][demand] - (aim if size > aim - crumb else int(size))
        network.short[demand] = max(0, network.short[demand] - unserved)
    network.fill()
    return {pair: units for pair in network.links if (units := network.flow(*pair)) > 0}
