"""Pairs that need more than one look: slow ones, and those at an edge of the window or of an object's life.

Each is followed over the whole of every interval it touches (`follow`), so that a pair
that flies together for a week, through all chunks, is one record. Millions of sightings
are joined to regions as arrays; what is followed here and what is settled from a seat meet
in one rule, so that an encounter is the same row whichever sighting led to it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels.jit import kernel
from space_hub.orbit.kernels.rows import Records
from space_hub.orbit.screening.follow import carve_followed, follow
from space_hub.orbit.screening.found import Found, Indices, columns, gathered, rows, whole_of
from space_hub.orbit.screening.settle import LONGEST_HALF_S, SLOW_KM_S, Sightings, Window, settle
from space_hub.orbit.screening.volume import SPHERE, pair_reach
from space_hub.orbit.times import SECOND, Floats, Ticks

JOINED = 1_200 * SECOND
"""Sightings of a pair closer than this are one region: two slabs' worth, so that a stay is followed once."""

MARGIN = 240 * SECOND
"""Followed beyond the first and the last sighting; any value of the two finds the same intervals."""

LOOK_AROUND_S = 480.0
"""Where a state is missing near a sighting it was a guess: all of the longest slab, and more, is looked at."""

FAST_SHARE = 0.9
"""From this share of the slow limit on, the seat decides whether an encounter is a plain one."""


@dataclass(frozen=True, slots=True)
class Regions:
    """Spans of time (R,) in which a pair is to be followed: from tick `low` to tick `high`."""

    a: Indices
    b: Indices
    low: Ticks
    high: Ticks

    def __len__(self) -> int:
        return len(self.a)

    def part(self, first: int, last: int) -> "Regions":
        """Regions first to last, the last left out."""
        return Regions(self.a[first:last], self.b[first:last], self.low[first:last], self.high[first:last])


def regions(a: Indices, b: Indices, low: Ticks, high: Ticks) -> Regions:
    """Sightings (S,) joined by pair, in order; a sighting at one instant has `low` equal to `high`.

    What this returns can be joined again: the regions of two chunks are regions of both.
    """
    if not len(a):
        return Regions(a, b, low, high)
    order = np.lexsort((low, b, a))
    a, b, low = a[order], b[order], low[order]
    # The farthest that any sighting of the pair so far reaches: a running maximum that starts anew with each pair.
    fresh = np.ones(len(a), dtype=bool)
    fresh[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    high = _reach(high[order], fresh)
    fresh[1:] |= low[1:] - high[:-1] > JOINED
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(a)) - 1
    return Regions(a[first], b[first], low[first], high[last])


@kernel
def _reach(high: Ticks, fresh: npt.NDArray[np.bool_]) -> Ticks:
    reach = high.copy()
    for n in range(1, len(high)):
        if not fresh[n]:
            reach[n] = max(reach[n], reach[n - 1])
    return reach


def trace_slow(records: Records, window: Window, given: Regions) -> Found:
    """Encounters of slow pairs in regions; fast ones that lie there are settled as such."""
    return _trace_slow(records, window, given, seatless=False)


def _trace_slow(records: Records, window: Window, given: Regions, *, seatless: bool) -> Found:
    """`seatless` keeps what has no seat as it was found, where the question came from such a one already."""
    found = _followed(records, window, given.a, given.b, given.low - MARGIN, given.high + MARGIN, 0)
    slow = _are_slow(window, found)
    if slow.all():
        return _carved(records, window, found, 0)
    fast = found.take(~slow)
    settled = settle(records, window, fast.a, fast.b, fast.tca)
    edges = settled.edges
    kept = [found.take(slow), fast.take(settled.slow.source)]
    if seatless:
        seated = np.isfinite(edges.speed_km_s)
        kept.append(fast.take(edges.source[~seated]))
        edges = edges.take(seated)
    return gathered([_carved(records, window, gathered(kept), 0), settled.found, trace_edges(records, window, edges)])


def _are_slow(window: Window, found: Found) -> npt.NDArray[np.bool_]:
    """Which encounters are slow enough for no seat to have a say."""
    limit = np.maximum(SLOW_KM_S, reaches(window, found.a, found.b) / LONGEST_HALF_S)
    slow: npt.NDArray[np.bool_] = found.speed_km_s < FAST_SHARE * limit
    return slow


def trace_edges(records: Records, window: Window, given: Sightings) -> Found:
    """Encounters of fast pairs near the start or the end of the time for which both exist."""
    known = np.isfinite(given.speed_km_s)
    half = np.full(len(given), LOOK_AROUND_S)
    half[known] = reaches(window, given.a[known], given.b[known]) / given.speed_km_s[known]
    margin = (np.ceil(1.25 * half) + 10.0).astype(np.int64) * SECOND
    found = _followed(records, window, given.a, given.b, given.at - margin, given.at + margin, SECOND)
    sure = known[found.source]
    if sure.all():
        return _carved(records, window, found, SECOND)
    # A state is missing near the sighting: what is found there may yet have a seat, which then decides.
    unsure = found.take(~sure)
    settled = settle(records, window, unsure.a, unsure.b, unsure.tca)
    seated = np.isfinite(settled.edges.speed_km_s)
    # What has none is followed as its speed says, as it is when it was sighted as a slow one.
    seatless = unsure.take(settled.edges.source[~seated])
    slow = _are_slow(window, seatless)
    kept = gathered([found.take(sure), seatless.take(~slow)])
    a, b, at = (
        np.concatenate([one, other[slow]])
        for one, other in zip(
            (settled.slow.a, settled.slow.b, settled.slow.at), (seatless.a, seatless.b, seatless.tca), strict=True
        )
    )
    near = regions(a, b, at, at)
    return gathered(
        [
            _carved(records, window, kept, SECOND),
            settled.found,
            _trace_slow(records, window, near, seatless=True),
            trace_edges(records, window, settled.edges.take(seated)),
        ]
    )


def _followed(records: Records, window: Window, a: Indices, b: Indices, low: Ticks, high: Ticks, spacing: int) -> Found:
    whole, real, count = follow(records, window, a, b, low, high, spacing, *rows())
    return columns(whole[:count], real[:count])


def _carved(records: Records, window: Window, found: Found, spacing: int) -> Found:
    """Of intervals within the sphere around a volume, the parts in the volume."""
    if window.bounds.kind == SPHERE or not len(found):
        return found
    whole, real, count = carve_followed(records, window, whole_of(found), spacing, *rows())
    return columns(whole[:count], real[:count])


@kernel
def reaches(window: Window, a: Indices, b: Indices) -> Floats:
    """`pair_reach` of pairs (P,)."""
    reach = np.empty(len(a))
    for n in range(len(a)):
        reach[n] = pair_reach(window.bounds, a[n], b[n])
    return reach
