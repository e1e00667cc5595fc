"""Until when each object has a state: found on absolute instants, before anything is paired.

Every object is asked four times a day. One that fails there, or whose osculating perigee is
low enough to fall before it is asked again, is followed on the absolute grid of ten seconds,
skipping those instants before which it cannot have come down from its height; just above
the surface the lowest point between two instants is looked at as well. The first failure is
then placed to the millisecond. An object that the march finds without a state although it
was not announced here ends up in `announce`.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import sqrt
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from space_hub.orbit.elements import EARTH_RADIUS_KM, MU_KM3_S2
from space_hub.orbit.kernels import (
    Records,
    deep_columns,
    deep_state,
    deep_states,
    near_columns,
    near_states,
    position_at,
    split,
    state_at,
)
from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.screening.result import Failure
from space_hub.orbit.times import SECOND, Floats, Ticks, moment

NEVER = np.iinfo(np.int64).max

_Part = TypeVar("_Part")

DAILY = 21_600 * SECOND
FINE = 10 * SECOND
FARTHEST = 120
"""Most steps of the fine grid skipped at once."""

PATIENT = 540
"""The same while the perigee is at SAFE_KM or higher: an hour and a half, in which no perigee comes down from there."""

MILLISECOND = 1_000

LEAD = 60 * SECOND
"""States are also needed this long before and after the window, for derivatives at its ends."""

SINK_KM_S = 0.1
"""Added to the radial speed of the osculating ellipse: what drag, oblateness, sun and moon change in twenty minutes."""

DIP_KM = 2.0
"""From this height an object can pass below the surface and come back between two instants of the fine grid: as gravity
bends its path, both are within g / 2 x (10 s)^2 = 0.5 km of the lowest point."""

SAFE_KM = 150.0

RADIUS_SLACK_KM = 60.0
"""An object's radii leave those of its osculating ellipses, seen four times a day, by less: README, "One on all"."""

PARTS = 4
"""Instants of a slab at which the height of a target is looked at."""

LASTING_KM = 300.0
"""Perigee height from which no object falls within six hours."""


@dataclass(frozen=True, slots=True)
class Radii:
    """Least perigee and greatest apogee radius (N,) of the osculating ellipses seen in a window, km."""

    lowest: Floats
    highest: Floats


@dataclass(frozen=True, slots=True)
class Validity:
    """`fails[n]` is the first tick without a state of object n (NEVER if there is none); failures in order."""

    fails: Ticks
    failures: list[Failure]


def radii(records: Records, start: int, stop: int, beyond: int = LEAD, threads: int = 1) -> Radii:
    """What is seen of each object four times a day from just before `start` to `beyond` ticks after `stop`."""
    at = [start - LEAD, start, *range(start // DAILY * DAILY + DAILY, stop + beyond, DAILY), stop]
    count = len(records.epoch)
    seen = Radii(np.full(count, np.inf), np.zeros(count))
    near, deep = split(records, np.arange(count))
    work = [(some, False) for some in _shared(near, threads)] + [(some, True) for some in _shared(deep, threads)]
    _side_by_side(lambda each: _see(records, each[0], each[1], at, seen), work, threads)
    return seen


def validity(
    records: Records,
    seen: Radii,
    start: int,
    stop: int,
    beyond: int = LEAD,
    among: npt.NDArray[np.bool_] | None = None,
    announce: Ticks | None = None,
    threads: int = 1,
) -> Validity:
    """When each object fails between start and stop, to 1 ms; of those in `among` only, when that is given.

    A failure up to `beyond` ticks after the window stands in `fails` too, but is not reported.
    `seen`: their `radii`; `announce`: objects to be followed in any case.
    """
    announced = np.zeros(len(seen.lowest), dtype=np.bool_)
    if announce is not None:
        announced[announce] = True
    suspect = announced | (seen.lowest < EARTH_RADIUS_KM + LASTING_KM)
    index = np.flatnonzero(suspect if among is None else suspect & among)
    fails = np.full(len(suspect), NEVER, dtype=np.int64)
    codes = np.zeros(len(suspect), dtype=np.int64)
    parts = [np.ascontiguousarray(index[first::threads]) for first in range(threads)]
    _side_by_side(
        lambda each: _follow(records, each, start, stop + beyond, announced, fails, codes),
        parts,
        threads,
    )
    failures = [Failure(n, int(codes[n]), moment(int(fails[n]))) for n in index.tolist() if fails[n] <= stop]
    return Validity(fails, failures)


def _side_by_side(work: Callable[[_Part], None], parts: Sequence[_Part], threads: int) -> None:
    if threads == 1:
        for each in parts:
            work(each)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, parts))


def _shared(index: npt.NDArray[np.int64], threads: int) -> list[npt.NDArray[np.int64]]:
    """In runs of neighbours, one a thread."""
    return [some for some in np.array_split(index, threads) if len(some)]


def _see(records: Records, some: npt.NDArray[np.int64], is_deep: bool, at: list[int], seen: Radii) -> None:
    """Widen what is seen of some objects by their osculating ellipses at some ticks; 0 without a state."""
    columns = (deep_columns if is_deep else near_columns)(records, some)
    state = deep_state(columns) if is_deep else None
    out, codes = np.empty((6, len(some))), np.empty(len(some), dtype=np.uint8)
    for tick in at:
        if state is None:
            near_states(columns, tick, out, codes)
        else:
            deep_states(columns, state, tick, out, codes)
        _widen(out, codes, some, seen.lowest, seen.highest)


@kernel
def visits(
    records: Records,
    targets: npt.NDArray[np.int64],
    start: int,
    step: int,
    lowest: Floats,
    highest: Floats,
    margin_km: float,
    out: npt.NDArray[np.bool_],
) -> None:
    """Mark in `out` (shells, slabs) when a target may be in a shell: radii `lowest` to `highest` (shells,), km.

    Each is asked PARTS times a slab; between, its radius changes no faster than on the osculating ellipse.
    """
    half = step // (2 * PARTS)
    for slab in range(out.shape[1]):
        for n in targets:
            for look in range(PARTS):
                at = start + slab * step + (2 * look + 1) * half
                code, x, y, z, vx, vy, vz = state_at(records, n, at)
                _height, _perigee, _apogee, sinking = _ellipse(x, y, z, vx, vy, vz)
                radius = sqrt(x * x + y * y + z * z)
                reach = (sinking + SINK_KM_S) * half / SECOND + margin_km
                for shell in range(len(lowest)):
                    inside = lowest[shell] - reach <= radius <= highest[shell] + reach
                    out[shell, slab] |= code != 0 or inside


@kernel
def _widen(
    states: Floats, codes: npt.NDArray[np.uint8], index: npt.NDArray[np.int64], lowest: Floats, highest: Floats
) -> None:
    for n in range(len(index)):
        one = index[n]
        if codes[n] != 0:
            lowest[one] = 0.0
            continue
        x, y, z, vx, vy, vz = states[0, n], states[1, n], states[2, n], states[3, n], states[4, n], states[5, n]
        _height, perigee, apogee, _sinking = _ellipse(x, y, z, vx, vy, vz)
        lowest[one] = min(lowest[one], perigee)
        highest[one] = max(highest[one], apogee)


@part
def _ellipse(x: float, y: float, z: float, vx: float, vy: float, vz: float) -> tuple[float, float, float, float]:
    """Height, osculating perigee and apogee radius, km; greatest radial speed on that ellipse, km/s."""
    radius2, speed2, radial = x * x + y * y + z * z, vx * vx + vy * vy + vz * vz, x * vx + y * vy + z * vz
    momentum2 = radius2 * speed2 - radial * radial
    energy = 0.5 * speed2 - MU_KM3_S2 / sqrt(radius2)
    eccentricity = sqrt(max(0.0, 1.0 + 2.0 * energy * momentum2 / (MU_KM3_S2 * MU_KM3_S2)))
    parameter = momentum2 / MU_KM3_S2
    apogee = parameter / (1.0 - eccentricity) if eccentricity < 1.0 else np.inf
    sinking = eccentricity * MU_KM3_S2 / sqrt(momentum2)
    return sqrt(radius2) - EARTH_RADIUS_KM, parameter / (1.0 + eccentricity), apogee, sinking


@kernel
def _follow(
    records: Records,
    index: npt.NDArray[np.intp],
    start: int,
    stop: int,
    announced: npt.NDArray[np.bool_],
    fails: Ticks,
    codes: Ticks,
) -> None:
    for n in index:
        for early in (start, start - LEAD):
            code = position_at(records, n, early)[0]
            if code != 0 and codes[n] == 0:
                fails[n], codes[n] = start, code
        if codes[n] != 0:
            continue
        good = at = start
        height = 0.0
        while True:
            code, x, y, z, vx, vy, vz = state_at(records, n, at)
            failed = at
            if code == 0 and height < DIP_KM:
                failed = _lowest(records, n, good, at)
                code = position_at(records, n, failed)[0]
            if code != 0:
                fails[n], codes[n] = _first(records, n, good, failed, stop)
                break
            if at >= stop:
                break
            good = at
            height, perigee, _apogee, sinking = _ellipse(x, y, z, vx, vy, vz)
            skipped = min(max(1, int(height / (sinking + SINK_KM_S)) * SECOND // FINE), FARTHEST)
            if perigee > EARTH_RADIUS_KM + SAFE_KM:
                skipped = PATIENT
            if announced[n]:
                skipped = 1
            at = min((at // FINE + skipped) * FINE, stop)


@part
def _lowest(records: Records, n: int, low: int, high: int) -> int:
    """Where an object is lowest between two instants, to the millisecond; or an instant at which it has no state."""
    while high - low > MILLISECOND:
        third = (high - low) // 3
        code, x, y, z = position_at(records, n, low + third)
        if code != 0:
            return low + third
        left = x * x + y * y + z * z
        code, x, y, z = position_at(records, n, high - third)
        if code != 0:
            return high - third
        if left <= x * x + y * y + z * z:
            high -= third
        else:
            low += third
    return low


@part
def _first(records: Records, n: int, good: int, failed: int, stop: int) -> tuple[int, int]:
    """The first whole millisecond without a state between an instant with one and one without, and its code."""
    low, high = good // MILLISECOND, -(-failed // MILLISECOND)
    while high - low > 1:
        middle = (low + high) // 2
        if position_at(records, n, middle * MILLISECOND)[0] != 0:
            high = middle
        else:
            low = middle
    first = min(high * MILLISECOND, stop)
    return first, position_at(records, n, first)[0]
