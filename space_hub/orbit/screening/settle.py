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

from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.kernels.rows import Records
from space_hub.orbit.screening import path
from space_hub.orbit.screening.carve import carve_passes
from space_hub.orbit.screening.found import Found, Indices, columns, room_for, rows, write
from space_hub.orbit.screening.nodes import PAIRS, WIDE, batch, fill, spacing_for
from space_hub.orbit.screening.volume import SPHERE, Bounds, pair_reach
from space_hub.orbit.times import SECOND, Floats, Ticks

SLOW_KM_S = 0.1
LONGEST_HALF_S = 50.0
"""A plain encounter lasts at most twice this: nodes 10 s apart reach its ends."""

ROUNDS = 12
FARTHEST_S = 60
"""The most by which the search for a seat jumps at once."""

LAST_STATE = 1_000
"""Ticks between the last state of an object and its failure, which is known to the millisecond."""

BEYOND = 60 * SECOND
"""States are asked for at most this long after the window."""

SLACK_KM = 0.001
"""Added to the error of a straight line through a seat, before a candidate is dropped for being too far."""

_LOST, _SLOW, _EDGE, _PLAIN, _FAR, _MOVE = range(6)


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
    whole, real, count = _settle(records, window, a, b, around, kinds, instants, speeds, *rows(len(a) // 2))
    if window.bounds.kind != SPHERE:
        whole, real, count = carve_passes(records, window.bounds, whole[:count], real[:count], *rows(count))
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
    """Kinds, instants and speeds of candidates, and the rows of the plain ones among them."""
    room, terms, gap = batch(), np.empty((5, 3)), np.empty(3)
    seat = (around + SECOND // 2) // SECOND * SECOND
    unsettled, wide = np.arange(len(a)), np.empty(len(a), dtype=np.int64)
    left, widened, count = len(a), 0, 0
    for _ in range(ROUNDS):
        kept = 0
        for first in range(0, left, PAIRS):
            several = min(PAIRS, left - first)
            chosen = unsettled[first : first + several]
            fill(records, a, b, seat, chosen, several, SECOND, room)
            for n in range(several):
                row = chosen[n]
                reach = pair_reach(window.bounds, a[row], b[row])
                kind, jump, speed = _verdict(room.gaps[n], reach)
                instants[row], speeds[row] = around[row], speed
                if kind == _MOVE:
                    kind = _SLOW
                    seat[row] += jump * SECOND
                    # Rows that were read already: the list may be overwritten up to here.
                    unsettled[kept] = row
                    kept += 1
                elif kind == _PLAIN:
                    spacing = spacing_for(reach / speed)
                    margin = max(2 * spacing, ceil(1.25 * reach / speed) * SECOND) + 2 * SECOND
                    stop = min(window.stop, last_tick(window, a[row], b[row]))
                    if seat[row] - margin < window.start or seat[row] + margin > stop:
                        kind = _EDGE
                        instants[row] = seat[row]
                    elif spacing == WIDE:
                        wide[widened] = row
                        widened += 1
                    else:
                        path.fit(room.gaps[n], terms)
                        whole, real, count = _plain(
                            a[row], b[row], row, seat[row], SECOND, speed, reach, terms, gap, whole, real, count
                        )
                kinds[row] = kind
        left = kept
    for first in range(0, widened, PAIRS):
        several = min(PAIRS, widened - first)
        chosen = wide[first : first + several]
        fill(records, a, b, seat, chosen, several, WIDE, room)
        for n in range(several):
            row = chosen[n]
            if not path.length(room.gaps[n, 0]) + path.length(room.gaps[n, 4]) >= 0.0:
                kinds[row], speeds[row] = _LOST, np.nan
                continue
            reach = pair_reach(window.bounds, a[row], b[row])
            path.fit(room.gaps[n], terms)
            whole, real, count = _plain(
                a[row], b[row], row, seat[row], WIDE, speeds[row], reach, terms, gap, whole, real, count
            )
    return whole, real, count


@part
def _verdict(gaps: Floats, reach: float) -> tuple[int, int, float]:
    """Of five separations a second apart: the kind, the seconds to move by if there is no seat, and the speed.

    The kind is _FAR where no distance within a second of the seat can be within the reach.
    """
    before, here, after, pace, foot, bend, ends = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for axis in range(3):
        one, middle, other = gaps[1, axis], gaps[2, axis], gaps[3, axis]
        before += one * one
        here += middle * middle
        after += other * other
        pace += (other - one) * (other - one)
        foot -= middle * (other - one)
        bend += (other - 2.0 * middle + one) * (other - 2.0 * middle + one)
        ends += gaps[0, axis] + gaps[4, axis]
    if np.isnan(before + here + after + ends):
        return _LOST, 0, np.nan
    speed, limit = 0.5 * sqrt(pace), slow_limit(reach)
    # Far below the limit there is no seat worth looking for; near it the seat decides.
    if speed < 0.5 * limit:
        return _SLOW, 0, speed
    foot = 2.0 * foot / pace
    if here < before and here <= after:
        if speed < limit:
            return _SLOW, 0, speed
        # Within a second of the seat the path leaves its tangent by half of `bend`.
        nearest = sqrt(max(0.0, here - 0.25 * pace * foot * foot))
        return (_FAR if nearest > reach + sqrt(bend) + SLACK_KM else _PLAIN), 0, speed
    # Far from the seat the path is nearly straight: jump to the foot of the line.
    jump = min(max(round(foot), -FARTHEST_S), FARTHEST_S)
    if abs(jump) < 2:
        jump = -1 if before <= here else 1
    return _MOVE, jump, speed


@part
def _plain(
    a: int,
    b: int,
    source: int,
    seat: int,
    spacing: int,
    speed: float,
    reach: float,
    terms: Floats,
    gap: Floats,
    whole: Indices,
    real: Floats,
    count: int,
) -> tuple[Indices, Floats, int]:
    """Append the interval within the reach, if there is one."""
    second = SECOND / spacing
    tau = path.lowest(terms, -second, second)
    tca = seat + int(np.rint(tau * spacing))
    path.at(terms, (tca - seat) / spacing, gap)
    miss = path.length(gap)
    if not miss <= reach:
        return whole, real, count
    away = 1.25 * reach / speed * second
    entry = path.leave(terms, tau, tau - away, reach, seat, spacing, tca)
    exit = path.leave(terms, tau, tau + away, reach, seat, spacing, tca)
    whole, real = room_for(whole, real, count)
    write(whole, real, count, a, b, source, tca, entry, exit, 0, miss, path.speed(terms, tau) * second, gap)
    return whole, real, count + 1
