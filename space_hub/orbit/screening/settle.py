"""Candidates to encounters, by a rule that knows only the two element sets and absolute instants.

The *seat* of a fast encounter is the whole second at which the distance is less than one
second before and not more than one second after. From the seat follow the kind and all
figures:

* plain: a polynomial through five positions around the seat (1 s apart, or 10 s where the
  encounter lasts longer) gives the minimum, the entry and the exit;
* edge: the window or the end of an object is near, or a state is missing; the pair is
  followed on whole seconds (`traces`);
* slow: below the slow limit at the seat; the pair is followed on a coarser grid
  (`traces`), which can tell several minima of one interval.

At or above the slow limit the distance has one minimum an interval: README, "One minimum".
Nothing here allocates for a candidate, holds the interpreter's lock, or depends on the
instant from which the seat was looked for.
"""

from dataclasses import dataclass
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels.jit import kernel
from space_hub.orbit.kernels.rows import Records
from space_hub.orbit.screening import carve, path
from space_hub.orbit.screening.carve import Scratch
from space_hub.orbit.screening.found import REAL, TCA, WHOLE, Found, Indices, X, Y, Z, columns, room, write
from space_hub.orbit.screening.volume import SPHERE, Bounds, pair_reach
from space_hub.orbit.times import SECOND, Floats, Ticks

SLOW_KM_S = 0.1
LONGEST_HALF_S = 50.0
"""A plain encounter lasts at most twice this: nodes 10 s apart reach its ends."""

SHORT_HALF_S = 5.0
WIDE = 10 * SECOND
ROUNDS = 12
FARTHEST_S = 60
"""The most by which the search for a seat jumps at once."""

LAST_STATE = 1_000
"""Ticks between the last state of an object and its failure, which is known to the millisecond."""

BEYOND = 60 * SECOND
"""States are asked for at most this long after the window."""

SLACK_KM = 0.001
"""Added to the error of a straight line through a seat, before a candidate is dropped for being too far."""

_LOST, _SLOW, _EDGE, _PLAIN, _FAR = 0, 1, 2, 3, 4


class Window(NamedTuple):
    """What is asked: ticks from start to stop, when each object fails (N,), and what counts as near."""

    start: int
    stop: int
    fails: Ticks
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Sightings:
    """Instants near encounters that cannot be settled from one look, (S,): pair, tick, and row of the question.

    `speed_km_s` is that at the seat; not a number where a state is missing near it.
    """

    a: Indices
    b: Indices
    at: Ticks
    speed_km_s: Floats
    source: Indices

    def __len__(self) -> int:
        return len(self.a)

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Sightings":
        """Some of them."""
        return Sightings(self.a[rows], self.b[rows], self.at[rows], self.speed_km_s[rows], self.source[rows])


@dataclass(frozen=True, slots=True)
class Settled:
    """Candidates told apart: plain encounters, and sightings to be followed."""

    found: Found
    edges: Sightings
    slow: Sightings


def settle(records: Records, window: Window, a: Indices, b: Indices, around: Ticks) -> Settled:
    """Settle candidates (P,): pairs of objects and ticks near which their distance is least."""
    kinds = np.empty(len(a), dtype=np.uint8)
    instants = np.empty(len(a), dtype=np.int64)
    speeds = np.empty(len(a))
    whole, real = np.empty((len(a) // 2 + 16, WHOLE), dtype=np.int64), np.empty((len(a) // 2 + 16, REAL))
    whole, real, count = _settle(records, window, a, b, around, kinds, instants, speeds, whole, real)
    return Settled(
        columns(whole[:count], real[:count]),
        _sightings(np.flatnonzero((kinds == _EDGE) | (kinds == _LOST)), a, b, instants, speeds),
        _sightings(np.flatnonzero(kinds == _SLOW), a, b, instants, speeds),
    )


def _sightings(rows: npt.NDArray[np.intp], a: Indices, b: Indices, instants: Ticks, speeds: Floats) -> Sightings:
    return Sightings(a[rows], b[rows], instants[rows], speeds[rows], rows.astype(np.int64))


@kernel
def slow_limit(reach_km: float) -> float:
    """Relative speed in km/s below which a pair is followed instead of settled."""
    return max(SLOW_KM_S, reach_km / LONGEST_HALF_S)


@kernel
def last_tick(window: Window, a: int, b: int) -> int:
    """The last tick at which states of both are asked for."""
    return int(min(min(window.fails[a], window.fails[b]) - LAST_STATE, window.stop + BEYOND))


@kernel
def _settle(
    records: Records,
    window: Window,
    a: Indices,
    b: Indices,
    around: Ticks,
    kinds: npt.NDArray[np.uint8],
    instants: Ticks,
    speeds: Floats,
    whole: Indices,
    real: Floats,
) -> tuple[Indices, Floats, int]:
    gaps, places = np.empty((5, 3)), np.empty((5, 3))
    scratch = Scratch(np.empty((5, 3)), np.empty((5, 3)), np.empty((4, 3)), np.empty(4, dtype=np.int64), np.empty(2))
    count = 0
    for n in range(len(a)):
        one, other = a[n], b[n]
        reach = pair_reach(window.bounds, one, other)
        kind, seat, speed = _seat(records, one, other, around[n], reach, gaps, places)
        spacing = SECOND
        if kind == _PLAIN:
            half = reach / speed
            spacing = WIDE if half > SHORT_HALF_S else SECOND
            margin = max(2 * spacing, ceil(1.25 * half) * SECOND) + 2 * SECOND
            stop = min(window.stop, last_tick(window, one, other))
            if seat - margin < window.start or seat + margin > stop:
                kind = _EDGE
            elif not _nodes(records, one, other, seat, spacing, gaps, places):
                kind = _LOST
        kinds[n] = kind
        instants[n] = seat if kind == _EDGE else around[n]
        speeds[n] = np.nan if kind == _LOST else speed
        if kind == _PLAIN:
            path.fit(gaps, scratch.terms)
            path.fit(places, scratch.own)
            whole, real, count = _plain(window, one, other, n, seat, spacing, speed, reach, scratch, whole, real, count)
    return whole, real, count


@kernel
def _seat(
    records: Records, a: int, b: int, around: int, reach: float, gaps: Floats, places: Floats
) -> tuple[int, int, float]:
    """Kind, seat and speed; where there is a seat, rows 1 to 3 of the nodes are those of one second around it.

    The kind is _FAR where no distance within a second of the seat can be within the reach.
    """
    seat = (around + SECOND // 2) // SECOND * SECOND
    limit = slow_limit(reach)
    fresh = True
    for _ in range(ROUNDS):
        there = True
        if fresh:
            for node in range(1, 4):
                there &= path.meet(records, a, b, seat + (node - 2) * SECOND, gaps[node], places[node])
        if not there:
            return _LOST, seat, np.nan
        before, here, after, pace, foot, bend = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for axis in range(3):
            left, middle, right = gaps[1, axis], gaps[2, axis], gaps[3, axis]
            before += left * left
            here += middle * middle
            after += right * right
            pace += (right - left) * (right - left)
            foot -= middle * (right - left)
            bend += (right - 2.0 * middle + left) * (right - 2.0 * middle + left)
        speed = 0.5 * sqrt(pace)
        # Far below the limit there is no seat worth looking for; near it the seat decides.
        if speed < 0.5 * limit:
            return _SLOW, seat, speed
        foot = 2.0 * foot / pace
        if here < before and here <= after:
            if speed < limit:
                return _SLOW, seat, speed
            # Within a second the path leaves its tangent by half of `bend`, and the tangent is known as well.
            nearest = sqrt(max(0.0, here - 0.25 * pace * foot * foot))
            return (_FAR if nearest > reach + sqrt(bend) + SLACK_KM else _PLAIN), seat, speed
        # Far from the seat the path is nearly straight: jump to the foot of the line.
        jump = min(max(round(foot), -FARTHEST_S), FARTHEST_S)
        if abs(jump) < 2:
            jump = -1 if before <= here else 1
        seat += jump * SECOND
        fresh = abs(jump) != 1
        if not fresh:
            for axis in range(3):
                gaps[2 - jump, axis], places[2 - jump, axis] = gaps[2, axis], places[2, axis]
                gaps[2, axis], places[2, axis] = gaps[2 + jump, axis], places[2 + jump, axis]
            if not path.meet(records, a, b, seat + jump * SECOND, gaps[2 + jump], places[2 + jump]):
                return _LOST, seat, np.nan
    return _SLOW, seat, np.nan


@kernel
def _nodes(records: Records, a: int, b: int, seat: int, spacing: int, gaps: Floats, places: Floats) -> bool:
    """Complete the five nodes around a seat; whether all have states."""
    there = path.meet(records, a, b, seat - 2 * spacing, gaps[0], places[0])
    there &= path.meet(records, a, b, seat + 2 * spacing, gaps[4], places[4])
    if spacing != SECOND:
        there &= path.meet(records, a, b, seat - spacing, gaps[1], places[1])
        there &= path.meet(records, a, b, seat + spacing, gaps[3], places[3])
    return there


@kernel
def _plain(
    window: Window,
    a: int,
    b: int,
    source: int,
    seat: int,
    spacing: int,
    speed: float,
    reach: float,
    scratch: Scratch,
    whole: Indices,
    real: Floats,
    count: int,
) -> tuple[Indices, Floats, int]:
    """Append the encounters of one pass: for a sphere at most one."""
    second = SECOND / spacing
    terms, gap = scratch.terms, scratch.work[0]
    tau = path.lowest(terms, -second, second)
    tca = seat + int(np.rint(tau * spacing))
    path.at(terms, (tca - seat) / spacing, gap)
    miss = path.length(gap)
    if not miss <= reach:
        return whole, real, count
    away = 1.25 * reach / speed * second
    entry = path.leave(terms, tau, tau - away, reach, seat, spacing, tca)
    exit = path.leave(terms, tau, tau + away, reach, seat, spacing, tca)
    if window.bounds.kind == SPHERE:
        whole, real = room(whole, real, count)
        write(whole, real, count, a, b, source, tca, entry, exit, 0, miss, path.speed(terms, tau) * second, gap)
        return whole, real, count + 1
    first = count
    carve.begin(scratch)
    whole, real, count = carve.walk(
        window.bounds, a, b, source, seat, spacing, entry, exit, scratch, whole, real, count
    )
    if carve.within(scratch):
        whole, real, count = carve.finish(a, b, source, exit, 0, scratch, whole, real, count)
    for row in range(first, count):
        path.at(terms, (whole[row, TCA] - seat) / spacing, gap)
        real[row, X], real[row, Y], real[row, Z] = gap[0], gap[1], gap[2]
    return whole, real, count
