"""Positions of all objects on the grid of slab ends, a few at a time.

Most objects are asked for at every knot. Deep-space objects that never come low turn slowly:
they are asked for at every second, fourth or eighth knot, and a polynomial of degree
seven stands between; where it and that of degree five disagree, SGP4 is asked after all.
A flock sleeps, without positions, while nobody asks about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from space_hub.orbit.elements import MU_KM3_S2, ElementSet
from space_hub.orbit.kernels import (
    Columns,
    Records,
    deep_columns,
    deep_positions,
    deep_state,
    near_columns,
    near_march,
    near_positions,
    position_at,
)
from space_hub.orbit.kernels.jit import kernel
from space_hub.orbit.screening.solve import BEFORE, STENCIL
from space_hub.orbit.screening.validity import Radii
from space_hub.orbit.times import Floats, Indices, Singles, Ticks

SLOTS = STENCIL + 1

TURN_RAD = 0.22
"""Most an object may turn at its perigee from one knot to the next where knots are left out."""

COARSEST = 8

AT_ONCE = 4
"""Knots computed together for those that are asked for every one."""

SHELL = 1024
"""Objects of a flock at most, where flocks may sleep."""

DOUBT_KM = 0.08
"""Disagreement of degrees five and seven from which SGP4 is asked instead; below it the error is under 20 m."""


@dataclass(frozen=True, slots=True)
class Flock:
    """Objects that are propagated together: each `every` knots, columns of the search from `first` on.

    They stay between the radii `lowest` and `highest`, km, in the window, but for `validity.RADIUS_SLACK_KM`.
    """

    first: int
    size: int
    every: int
    columns: Columns
    is_deep: bool
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Sky:
    """What the search knows of the objects. `order` (n,): which element set stands in each column."""

    records: Records
    order: Indices
    flocks: Sequence[Flock]
    fails: Ticks
    """When each element set (N,) fails."""

    mortal: Sequence[tuple[int, int]]
    """Columns of those that do, with the tick."""

    span: tuple[int, int]
    """Ticks between which every object is known to have states until it fails."""

    @property
    def size(self) -> int:
        return len(self.order)

    @classmethod
    def of(
        cls,
        elements: Sequence[ElementSet],
        records: Records,
        chosen: Indices,
        fails: Ticks,
        step_s: float,
        span: tuple[int, int],
        seen: Radii | None = None,
    ) -> "Sky":
        """The objects `chosen`, the highest first; in small flocks when it is known how high they go."""
        axis = np.array([elements[n].semi_major_axis_km for n in chosen])
        eccentricity = np.array([elements[n].eccentricity for n in chosen])
        low = np.maximum(axis * (1.0 - eccentricity), 6400.0) - 100.0
        turn = np.sqrt(MU_KM3_S2 * (1.0 + eccentricity) / low**3) * step_s
        every = np.exp2(np.clip(np.floor(np.log2(TURN_RAD / turn)), 0.0, np.log2(COARSEST))).astype(np.int64)
        deep = records.deep[chosen] >= 0
        every[~deep] = 1
        rank = np.lexsort((-axis, every, ~deep))
        order = chosen[rank].astype(np.int64)
        flocks, place = [], 0
        for is_near, stride in sorted({*zip((~deep).tolist(), every.tolist(), strict=True)}):
            is_deep = not is_near
            some = order[place : place + int(((deep == is_deep) & (every == stride)).sum())]
            size = len(some) if seen is None else SHELL
            for shell in np.split(some, range(size, len(some), size)):
                columns = (deep_columns if is_deep else near_columns)(records, shell)
                reach = (0.0, np.inf) if seen is None else (seen.lowest[shell].min(), seen.highest[shell].max())
                flocks.append(Flock(place, len(shell), stride, columns, is_deep, *map(float, reach)))
                place += len(shell)
        ends = fails[order]
        mortal = [(column, int(ends[column])) for column in np.flatnonzero(ends != np.iinfo(np.int64).max).tolist()]
        return cls(records, order, flocks, fails, mortal, span)


@dataclass(slots=True)
class _Band:
    """One flock on its own coarser grid."""

    flock: Flock
    ring: Floats
    codes: npt.NDArray[np.uint8]
    state: Floats
    next: int | None = None
    """The next knot of a coarser grid; or the first knot that was asked for."""

    cleared: int = SLOTS
    """Knots without a position since the flock fell asleep."""

    @classmethod
    def of(cls, flock: Flock) -> "_Band":
        slots = STENCIL if flock.every > 1 else AT_ONCE
        state = deep_state(flock.columns) if flock.is_deep else np.empty((0, 0))
        return cls(flock, np.empty((slots, 3, flock.size)), np.zeros((slots, flock.size), dtype=np.uint8), state)

    def ask(self, slot: int, tick: int) -> None:
        """Positions of the flock at a tick, into a slot of the ring; NaN where a code is set."""
        if self.flock.is_deep:
            deep_positions(self.flock.columns, self.state, tick, self.ring[slot], self.codes[slot])
        else:
            near_positions(self.flock.columns, tick, self.ring[slot], self.codes[slot])

    def ask_ahead(self, ticks: Ticks) -> None:
        """Positions at AT_ONCE ticks, one a slot."""
        if not self.flock.is_deep:
            near_march(self.flock.columns, ticks, self.ring, self.codes)
            return
        for slot, tick in enumerate(ticks.tolist()):
            self.ask(slot, tick)


@dataclass(slots=True)
class Knots:
    """The last SLOTS knots of a march through time; knot k is `start + k step` ticks."""

    sky: Sky
    start: int
    step: int
    exact: Floats = field(init=False)
    single: Singles = field(init=False)
    strangers: set[int] = field(default_factory=set)
    """Columns without a state at a time at which they should have one."""

    awake: Sequence[Sequence[bool]] | None = None
    """For each flock, whether it is asked about at the knots from `-BEFORE` on; all are at all unless this is given."""

    _bands: list[_Band] = field(init=False)

    def __post_init__(self) -> None:
        n = self.sky.size
        self.exact = np.full((SLOTS, 3, n), np.nan)
        self.single = np.zeros((SLOTS, 3, n), dtype=np.float32)
        self._bands = [_Band.of(one) for one in self.sky.flocks]

    def slot(self, knot: int) -> int:
        return knot % SLOTS

    def tick(self, knot: int) -> int:
        return self.start + knot * self.step

    def fill(self, knot: int) -> None:
        """Compute one knot; ask for them in order."""
        tick, slot = self.tick(knot), self.slot(knot)
        exact, single = self.exact[slot], self.single[slot]
        for number, band in enumerate(self._bands):
            flock, every = band.flock, band.flock.every
            if every == 1:
                if band.next is None:
                    band.next = knot
                at = (knot - band.next) % AT_ONCE
                if at == 0 and self._asked(number, knot, knot + AT_ONCE):
                    band.ask_ahead(tick + self.step * np.arange(AT_ONCE, dtype=np.int64))
                if not self._asked(number, knot, knot + 1):
                    band.cleared += 1
                    if band.cleared <= SLOTS:
                        exact[:, flock.first : flock.first + flock.size] = np.nan
                        single[:, flock.first : flock.first + flock.size] = 0.0
                    continue
                band.cleared = 0
                _place(band.ring[at], band.codes[at], flock.first, exact, single)
                self._note(flock.first + np.flatnonzero(band.codes[at]), tick)
                continue
            coarse, rest = divmod(knot, every)
            if band.next is None:
                band.next = coarse - BEFORE
            while band.next <= coarse + STENCIL - BEFORE - 1:
                band.ask(band.next % STENCIL, self.tick(band.next * every))
                band.next += 1
            _between(
                band.ring,
                (coarse - BEFORE) % STENCIL,
                rest / every,
                flock.first,
                exact,
                single,
                self.sky.order,
                self.sky.records,
                tick,
            )
            self._note(flock.first + np.flatnonzero(np.isnan(exact[0, flock.first : flock.first + flock.size])), tick)
        for column, fails in self.sky.mortal:
            if tick >= fails:
                exact[:, column] = np.nan
                single[:, column] = 0.0

    def _asked(self, flock: int, first: int, beyond: int) -> bool:
        """Whether anything is to be known of a flock at one of some knots."""
        return self.awake is None or any(self.awake[flock][first + BEFORE : beyond + BEFORE])

    def beyond(self, slab: int) -> int:
        """Columns up to the last flock that is awake in a slab."""
        if self.awake is None:
            return self.sky.size
        asked = [one.first + one.size for n, one in enumerate(self.sky.flocks) if self._asked(n, slab, slab + 2)]
        return max(asked, default=0)

    def _note(self, columns: npt.NDArray[np.intp], tick: int) -> None:
        first, last = self.sky.span
        if len(columns) and first <= tick <= last:
            alive = tick < self.sky.fails[self.sky.order[columns]]
            self.strangers.update(columns[alive].tolist())


@kernel
def _place(given: Floats, codes: npt.NDArray[np.uint8], first: int, exact: Floats, single: Singles) -> None:
    """Copy positions (3, m) to columns from `first` on; NaN and zero where a code is set."""
    for axis in range(3):
        for n in range(given.shape[1]):
            lost = codes[n] != 0
            exact[axis, first + n] = np.nan if lost else given[axis, n]
            single[axis, first + n] = np.float32(0.0) if lost else np.float32(given[axis, n])


@kernel
def _between(
    ring: Floats,
    oldest: int,
    part: float,
    first: int,
    exact: Floats,
    single: Singles,
    order: Indices,
    records: Records,
    tick: int,
) -> None:
    """Positions at `part` of the way from the fourth to the fifth knot of a ring of eight."""
    weights, rough = np.ones(STENCIL), np.zeros(STENCIL)
    at = BEFORE + part
    for k in range(STENCIL):
        for other in range(STENCIL):
            if other != k:
                weights[k] *= (at - other) / (k - other)
    for k in range(1, STENCIL - 1):
        rough[k] = 1.0
        for other in range(1, STENCIL - 1):
            if other != k:
                rough[k] *= (at - other) / (k - other)
    for n in range(ring.shape[2]):
        off = 0.0
        for axis in range(3):
            fine, coarse = 0.0, 0.0
            for k in range(STENCIL):
                value = ring[(oldest + k) % STENCIL, axis, n]
                fine += weights[k] * value
                coarse += rough[k] * value
            off += abs(fine - coarse)
            exact[axis, first + n] = fine
            single[axis, first + n] = np.float32(fine)
        if not off <= DOUBT_KM:
            code, x, y, z = position_at(records, order[first + n], tick)
            lost = code != 0
            for axis, value in enumerate((x, y, z)):
                exact[axis, first + n] = np.nan if lost else value
                single[axis, first + n] = np.float32(0.0 if lost else value)
