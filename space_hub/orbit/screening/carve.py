"""The part of a pass that lies in a volume: entry, exit and least distance, on the polynomials of the path.

The search and the rules of `settle` and `traces` know spheres. An encounter in a volume is
a part of one interval within the sphere around it, found by walking that interval in steps
in which the gauge of the volume (1 on its surface) cannot reach 1 (`volume.lasting`). A
graze shallower than 1e-5 of a half-width, or shorter than 1 ms, can be lost. The plane of
motion of an object comes from its own path, as do all positions; SGP4's velocity spans the
same plane to 1e-6 rad.
"""

from math import sqrt
from typing import NamedTuple

import numpy as np

from space_hub.orbit.approach import CO_LOCATED_KM_S, MILLISECOND
from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.kernels.rows import Records
from space_hub.orbit.screening import path
from space_hub.orbit.screening.found import (
    CO_LOCATED,
    ENTRY,
    EXIT,
    SOURCE,
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
from space_hub.orbit.screening.nodes import PAIRS, WIDE, batch, fill, spacing_for
from space_hub.orbit.screening.volume import Bounds, crossing, gauge, lasting, pair_reach
from space_hub.orbit.times import SECOND, Floats

SHALLOW = 1e-5
FOREVER = 1e15
"""Ticks; a pair at rest in its volume stays there."""

_INSIDE, _ENTRY, _BEST, _FAST = range(4)
_SQUARE, _SPEED = range(2)


class Scratch(NamedTuple):
    """What a walk works on, and carries from piece to piece.

    `terms` and `own` (5, 3): the polynomials of the separation and of the place of a in the piece at hand.
    `carried`: whether inside, since when, tick of the least distance since, whether ever faster than two that
    fly together. `least`: that distance squared, and the speed there. `work` (4, 3) is overwritten at every look.
    """

    terms: Floats
    own: Floats
    work: Floats
    carried: Indices
    least: Floats


@part
def _states(spacing: int, scratch: Scratch, tau: float) -> None:
    """At tau, to `work`: separation, relative velocity, place and velocity of a; km, km/s."""
    gap, turn, place, motion = scratch.work[0], scratch.work[1], scratch.work[2], scratch.work[3]
    path.at(scratch.terms, tau, gap)
    path.rate(scratch.terms, tau, turn)
    path.at(scratch.own, tau, place)
    path.rate(scratch.own, tau, motion)
    for axis in range(3):
        turn[axis] *= SECOND / spacing
        motion[axis] *= SECOND / spacing


@part
def _seen_from_b(scratch: Scratch) -> None:
    """The same with the two exchanged."""
    gap, turn, place, motion = scratch.work[0], scratch.work[1], scratch.work[2], scratch.work[3]
    for axis in range(3):
        place[axis] += gap[axis]
        motion[axis] += turn[axis]
        gap[axis], turn[axis] = -gap[axis], -turn[axis]


@part
def _look(bounds: Bounds, a: int, b: int, spacing: int, scratch: Scratch, tau: float) -> tuple[bool, float]:
    """Whether one is in the volume of the other at tau, and for how many ticks at least that cannot change."""
    _states(spacing, scratch, tau)
    gap, turn, place, motion = scratch.work[0], scratch.work[1], scratch.work[2], scratch.work[3]
    inside, stays, outside = False, 0.0, np.inf
    for owner, other in ((a, b), (b, a)):
        if owner != a:
            _seen_from_b(scratch)
        out = gauge(bounds, owner, other, place, motion, gap) - 1.0
        lasts = lasting(bounds, owner, other, place, motion, gap, turn, max(abs(out), SHALLOW)) * SECOND
        if out <= 0.0:
            inside = True
            stays = max(stays, lasts)
        else:
            outside = min(outside, lasts)
    return inside, min(FOREVER, max(float(MILLISECOND), stays if inside else outside))


@part
def _border(bounds: Bounds, a: int, b: int, seat: int, spacing: int, inner: int, outer: int, scratch: Scratch) -> int:
    """The whole millisecond nearest to the surface on the side of `inner`, between ticks inside and outside."""
    while abs(outer - inner) > 1:
        middle = (inner + outer) // 2
        inside, _stays = _look(bounds, a, b, spacing, scratch, (middle - seat) / spacing)
        if inside:
            inner = middle
        else:
            outer = middle
    whole = inner // MILLISECOND * MILLISECOND if outer > inner else -(-inner // MILLISECOND) * MILLISECOND
    inside, _stays = _look(bounds, a, b, spacing, scratch, (whole - seat) / spacing)
    return whole if inside else inner


@part
def _deepen(seat: int, spacing: int, low: int, high: int, scratch: Scratch) -> None:
    """Take the part of a piece from low to high, all inside, into the minimum and the speed so far."""
    terms, carried, least = scratch.terms, scratch.carried, scratch.least
    from_, to = (low - seat) / spacing, (high - seat) / spacing
    tau = path.lowest(terms, from_, to)
    square = path.square(terms, tau)
    if square < least[_SQUARE]:
        least[_SQUARE] = square
        carried[_BEST] = min(max(seat + int(np.rint(tau * spacing)), low), high)
        least[_SPEED] = path.speed(terms, tau) * (SECOND / spacing)
    limit = CO_LOCATED_KM_S * spacing / SECOND
    if path.speed(terms, from_) >= limit or path.speed(terms, to) >= limit:
        carried[_FAST] = 1


@part
def scratch_space() -> Scratch:
    """An empty one."""
    return Scratch(np.empty((5, 3)), np.empty((5, 3)), np.empty((4, 3)), np.zeros(4, dtype=np.int64), np.empty(2))


@part
def begin(scratch: Scratch) -> None:
    """A new walk, outside."""
    scratch.carried[_INSIDE] = 0


@part
def within(scratch: Scratch) -> bool:
    """Whether the walk ended inside."""
    return bool(scratch.carried[_INSIDE] == 1)


@part
def _enter(scratch: Scratch, tick: int) -> None:
    scratch.carried[_INSIDE], scratch.carried[_ENTRY], scratch.carried[_FAST] = 1, tick, 0
    scratch.least[_SQUARE] = np.inf


@part
def walk(
    bounds: Bounds,
    a: int,
    b: int,
    source: int,
    seat: int,
    spacing: int,
    low: int,
    high: int,
    scratch: Scratch,
    whole: Indices,
    real: Floats,
    count: int,
) -> tuple[Indices, Floats, int]:
    """Walk one piece from tick low to tick high; append each encounter that ends in it."""
    tick = since = low
    here, stays = _look(bounds, a, b, spacing, scratch, (tick - seat) / spacing)
    # The surface can be passed between two pieces only by the rounding of their polynomials.
    if here and not within(scratch):
        _enter(scratch, low)
    elif within(scratch) and not here:
        whole, real, count = finish(a, b, source, low, 0, scratch, whole, real, count)
    while tick < high:
        following = min(tick + int(stays), high)
        then, stays = _look(bounds, a, b, spacing, scratch, (following - seat) / spacing)
        if then and not here:
            since = _border(bounds, a, b, seat, spacing, following, tick, scratch)
            _enter(scratch, since)
        elif here and not then:
            until = max(since, _border(bounds, a, b, seat, spacing, tick, following, scratch))
            _deepen(seat, spacing, since, until, scratch)
            whole, real, count = finish(a, b, source, until, 0, scratch, whole, real, count)
        here, tick = then, following
    if here:
        _deepen(seat, spacing, since, high, scratch)
    return whole, real, count


@part
def finish(
    a: int,
    b: int,
    source: int,
    exit: int,
    flags: int,
    scratch: Scratch,
    whole: Indices,
    real: Floats,
    count: int,
) -> tuple[Indices, Floats, int]:
    """Append the encounter that the walk is in, which ends at tick `exit`; its separation is left to the caller."""
    carried, least = scratch.carried, scratch.least
    whole, real = room_for(whole, real, count)
    if carried[_FAST] == 0:
        flags |= CO_LOCATED
    tca, entry = carried[_BEST], carried[_ENTRY]
    exit = max(exit, entry)
    write(
        whole, real, count, a, b, source, tca, entry, exit, flags, sqrt(least[_SQUARE]), least[_SPEED], scratch.work[0]
    )
    carried[_INSIDE] = 0
    return whole, real, count + 1


@kernel
def carve_passes(
    records: Records, bounds: Bounds, passes: Indices, values: Floats, whole: Indices, real: Floats
) -> tuple[Indices, Floats, int]:
    """The parts in the volume of fast passes through the sphere around it, whose rows are given."""
    room, scratch, count = batch(), scratch_space(), 0
    a, b, size = passes[:, A].copy(), passes[:, B].copy(), len(passes)
    seat = (passes[:, TCA] + SECOND // 2) // SECOND * SECOND
    for spacing in (SECOND, WIDE):
        chosen, several = np.empty(PAIRS, dtype=np.int64), 0
        for row in range(size):
            if spacing_for(pair_reach(bounds, a[row], b[row]) / values[row, SPEED]) == spacing:
                chosen[several] = row
                several += 1
            if several == PAIRS or (row == size - 1 and several > 0):
                fill(records, a, b, seat, chosen, several, spacing, room)
                for n in range(several):
                    path.fit(room.gaps[n], scratch.terms)
                    path.fit(room.places[n], scratch.own)
                    whole, real, count = _through(
                        bounds, passes[chosen[n]], seat[chosen[n]], spacing, scratch, whole, real, count
                    )
                several = 0
    return whole, real, count


@part
def _through(
    bounds: Bounds,
    row: Indices,
    seat: int,
    spacing: int,
    scratch: Scratch,
    whole: Indices,
    real: Floats,
    count: int,
) -> tuple[Indices, Floats, int]:
    """Walk one pass on one polynomial."""
    a, b, source, first, gap = row[A], row[B], row[SOURCE], count, scratch.work[0]
    begin(scratch)
    whole, real, count = walk(bounds, a, b, source, seat, spacing, row[ENTRY], row[EXIT], scratch, whole, real, count)
    if within(scratch):
        whole, real, count = finish(a, b, source, row[EXIT], 0, scratch, whole, real, count)
    for one in range(first, count):
        path.at(scratch.terms, (whole[one, TCA] - seat) / spacing, gap)
        real[one, X], real[one, Y], real[one, Z] = gap[0], gap[1], gap[2]
    return whole, real, count


@part
def _part(
    bounds: Bounds, a: int, b: int, seat: int, spacing: int, entry: int, exit: int, scratch: Scratch
) -> tuple[int, int]:
    """The part of a pass in which one can be in the volume of the other; it ends before it begins if there is none."""
    middle, half_s = (entry + exit) // 2, 0.5 * (exit - entry) / SECOND
    gap, turn, place, motion = scratch.work[0], scratch.work[1], scratch.work[2], scratch.work[3]
    _states(spacing, scratch, (middle - seat) / spacing)
    low, high = np.inf, -np.inf
    for owner, other in ((a, b), (b, a)):
        if owner != a:
            _seen_from_b(scratch)
        one, two = crossing(bounds, owner, other, place, motion, gap, turn, half_s)
        if one <= two:
            low, high = min(low, one), max(high, two)
    if low > high:
        return 1, 0
    # A millisecond more on each side, so that the walk begins and ends outside.
    return max(entry, middle + int((low - 0.001) * SECOND)), min(exit, middle + int((high + 0.001) * SECOND))
