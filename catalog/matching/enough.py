"""Whether a pool of offerings can meet a requirement at all: quantities, shares, numbers, losses. Pure.

In each phase a supplier adds the smaller of what it can deliver and its largest
allowed share, which is the least shortfall in closed form (`plan`). What must
be survived is asked of the whole pool: with every other offering called in.
Counted in floats; where a sum lies within a billionth of what is asked, in
decimals, so that no rounding decides.
"""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from catalog.matching.eligibility import usable_phases
from catalog.matching.plan import exact
from catalog.matching.values import Candidate, LossKind, Need, PhaseNeed

_CLOSE = 1e-9

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Pool:
    """The offerings in columns; a part of them is a mask over their places.

    `hopeful`: what was not said counts as if it were all that is asked for.
    """

    def __init__(self, need: Need, offers: Sequence[Candidate], *, hopeful: bool = False) -> None:
        self._need = need
        nations = {each.provider_id: each.nation for each in offers}
        place_of = {name: place for place, name in enumerate(nations)}
        self._providers = len(nations)
        self._provider = np.array([place_of[each.provider_id] for each in offers], dtype=np.int64)
        self._nation = np.array(list(nations.values()), dtype=np.str_)
        able = [_able(need, each, hopeful) for each in offers]
        self._exact = [[found.get(asked.phase, Decimal(0)) for found in able] for asked in need.phases]
        self._held: list[Floats] = [np.array([float(each) for each in column]) for column in self._exact]
        self._groups = _groups(offers) if LossKind.COMMON_MODE in need.wishes.survive else []

    def enough(self, mask: Bools) -> bool:
        """Whether the offerings of the mask can meet the requirement together."""
        wishes = self._need.wishes
        if not self._covers(mask, 1.0) or not self._many(mask):
            return False
        if LossKind.SUPPLIER in wishes.survive and not all(
            self._covers(mask & (self._provider != lost), wishes.service_kept) for lost in range(self._providers)
        ):
            return False
        return all(self._covers(mask & ~lost, wishes.service_kept) for lost in self._groups)

    def _covers(self, mask: Bools, kept: float) -> bool:
        return all(self._covers_phase(place, asked, mask, kept) for place, asked in enumerate(self._need.phases))

    def _covers_phase(self, place: int, asked: PhaseNeed, mask: Bools, kept: float) -> bool:
        share = self._need.largest_share
        held = np.bincount(self._provider, weights=self._held[place] * mask, minlength=self._providers)
        if share is not None:
            held = np.minimum(held, asked.quantity * share)
        total, wanted = float(held.sum()), asked.quantity * kept
        if abs(total - wanted) > _CLOSE * wanted:
            return total > wanted
        return self._exactly(place, asked, mask) >= exact(asked.quantity) * exact(kept)

    def _exactly(self, place: int, asked: PhaseNeed, mask: Bools) -> Decimal:
        by_provider: dict[int, Decimal] = {}
        for offer in np.flatnonzero(mask):
            provider = int(self._provider[offer])
            by_provider[provider] = by_provider.get(provider, Decimal(0)) + self._exact[place][offer]
        share = self._need.largest_share
        most = exact(asked.quantity) * (Decimal(1) if share is None else exact(share))
        return sum((size if share is None else min(most, size) for size in by_provider.values()), Decimal(0))

    def _many(self, mask: Bools) -> bool:
        """Suppliers and jurisdictions that can deliver something in some phase."""
        useful = mask & np.any([held > 0 for held in self._held], axis=0)
        present = np.unique(self._provider[useful])
        wishes = self._need.wishes
        return (
            len(present) >= wishes.least_suppliers
            and len(np.unique(self._nation[present])) >= wishes.least_jurisdictions
        )


def _able(need: Need, offer: Candidate, hopeful: bool) -> dict[object, Decimal]:
    if hopeful:
        return {each.phase: exact(offer.capacity.get(each.phase, each.quantity)) for each in need.phases}
    return {phase: exact(offer.capacity[phase]) for phase in usable_phases(need, offer)}


def _groups(offers: Sequence[Candidate]) -> list[Bools]:
    """For each thing that several offerings rest on: which."""
    resting: dict[str, list[int]] = {}
    for place, each in enumerate(offers):
        for group in {dependency.group for dependency in each.dependencies if dependency.known}:
            resting.setdefault(group, []).append(place)
    found = []
    for _, places in sorted(resting.items()):
        mask = np.zeros(len(offers), dtype=np.bool_)
        mask[places] = True
        found.append(mask)
    return found
