"""How much the element sets after a gap disagree with those before it, as a change of speed.

A burn leaves the place as it is and changes the speed: along the track, the orbit before and the orbit after drift
apart by three times the change of speed, in any orbit, from the instant of the burn, where they cross. So for a gap
between two sets the rate of the in-track difference of an older and a newer set is a change of speed, and the zero of
that difference is its instant, which may lie outside the gap: a set's epoch is not where its observations end.

One bad set disagrees with both its neighbours. So four pairs are asked, the last two sets before with the first two
after: they count only when all say the same sign, and then the smallest of them counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.frames import rtn
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import DAY, Floats, Indices, julian, ticks
from space_hub.orbit.uncertainty.differences import ordered

REACH = 3
"""Sets on either side that are compared."""

_AGREE = ((0, 1), (0, 2), (1, 1), (1, 2))
_CROSS = ((0, 1), (0, 2), (0, 3))
"""The first sets after a burn may still be fitted to what was seen before it: the median of three crossings counts."""

_MM_S = 1e6 / 3.0 / 86400.0
"""Millimetres a second of a burn in one kilometre a day of drift."""

BLOCK_DAYS = 7.0
AROUND_DAYS = 90.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """For N sets, N - 1 gaps: `at` (N,) ticks of epochs; `change_mm_s` (G,) signed, raising is positive, 0 where sets
    do not agree about it; `crossing` (G,) ticks, NaN where unknown; `weekly_mm_s` (W,) and `week` (G,): the largest
    disagreement of neighbours in each week, and the week of each gap.
    """

    at: Indices
    change_mm_s: Floats
    crossing: Floats
    weekly_mm_s: Floats
    week: Indices

    def calm_mm_s(self, share: float) -> Floats:
        """What weeks without a burn show, at each gap (G,): a low quantile of the weeks within 90 days."""
        count = len(self.weekly_mm_s)
        half = int(np.ceil(AROUND_DAYS / BLOCK_DAYS))
        first = np.clip(np.arange(count) - half, 0, max(0, count - 2 * half - 1))
        spans = [self.weekly_mm_s[begin : begin + 2 * half + 1] for begin in first]
        seen = [one[np.isfinite(one)] for one in spans]
        return np.array([np.quantile(one, share) if len(one) else np.inf for one in seen])[self.week]


def evidence(history: Sequence[ElementSet]) -> Evidence:
    """What the sets of one object say, in any order. Raises Invalid for sets of several objects.

    Where SGP4 has no state a pair is left out.
    """
    sets = ordered(history)
    at = np.array([ticks(one.epoch) for one in sets], dtype=np.int64)
    if len(sets) < 2:
        none = np.empty(0)
        return Evidence(at, none, none, none, np.empty(0, dtype=np.int64))
    position, velocity = _states(sets, at)
    rates, crossings = {}, {}
    for back, ahead in {*_AGREE, *_CROSS}:
        rates[back, ahead], crossings[back, ahead] = _pair(at, position, velocity, back, ahead)
    agreed = np.array([rates[pair] for pair in _AGREE])
    middle = (at[:-1] + at[1:]) / 2.0
    week = ((middle - middle[0]) / (BLOCK_DAYS * DAY)).astype(np.int64)
    weekly = np.full(week[-1] + 1, np.nan)
    np.fmax.at(weekly, week, np.abs(agreed[0]))
    return Evidence(at, _agreed(agreed), _median(np.array([crossings[pair] for pair in _CROSS])), weekly, week)


def _states(sets: Sequence[ElementSet], at: Indices) -> tuple[Floats, Floats]:
    """Each set at the epochs of its neighbours, own epoch in the middle: (N, 2 REACH + 1, 3) km, and km/s; NaN
    beyond.
    """
    fleet = Fleet(sets)
    position = np.full((len(sets), 2 * REACH + 1, 3), np.nan)
    velocity = position.copy()
    for index in range(len(sets)):
        near = np.arange(max(0, index - REACH), min(len(sets), index + REACH + 1))
        codes, place, speed = fleet.record(index).sgp4_array(*julian(at[near]))
        place[codes != 0] = np.nan
        position[index, near - index + REACH], velocity[index, near - index + REACH] = place, speed
    return position, velocity


def _pair(at: Indices, position: Floats, velocity: Floats, back: int, ahead: int) -> tuple[Floats, Floats]:
    """Change of speed in mm/s, and tick of the crossing, at each gap, by the set `back` before and `ahead` after it."""
    gaps = np.arange(len(at) - 1)
    older, newer = gaps - back, gaps + ahead
    there = (older >= 0) & (newer < len(at))
    older, newer = np.clip(older, 0, None), np.clip(newer, None, len(at) - 1)
    apart = [_along(position, velocity, older, newer, epoch) for epoch in (older, newer)]
    days = np.where(there, (at[newer] - at[older]) / DAY, np.nan)
    rate = (apart[1] - apart[0]) / days
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = at[older] - apart[0] / rate * DAY
    return rate * _MM_S, np.where(np.isfinite(crossing), crossing, np.nan)


def _along(position: Floats, velocity: Floats, older: Indices, newer: Indices, epoch: Indices) -> Floats:
    """In-track distance of the older set from the newer at an epoch, along the arc, km."""
    here = position[newer, epoch - newer + REACH]
    axes = rtn(here, velocity[newer, epoch - newer + REACH])
    seen = np.einsum("gij,gj->gi", axes, position[older, epoch - older + REACH])
    return np.asarray(np.arctan2(seen[:, 1], seen[:, 0]) * np.linalg.norm(here, axis=-1))


def _agreed(rates: Floats) -> Floats:
    """The smallest of the rates (P, G) where all that there are have one sign, else 0."""
    known = np.isfinite(rates)
    least = np.where(known, np.abs(rates), np.inf).min(axis=0)
    signs = np.where(known, np.sign(rates), 0.0).sum(axis=0)
    one_sign = known.any(axis=0) & (np.abs(signs) == known.sum(axis=0))
    return np.where(one_sign, np.sign(signs) * np.where(one_sign, least, 0.0), 0.0)


def _median(values: Floats) -> Floats:
    """Median over axis 0 of what is known, NaN where nothing is."""
    out = np.full(values.shape[1], np.nan)
    known = np.isfinite(values).any(axis=0)
    out[known] = np.nanmedian(values[:, known], axis=0)
    return out
