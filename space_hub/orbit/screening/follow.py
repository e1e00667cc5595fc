"""One pair through every interval it has within its reach, on samples at absolute instants.

A slow pair is sampled as `cells` says, one at an edge on whole seconds. Between two samples
one minimum is found, and an excursion beyond the threshold is seen if a sample lies in it:
at 0.0125 rad of turn between samples, what can be overlooked reaches less than 4e-5 of the
threshold beyond it. Of equal minima the earliest counts; identical element sets are
together for as long as they exist, at distance zero, and are not propagated at all.

What an interpolated sample cannot decide (which side of the threshold, which of two
minima) SGP4 itself does; every figure that is written down is from SGP4's states.
"""

from math import inf, sqrt

import numpy as np

from space_hub.orbit.approach import CO_LOCATED_KM_S, MILLISECOND
from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.kernels.rows import Records
from space_hub.orbit.screening import carve, path
from space_hub.orbit.screening.cells import DOUBT_KM, sample, spacing_of
from space_hub.orbit.screening.found import (
    CO_LOCATED,
    ENTRY,
    EXIT,
    FLAGS,
    MISS,
    OPEN_END,
    OPEN_START,
    SPEED,
    TCA,
    A,
    B,
    Indices,
    X,
    Y,
    Z,
    room_for,
    write,
)
from space_hub.orbit.screening.minima import edge, estimate, is_minimum, lowest_of, minimum, nearest, slack, together
from space_hub.orbit.screening.settle import Window, last_tick
from space_hub.orbit.screening.volume import pair_reach
from space_hub.orbit.times import SECOND, Floats, Ticks

PADDING = 3
"""Samples added on each side of a region, so that a minimum in it has neighbours."""

GROWTH = 600 * SECOND
"""A region that ends within an interval grows by at least this."""


@kernel
def follow(
    records: Records,
    window: Window,
    a: Indices,
    b: Indices,
    low: Ticks,
    high: Ticks,
    spacing: int,
    whole: Indices,
    real: Floats,
) -> tuple[Indices, Floats, int]:
    """Every interval that has a part in one of the regions, whole; spacing 0: that of each pair, interpolated."""
    count = 0
    for n in range(len(a)):
        last = last_tick(window, a[n], b[n])
        stop = min(window.stop, last)
        reach = pair_reach(window.bounds, a[n], b[n])
        if stop < window.start:
            continue
        if spacing == 0 and _identical(records, a[n], b[n]):
            whole, real = room_for(whole, real, count)
            flags = OPEN_START | OPEN_END | CO_LOCATED
            start = window.start
            write(whole, real, count, a[n], b[n], n, start, start, stop, flags, 0.0, 0.0, np.zeros(3))
            count += 1
            continue
        step, smooth = _spacing(records, window, a[n], b[n], spacing)
        at, gaps, far = _samples(records, a[n], b[n], low[n], high[n], window.start, stop, step, smooth, reach)
        whole, real, count = _intervals(
            records, a[n], b[n], n, window.start, stop, last, step, reach, at, gaps, far, whole, real, count
        )
    return whole, real, count


@part
def _spacing(records: Records, window: Window, a: int, b: int, spacing: int) -> tuple[int, bool]:
    """Spacing of the samples of a pair, and whether they are interpolated; whole seconds for one that falls.

    Near its end SGP4 moves an object by more than gravity does, and one way and then another within ten seconds.
    """
    if spacing > 0:
        return spacing, False
    if last_tick(window, a, b) < window.stop:
        return SECOND, False
    return spacing_of(records, a, b), True


@part
def _identical(records: Records, a: int, b: int) -> bool:
    """Whether the two are the same numbers to SGP4, and so always in one place."""
    if records.epoch[a] != records.epoch[b] or (records.deep[a] < 0) != (records.deep[b] < 0):
        return False
    for n in range(records.near_rows.shape[1]):
        if records.near_rows[a, n] != records.near_rows[b, n]:
            return False
    if records.deep[a] >= 0:
        for n in range(records.deep_rows.shape[1]):
            if records.deep_rows[records.deep[a], n] != records.deep_rows[records.deep[b], n]:
                return False
    return True


@part
def _samples(
    records: Records,
    a: int,
    b: int,
    low: int,
    high: int,
    start: int,
    stop: int,
    spacing: int,
    smooth: bool,
    reach: float,
) -> tuple[Ticks, Floats, Floats]:
    """Instants, separations and distances over a region, grown until each interval it touches is closed or cut.

    The instants are the multiples of the spacing and the ends of the span where the region reaches them.
    """
    low, high = low - PADDING * spacing, high + PADDING * spacing
    while True:
        low, high = max(low, start), min(high, stop)
        first, last = -(-low // spacing), high // spacing
        before = 1 if low == start and first * spacing != start else 0
        after = 1 if high == stop and last * spacing != stop and stop > start else 0
        inner = max(0, last - first + 1)
        count = before + inner + after
        at, gaps, far = np.empty(count, dtype=np.int64), np.empty((count, 3)), np.empty(count)
        if count == 0:
            return at, gaps, far
        for n in range(inner):
            at[before + n] = (first + n) * spacing
        if inner:
            within = slice(before, before + inner)
            sample(records, a, b, first, last, spacing, smooth, gaps[within], far[within], np.empty((0, 3)))
        if before:
            at[0] = start
            _ask(records, a, b, 0, at, gaps, far)
        if after:
            at[count - 1] = stop
            _ask(records, a, b, count - 1, at, gaps, far)
        for n in range(count):
            # An interpolated sample too near the threshold does not say on which side it is; no state is far away.
            if abs(far[n] - reach) < DOUBT_KM:
                _ask(records, a, b, n, at, gaps, far)
            far[n] = far[n] if far[n] >= 0.0 else inf
        # One sample outside on each side closes an interval; a region that ends within one grows.
        grow_low = at[0] > start and far[0] <= reach
        grow_high = at[count - 1] < stop and far[count - 1] <= reach
        if not (grow_low or grow_high):
            return at, gaps, far
        step = max(high - low, GROWTH)
        if grow_low:
            low -= step
        if grow_high:
            high += step


@part
def _ask(records: Records, a: int, b: int, n: int, at: Ticks, gaps: Floats, far: Floats) -> None:
    """Sample n from SGP4 itself."""
    gaps[n, 0], gaps[n, 1], gaps[n, 2] = path.separation(records, a, b, at[n])
    far[n] = path.length(gaps[n])


@part
def _intervals(
    records: Records,
    a: int,
    b: int,
    source: int,
    start: int,
    stop: int,
    last: int,
    spacing: int,
    reach: float,
    at: Ticks,
    gaps: Floats,
    far: Floats,
    whole: Indices,
    real: Floats,
    count: int,
) -> tuple[Indices, Floats, int]:
    """Append the intervals within the reach among samples, each with its lowest minimum."""
    size = len(at)
    terms, gap = np.empty((5, 3)), np.empty(3)
    n = 0
    while n < size:
        if far[n] <= reach:
            end = n
            while end + 1 < size and far[end + 1] <= reach:
                end += 1
            tca, miss, speed = lowest_of(records, a, b, start, stop, last, spacing, at, gaps, far, n, end, terms)
            left, right = n - 1, end + 1
            n = end + 1
        else:
            tca, miss, speed = -1, inf, 0.0
            left, right = n, n + 1
            if is_minimum(far, at, n, start, stop) and estimate(gaps, n) - slack(gaps, n) <= reach:
                tca, miss, speed = minimum(records, a, b, n, last, spacing, at, terms)
                left = n if tca > at[n] else n - 1
                right = left + 1
            n += 1
        if not miss <= reach:
            continue
        flags, entry, exit = 0, at[0], at[size - 1]
        if left < 0:
            flags |= OPEN_START
        else:
            entry = edge(records, a, b, at[left], min(at[left + 1], tca), tca, reach)
        if right >= size:
            flags |= OPEN_END
        else:
            exit = edge(records, a, b, at[right], max(at[right - 1], tca), tca, reach)
        if speed < CO_LOCATED_KM_S and together(at, gaps, max(left, 0), min(right, size - 1)):
            flags |= CO_LOCATED
        gap[0], gap[1], gap[2] = path.separation(records, a, b, tca)
        whole, real = room_for(whole, real, count)
        write(whole, real, count, a, b, source, tca, entry, exit, flags, miss, speed, gap)
        count += 1
    return whole, real, count


@kernel
def carve_followed(
    records: Records, window: Window, rows: Indices, spacing: int, whole: Indices, real: Floats
) -> tuple[Indices, Floats, int]:
    """The parts in the volume of intervals found by `follow`, whose `rows` these are."""
    scratch, count = carve.scratch_space(), 0
    for n in range(len(rows)):
        a, b, first = rows[n, A], rows[n, B], count
        entry, exit, flags = rows[n, ENTRY], rows[n, EXIT], rows[n, FLAGS]
        if _identical(records, a, b):
            whole, real = room_for(whole, real, count)
            write(whole, real, count, a, b, n, rows[n, TCA], entry, exit, flags, 0.0, 0.0, np.zeros(3))
            count += 1
            continue
        last = last_tick(window, a, b)
        step, smooth = _spacing(records, window, a, b, spacing)
        step, low, gaps, places = _around(records, a, b, entry, exit, last, step, smooth)
        carve.begin(scratch)
        # Each piece reaches half a spacing to both sides of its middle node; the first and the last reach to the ends.
        for node in range(2, len(gaps) - 2):
            seat = (low + node) * step
            from_ = entry if node == 2 else max(entry, seat - step // 2)
            to = exit if node == len(gaps) - 3 else min(exit, seat - step // 2 + step)
            if from_ > to:
                continue
            path.fit(gaps[node - 2 : node + 3], scratch.terms)
            path.fit(places[node - 2 : node + 3], scratch.own)
            whole, real, count = carve.walk(window.bounds, a, b, n, seat, step, from_, to, scratch, whole, real, count)
        if carve.within(scratch):
            whole, real, count = carve.finish(a, b, n, exit, flags & OPEN_END, scratch, whole, real, count)
        for row in range(first, count):
            if whole[row, ENTRY] == entry:
                whole[row, FLAGS] |= flags & OPEN_START
            _polish(records, last, step, whole[row], real[row], scratch.terms)
    return whole, real, count


@part
def _around(
    records: Records, a: int, b: int, entry: int, exit: int, last: int, spacing: int, smooth: bool
) -> tuple[int, int, Floats, Floats]:
    """Spacing, the first of the samples as its multiple, and at least five samples over an interval with states."""
    while True:
        first, beyond = entry // spacing - 3, min(-(-exit // spacing) + 3, last // spacing)
        count = max(0, beyond - first + 1)
        gaps, places = np.empty((count, 3)), np.empty((count, 3))
        if count:
            sample(records, a, b, first, beyond, spacing, smooth, gaps, np.empty(count), places)
        low, high = 0, count
        while low < high and np.isnan(gaps[low, 0]):
            low += 1
        while low < high and np.isnan(gaps[high - 1, 0]):
            high -= 1
        if high - low >= 5 or spacing < MILLISECOND:
            return spacing, first + low, gaps[low:high], places[low:high]
        spacing, smooth = spacing // 10, False


@part
def _polish(records: Records, last: int, spacing: int, whole: Indices, real: Floats, terms: Floats) -> None:
    """The minimum of one row from SGP4's states, where it is not at an end of the encounter."""
    a, b, tca, entry, exit = whole[A], whole[B], whole[TCA], whole[ENTRY], whole[EXIT]
    if entry < tca < exit:
        low, high = max(entry, tca - spacing), min(exit, tca + spacing)
        tca, _miss, real[SPEED] = nearest(records, a, b, tca, low, high, last, spacing, terms)
        whole[TCA] = tca
    real[X], real[Y], real[Z] = path.separation(records, a, b, tca)
    real[MISS] = sqrt(real[X] * real[X] + real[Y] * real[Y] + real[Z] * real[Z])
