"""Pairs that need more than one look: slow ones, and those at an edge of the window or of an object's life.

Each is sampled on absolute instants over the whole of every interval it touches
(`approach.Pair.trace`), so that a pair that flies together for a day, through all chunks,
is one record.
"""

from collections import defaultdict
from collections.abc import Iterable
from math import ceil, isfinite

import numpy as np

from space_hub.orbit.approach import Pair, Passage
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.refine import WIDE, EdgeSighting, Settled, Window, settle
from space_hub.orbit.times import SECOND

APART = 240 * SECOND
"""Sightings of a slow pair closer than this are one region to trace; any value finds the same intervals."""

LOOK_AROUND_S = 50.0

Sighting = tuple[int, int, int]
"""Pair and tick."""

Region = tuple[int, int, int, int]
"""Pair, from tick, to tick."""

Found = tuple[int, int, Passage]


def regions(sightings: Iterable[Sighting]) -> list[Region]:
    """Sightings of slow pairs, joined: (a, b, from, to) in ticks, in order."""
    times: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for a, b, at in sightings:
        times[a, b].append(at)
    joined = []
    for (a, b), seen in sorted(times.items()):
        seen.sort()
        first = last = seen[0]
        for at in seen[1:]:
            if at - last > APART:
                joined.append((a, b, first - APART, last + APART))
                first = at
            last = at
        joined.append((a, b, first - APART, last + APART))
    return joined


def trace_slow(fleet: Fleet, window: Window, region: Region) -> list[Found]:
    """Encounters of a slow pair in a region; a fast one that lies there is settled as such."""
    a, b, low, high = region
    found: list[Found] = []
    for passage in Pair(fleet, a, b, window.span(a, b)).trace(low, high, window.threshold_km, WIDE):
        if passage.speed_km_s < 0.9 * window.slow_km_s:
            found.append((a, b, passage))
        else:
            kind = _by_seat(fleet, window, a, b, passage)
            found += [(a, b, passage)] if kind.slow else kind.passages()
            found += [one for edge in kind.edges for one in trace_edge(fleet, window, edge)]
    return found


def trace_edge(fleet: Fleet, window: Window, edge: EdgeSighting) -> list[Found]:
    """Encounters of a fast pair near the start or the end of its span."""
    a, b, at, speed = edge
    pair = Pair(fleet, a, b, window.span(a, b))
    if isfinite(speed):
        return [(a, b, one) for one in _near(pair, at, window.threshold_km / speed, window.threshold_km)]
    # A state is missing near the sighting: what is found there may yet have a seat, which then decides.
    found: list[Found] = []
    for passage in _near(pair, at, LOOK_AROUND_S, window.threshold_km):
        kind = _by_seat(fleet, window, a, b, passage)
        found += kind.passages()
        for _a, _b, near in kind.slow:
            found += trace_slow(fleet, window, (a, b, near - APART, near + APART))
        for seat in kind.edges:
            found += trace_edge(fleet, window, seat) if isfinite(seat[3]) else [(a, b, passage)]
    return found


def _near(pair: Pair, at: int, half_s: float, threshold_km: float) -> list[Passage]:
    reach = (ceil(1.25 * half_s) + 10) * SECOND
    return pair.trace(at - reach, at + reach, threshold_km, SECOND)


def _by_seat(fleet: Fleet, window: Window, a: int, b: int, passage: Passage) -> Settled:
    return settle(fleet, window, np.array([a]), np.array([b]), np.array([passage.tca], dtype=np.int64))
