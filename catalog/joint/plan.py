"""Several needs as one market: one plan for all of them, what any group would pay by itself, what a loss leaves. Pure.

Each need keeps its own gates and its own fits; what is asked of the set is the strictest of what the needs of a
group ask, so that whoever wants more safety raises the cost of every group that it joins, and of no other.
Budgets are no rules here: whose would decide for all? A bill is held against them by whom it concerns.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

from catalog.matching import eligibility, plan
from catalog.matching.fit import fit
from catalog.matching.values import Candidate, Need, Outcome
from catalog.matching.watch import Stage, Watch, silent, watched
from catalog.portfolio.values import ZERO, Demand, Failure, Kind, Market, Plan, Rules
from space_hub.vocabulary.phases import Phase

if TYPE_CHECKING:
    from catalog.portfolio.resilience import Price

K = TypeVar("K")
V = TypeVar("V")

NOTHING = Plan((), {}, {}, ZERO, {}, (), 0.0, 0, 0, 0)
"""Where nobody fits."""


@dataclass(frozen=True, slots=True)
class Party:
    """One need in a joint match, by the name that it has in it; `need.nation` is whose it is."""

    id: str
    organisation_id: str
    need: Need
    requirement_id: str | None = None


class Common:
    """`parties` and what all of them may see; groups are sets of the parties' ids.

    `ties`: where not all can be served, the order of those with one priority, which is no nation's to choose.
    """

    def __init__(
        self,
        parties: Iterable[Party],
        candidates: Iterable[Candidate],
        watch: Watch = silent,
        ties: Mapping[str, str] | None = None,
    ) -> None:
        self.parties = sorted(parties, key=lambda each: each.id)
        self.candidates = sorted(candidates, key=lambda each: (each.content_sha256, each.offering_id))
        self._ties = ties or {}
        self.everybody = frozenset(each.id for each in self.parties)
        self.fits: dict[str, dict[str, float]] = {each.id: {} for each in self.parties}
        """By party and offering, of those that pass every gate."""
        for party, each in watched(watch, Stage.GATES, list(product(self.parties, self.candidates))):
            if eligibility.overall(eligibility.gates(party.need, each)) is Outcome.PASS:
                self.fits[party.id][each.offering_id] = fit(party.need, each).score
        self._plans: dict[frozenset[str], Plan] = {frozenset(): NOTHING}

    def market(self, group: Collection[str], protect: frozenset[Kind] | None = None) -> Market:
        """The needs of a group and whoever fits one of them; `protect` in place of what they ask to survive."""
        mine = [each for each in self.parties if each.id in group]
        offers = []
        for candidate in self.candidates:
            scores = [self.fits[each.id][candidate.offering_id] for each in mine if self._able(each, candidate)]
            if scores:
                able = [each.need for each in mine if self._able(each, candidate)]
                phases = {phase for need in able for phase in eligibility.usable_phases(need, candidate)}
                offers.append(plan.offer(candidate, phases, max(scores)))
        rules = _strictest([each.need for each in mine])
        if protect is not None:
            rules = replace(rules, protect=protect)
        demands = tuple(
            Demand(
                each.id,
                each.need.nation,
                {asked.phase: plan.exact(asked.quantity) for asked in each.need.phases},
                self.fits[each.id],
                each.need.priority,
                tie=self._ties.get(each.id, ""),
            )
            for each in mine
        )
        return Market(tuple(offers), demands, replace(rules, gap=plan.gaps(offers)[0]))

    def plan(self, group: frozenset[str]) -> Plan:
        """The least costly one for a group alone on this shelf."""
        if group not in self._plans:
            from catalog.portfolio.optimise import optimise

            market = self.market(group)
            self._plans[group] = optimise(market) if market.offers else nothing_for(market)
        return self._plans[group]

    def cost(self, group: frozenset[str]) -> Decimal:
        """A day of each phase that is asked, added."""
        return self.plan(group).cost

    def price(self, watch: Watch = silent) -> "Price | None":
        """Of surviving any one loss, for all together; None where nobody fits."""
        from catalog.portfolio import resilience

        market = self.market(self.everybody, frozenset(Kind))
        if not market.offers:
            return None
        watch(Stage.RESILIENCE, 0, 2)
        gaps = plan.gaps(market.offers)
        return resilience.price(
            market, gaps=gaps, groups=(), told=lambda done, total: watch(Stage.RESILIENCE, done, total)
        )

    def left(self, found: Plan) -> list[tuple[Failure, Phase, float]]:
        """The share of everything asked in a phase that each loss leaves of a plan, the worst first."""
        from catalog.portfolio.resilience import service

        market = self.market(self.everybody)
        taken = tuple(each for each in market.offers if each.id in set(found.retained))
        shared = set(plan.common_mode(market.offers))
        if not taken:
            return []
        order = list(Phase)
        rows = [
            (failure, phase, round(share, 6))
            for (failure, phase), share in service(replace(market, offers=taken), found).items()
            if shared.issuperset(failure.groups)
        ]
        return sorted(rows, key=lambda one: (one[2], one[0], order.index(one[1])))

    def _able(self, party: Party, candidate: Candidate) -> bool:
        return candidate.offering_id in self.fits[party.id]


def nothing_for(market: Market) -> Plan:
    """All that is asked is missing."""
    missing = {(each.id, phase): size for each in market.demands for phase, size in each.quantity.items()}
    return replace(NOTHING, shortfall=missing)


def seen_by_all(views: Sequence[Iterable[Candidate]]) -> list[Candidate]:
    """What every reader of a joint match may see: offerings that all see, with what all may know of each.

    Nobody's own experience with a supplier stands in it.
    """
    by_reader = [{each.offering_id: each for each in view} for view in views]
    names = sorted(set[str].intersection(*(set(view) for view in by_reader)))
    return [_known_to_all([view[name] for view in by_reader]) for name in names]


def _known_to_all(seen: Sequence[Candidate]) -> Candidate:
    first = seen[0]

    def same(name: str) -> Any:
        values = [getattr(each, name) for each in seen]
        return _shared(values)

    owners = {each.owner_nation for each in seen}
    return replace(
        first,
        owner_nation=owners.pop() if len(owners) == 1 else None,
        attributes=same("attributes"),
        capacity=same("capacity"),
        prices=same("prices"),
        name_keys=frozenset.intersection(*(each.name_keys for each in seen)),
        papers=tuple(each for each in first.papers if all(each in other.papers for other in seen)),
        dependencies=tuple(each for each in first.dependencies if all(each in other.dependencies for other in seen)),
        deliveries=0,
        deliveries_met=0,
        counted={},
    )


def _shared(values: Sequence[Mapping[K, V]]) -> dict[K, V]:
    first, *others = values
    return {key: value for key, value in first.items() if all(key in each and each[key] == value for each in others)}


def _strictest(needs: Sequence[Need]) -> Rules:
    wishes = [need.wishes for need in needs]
    shares = [each.largest_share for each in wishes if each.largest_share is not None]
    service: dict[tuple[Phase, int], Decimal] = {}
    for need in needs:
        for asked in need.phases:
            key = asked.phase, need.priority
            service[key] = max(service.get(key, ZERO), plan.part(need.wishes.service_kept))
    return Rules(
        largest_share=plan.part(min(shares, default=1.0)),
        least_suppliers=max(each.least_suppliers for each in wishes),
        least_jurisdictions=max(each.least_jurisdictions for each in wishes),
        protect=frozenset(plan.KINDS[kind] for each in wishes for kind in each.survive),
        service=service,
        nodes=plan.NODES,
    )
