"""What a market can give at best, with everything retained: no plan is asked for more. Pure.

So nothing is ever "infeasible". What is short of the asked is short for every
plan and is told; what is left to decide is which offers reach what can be reached.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from catalog.portfolio.network import Network
from catalog.portfolio.pool import Pool
from space_hub.vocabulary.phases import Phase

Scenario = tuple[int, Phase]
"""A failure, by its place among the pool's, in a phase."""


@dataclass(frozen=True, slots=True)
class Cut:
    """In this scenario, what is retained of all that can reach `demands` must carry `least` units to them."""

    scenario: Scenario
    demands: tuple[int, ...]
    least: int
    carried: tuple[tuple[int, int], ...]
    """(offer, the most that it can bring to them)."""


class Aims:
    """`nominal[phase][demand]`, and `failing[scenario][demand]` for the scenarios that others do not imply."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.nominal: dict[Phase, list[int]] = {}
        for phase in pool.phases:
            network = pool.nominal(phase)
            network.fill()
            self.nominal[phase] = _less(pool.need[phase], network.short)
        self.reach: list[dict[Phase, list[int]]] = [{phase: [] for phase in pool.phases} for _ in pool.demands]
        for phase, pairs in pool.pairs.items():
            for offer, demand in pairs:
                self.reach[demand][phase].append(offer)
        self.hit = [pool.hit(failure) for failure in pool.failures]

    @cached_property
    def failing(self) -> dict[Scenario, list[int]]:
        """What must stay: what was asked to stay, as far as everything together can give it."""
        everything = [1.0] * len(self.pool.offers)
        found: dict[Scenario, list[int]] = {}
        for phase in self.pool.phases:
            kept = self.pool.kept(phase)
            whole = self.pool.strained(phase, kept, everything)
            whole.fill()
            for place, hit in enumerate(self.hit):
                if any(_after(whole, hit).short):
                    left = self.pool.strained(
                        phase, kept, [float(offer not in hit) for offer in range(len(everything))]
                    )
                    left.fill()
                    found[place, phase] = _less(kept, left.short)
                else:
                    found[place, phase] = kept
        return found

    @cached_property
    def telling(self) -> tuple[Scenario, ...]:
        """Scenarios that no other implies: one that takes more away and must leave as much implies this one."""
        found: list[Scenario] = []
        for place, phase in sorted(self.failing, key=lambda one: (-len(self.hit[one[0]]), one[0], one[1])):
            hit, least = self.hit[place], self.failing[place, phase]
            if not any(
                other_phase is phase
                and hit <= self.hit[other]
                and all(more >= less for more, less in zip(self.failing[other, phase], least, strict=True))
                for other, other_phase in found
            ):
                found.append((place, phase))
        return tuple(found)

    def cuts(self, retained: Sequence[float], tolerance: float) -> list[Cut]:
        """One violated inequality for each scenario that what is retained (perhaps in part) does not survive.

        The recourse costs nothing and is a flow, so the least cut of the failed
        network says in the choice of offers alone what a copy of all flows would.
        """
        found = []
        for phase in self.pool.phases:
            networks: dict[tuple[int, ...], Network] = {}
            for place, at in self.telling:
                least = self.failing[place, at]
                hit = self.hit[place]
                if at is not phase or not any(least):
                    continue
                whole = networks.get(tuple(least))
                if whole is None:
                    whole = self.pool.strained(phase, least, retained)
                    whole.fill()
                    networks[tuple(least)] = whole
                left = _after(whole, hit)
                if sum(left.short) > tolerance * sum(least):
                    found.append(self._cut((place, phase), left.stuck(), least))
        return found

    def _cut(self, scenario: Scenario, demands: Sequence[int], least: Sequence[int]) -> Cut:
        place, phase = scenario
        asked = sum(least[demand] for demand in demands)
        able: dict[int, list[int]] = {}
        for demand in demands:
            for offer in self.reach[demand][phase]:
                able.setdefault(offer, []).append(demand)
        carried = {
            offer: min(asked, self.pool.carried(phase, offer, least, mine))
            for offer, mine in able.items()
            if offer not in self.hit[place]
        }
        return Cut(scenario, tuple(demands), asked, tuple(sorted(carried.items())))

    def staying(self, retained: Sequence[float], phase: Phase) -> list[int]:
        """How much of what was asked to stay does, exactly, by failure."""
        kept = self.pool.kept(phase)
        network = self.pool.strained(phase, kept, retained)
        network.fill()
        return [sum(kept) - sum(_after(network, hit).short) for hit in self.hit]


def _after(whole: Network, hit: Iterable[int]) -> Network:
    left = whole.copy()
    for offer in hit:
        left.fail(offer)
    left.fill()
    return left


def _less(asked: Sequence[int], short: Sequence[int]) -> list[int]:
    return [whole - lacking for whole, lacking in zip(asked, short, strict=True)]
