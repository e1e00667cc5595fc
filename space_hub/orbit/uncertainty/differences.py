"""Older element sets against newer ones of the same object, in the RTN of the newer one at its epoch.

A newer set is nearest to the truth at its own epoch. What an older set says of that instant, less what the newer
says, is the error of the older at that age less the error of the newer at age nought.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from space_hub.errors import Invalid
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.frames import rtn
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import DAY, Floats, Indices, ticks


@dataclass(frozen=True, slots=True)
class Differences:
    """Pairs of sets of one history: `older`, `newer` (P,) indices, `age_days` (P,), `rtn_km` (P, 3), older less newer.

    Pairs for which SGP4 gives no state are counted in `failed` and left out.
    """

    older: Indices
    newer: Indices
    age_days: Floats
    rtn_km: Floats
    failed: int = 0

    def __len__(self) -> int:
        return len(self.older)


def ordered(history: Sequence[ElementSet]) -> list[ElementSet]:
    """The sets of one object by epoch, each epoch once (the last given counts). Raises Invalid for two objects."""
    numbers = {one.catalog_number for one in history}
    if len(numbers) > 1:
        raise Invalid("uncertainty.one_object", given=", ".join(map(str, sorted(numbers)[:3])))
    return [each for _, each in sorted({one.epoch: one for one in history}.items())]


def differences(history: Sequence[ElementSet], within_days: float = 7.0, least_days: float = 0.05) -> Differences:
    """Every pair of sets of one object whose epochs lie `least_days` to `within_days` apart."""
    sets = ordered(history)
    at = np.array([ticks(one.epoch) for one in sets], dtype=np.int64)
    first = np.searchsorted(at, at + round(least_days * DAY))
    last = np.searchsorted(at, at + round(within_days * DAY), side="right")
    counts = np.maximum(last - first, 0)
    older = np.repeat(np.arange(len(sets)), counts)
    newer = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)] or [np.empty(0, dtype=np.int64)])
    return between(sets, at, older.astype(np.int64), newer.astype(np.int64))


def between(sets: Sequence[ElementSet], at: Indices, older: Indices, newer: Indices) -> Differences:
    """The differences of given pairs; `at` holds the ticks of the epochs. A row of SGP4 for each older set."""
    fleet = Fleet(sets)
    own = np.array([np.concatenate(fleet.state(index, int(tick))) for index, tick in enumerate(at)]).reshape(-1, 6)
    there = np.full((len(older), 3), np.nan)
    starts = np.flatnonzero(np.diff(older, prepend=-1))
    for begin, end in zip(starts, np.append(starts[1:], len(older)), strict=True):
        there[begin:end] = fleet.positions(int(older[begin]), at[newer[begin:end]])
    axes = rtn(own[newer, :3], own[newer, 3:])
    found = np.einsum("pij,pj->pi", axes, there - own[newer, :3])
    good = np.isfinite(found).all(axis=1)
    age = (at[newer] - at[older]) / DAY
    return Differences(older[good], newer[good], age[good], found[good], int((~good).sum()))
