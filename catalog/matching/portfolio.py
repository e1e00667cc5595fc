"""Quantities per phase at least cost, and what is left when one supplier falls out. Pure.

Which offerings to retain is a small mixed-integer program, needed only when
retainers are asked for: a retainer is paid for being retained, whatever is
used. The quantities of a retained set are then filled exactly, in decimals,
cheapest first. That is optimal, not only greedy: an offering's capacity lies
within its supplier's share, such nested bounds form a polymatroid, and on it
the greedy order is the linear optimum (Edmonds, 1970). Ties go to the better
fit, then to the content's hash, so that neither age nor name decides.

Shortfall comes first and is in closed form: in each phase a supplier adds the
smaller of its capacity and its largest allowed share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from catalog.matching.eligibility import usable_phases
from catalog.matching.values import Candidate, Loss, Need, PhaseCover
from space_hub.errors import Unavailable
from space_hub.vocabulary.phases import Phase

_ZERO = Decimal(0)
_SECONDS = 30.0
"""200 offerings take 0.03 s (benchmarks/match); what needs a thousand times that is refused, not guessed."""

Fill = Mapping[Phase, Mapping[str, Decimal]]
"""Quantity by phase and offering id; only what is above zero."""


@dataclass(frozen=True, slots=True)
class Supply:
    """One eligible offering in the numbers that the portfolio needs."""

    candidate: Candidate
    score: float
    capacity: Mapping[Phase, Decimal]
    price: Mapping[Phase, Decimal]
    retainer: Mapping[Phase, Decimal]

    @property
    def id(self) -> str:
        return self.candidate.offering_id

    @property
    def tie(self) -> tuple[float, str, str]:
        return -self.score, self.candidate.content_sha256, self.id


def supply(need: Need, candidate: Candidate, score: float) -> Supply:
    phases = usable_phases(need, candidate)
    prices = {phase: candidate.prices[phase] for phase in phases}
    return Supply(
        candidate,
        score,
        {phase: exact(candidate.capacity[phase]) for phase in phases},
        {phase: price.unit_price for phase, price in prices.items()},
        {phase: price.retainer_per_day for phase, price in prices.items()},
    )


def exact(quantity: float) -> Decimal:
    return Decimal(repr(float(quantity)))


def choose(need: Need, offered: Sequence[Supply]) -> Fill:
    """The quantities of the least costly set among those that leave the least shortfall."""
    ordered = sorted(offered, key=lambda each: each.tie)
    if any(value > 0 for each in ordered for value in each.retainer.values()):
        ordered = _enough(need, _retained(need, ordered), ordered)
    return fill(need, ordered)


def fill(need: Need, offered: Sequence[Supply]) -> Fill:
    """Cheapest first in each phase, within capacity and the largest share of one supplier."""
    return {asked.phase: _fill_phase(need, asked.phase, exact(asked.quantity), offered) for asked in need.phases}


def cover(need: Need, offered: Sequence[Supply], filled: Fill) -> tuple[PhaseCover, ...]:
    """Coverage and cost per day of each phase; a retainer is paid in every phase in which it is asked."""
    used = {name for quantities in filled.values() for name in quantities}
    found = []
    for asked in need.phases:
        quantities = filled[asked.phase]
        cost = _ZERO
        for each in offered:
            if each.id in used:
                cost += each.retainer.get(asked.phase, _ZERO)
                cost += quantities.get(each.id, _ZERO) * each.price.get(asked.phase, _ZERO)
        covered = sum(quantities.values(), _ZERO)
        found.append(PhaseCover(asked.phase, exact(asked.quantity), covered, cost, asked.budget_per_day))
    return tuple(found)


def losses(need: Need, offered: Sequence[Supply], filled: Fill) -> tuple[Loss, ...]:
    """For each supplier of the set: what would be missing without it."""
    used = {name for quantities in filled.values() for name in quantities}
    taken = [each for each in offered if each.id in used]
    return tuple(
        Loss(provider, _missing(need, taken, provider), _missing(need, offered, provider))
        for provider in sorted({each.candidate.provider_id for each in taken})
    )


def shortfall(need: Need, phase: Phase, quantity: Decimal, offered: Sequence[Supply]) -> Decimal:
    """What no set of these offerings can cover of one phase."""
    by_provider: dict[str, Decimal] = {}
    for each in offered:
        name = each.candidate.provider_id
        by_provider[name] = by_provider.get(name, _ZERO) + each.capacity.get(phase, _ZERO)
    most = _most(need, quantity)
    return max(_ZERO, quantity - sum((min(most, size) for size in by_provider.values()), _ZERO))


def _missing(need: Need, offered: Sequence[Supply], lost: str) -> dict[Phase, Decimal]:
    left = [each for each in offered if each.candidate.provider_id != lost]
    return {
        asked.phase: max(
            _ZERO,
            exact(asked.quantity) - sum((each.capacity.get(asked.phase, _ZERO) for each in left), _ZERO),
        )
        for asked in need.phases
    }


def _fill_phase(need: Need, phase: Phase, quantity: Decimal, offered: Sequence[Supply]) -> dict[str, Decimal]:
    able = sorted((each for each in offered if phase in each.price), key=lambda each: (each.price[phase], *each.tie))
    share_left: dict[str, Decimal] = {}
    left = quantity
    found: dict[str, Decimal] = {}
    for each in able:
        provider = each.candidate.provider_id
        room = share_left.setdefault(provider, _most(need, quantity))
        amount = min(left, room, each.capacity[phase])
        if amount > 0:
            found[each.id] = amount
            left -= amount
            share_left[provider] = room - amount
    return found


def _most(need: Need, quantity: Decimal) -> Decimal:
    return quantity if need.largest_share is None else quantity * exact(need.largest_share)


def _retained(need: Need, offered: Sequence[Supply]) -> list[Supply]:
    """The offerings that a least-cost set retains: HiGHS on fractions of demand, cost scaled to about one.

    Columns: x (retain or not) for each offering, then z (share of the phase's
    demand) for each offering in each phase that it can serve.
    """
    demand = {asked.phase: exact(asked.quantity) for asked in need.phases}
    flows = [(place, phase) for place, each in enumerate(offered) for phase in demand if phase in each.price]
    retainers = [float(sum(each.retainer.values(), _ZERO)) for each in offered]
    costs = np.array(retainers + [float(offered[place].price[phase] * demand[phase]) for place, phase in flows])
    providers = sorted({each.candidate.provider_id for each in offered})
    shares = [(name, phase) for name in providers for phase in demand] if need.largest_share is not None else []
    # Late: whoever only reads a match needs no solver.
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import lil_matrix

    rows = lil_matrix((len(flows) + len(demand) + len(shares), len(costs)))
    low = np.full(rows.shape[0], -np.inf)
    high = np.zeros(rows.shape[0])
    for row, (place, phase) in enumerate(flows):
        column = len(offered) + row
        rows[row, column] = 1.0
        rows[row, place] = -float(min(Decimal(1), offered[place].capacity[phase] / demand[phase]))
        demand_row = len(flows) + list(demand).index(phase)
        rows[demand_row, column] = 1.0
        if shares:
            share_row = len(flows) + len(demand) + shares.index((offered[place].candidate.provider_id, phase))
            rows[share_row, column] = 1.0
            high[share_row] = need.largest_share or 0.0
    for place, (phase, quantity) in enumerate(demand.items()):
        missing = shortfall(need, phase, quantity, offered)
        low[len(flows) + place] = float((quantity - missing) / quantity) * (1 - 1e-9)
        high[len(flows) + place] = 1.0
    solved = milp(
        costs / max(float(costs.max()), 1e-12),
        constraints=LinearConstraint(rows.tocsr(), low, high),
        integrality=np.concatenate([np.ones(len(offered)), np.zeros(len(flows))]),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0, "time_limit": _SECONDS},
    )
    if solved.x is None or solved.status != 0:
        raise Unavailable("match.solver_gave_up", reason=str(solved.message), retry_after_s=60)
    chosen = solved.x[: len(offered)] > 0.5
    return [
        each
        for each, retained in zip(offered, chosen, strict=True)
        if retained or not any(value > 0 for value in each.retainer.values())
    ]


def _enough(need: Need, retained: list[Supply], offered: Sequence[Supply]) -> list[Supply]:
    """The retained set, completed where the solver's tolerance of one in a million left it short."""
    for asked in need.phases:
        quantity = exact(asked.quantity)
        least = shortfall(need, asked.phase, quantity, offered)
        names = {each.id for each in retained}
        for each in sorted(offered, key=lambda one: (sum(one.retainer.values(), _ZERO), *one.tie)):
            if shortfall(need, asked.phase, quantity, retained) <= least:
                break
            if each.id not in names and asked.phase in each.price:
                retained = [*retained, each]
    return retained
