"""Probability of collision on curved orbits.

`nonlinear_3d` is the expected number of collisions of Hall 2021 (J. Spacecraft and Rockets 58, 715): at each instant
the flow of probability into the sphere of the combined radius, over its surface, with the uncertainty of the velocity
and its correlation with the position; then over time. It equals the probability as long as the pair can meet once only.

`nonlinear_2d` is its short form (Hall, Baars, Casali 2023, AAS 23-398): the state, velocity and covariance expanded at
the instant of the highest rate make an encounter plane of their own, in which the disk is integrated as usual.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, roots_legendre

from space_hub.orbit.probability.alfano import alfano_2005
from space_hub.orbit.probability.encounter import Flags, planes
from space_hub.orbit.probability.overlap import Overlap, Pair, overlap
from space_hub.orbit.probability.usage import Peak
from space_hub.orbit.times import Floats

_PER_WIDTH = 4
_WIDTHS = 8.5
_MOST_TIMES = 3_000
_SLOW = 0.004
"""A peak wider than this part of a period may not be the only one: the whole window is looked at."""
_COARSE = 721
_MOST_VALUES = 2_000_000
_NEGLIGIBLE = 1e-8
_MATTERS, _WEIGHS = 40.0, 25.0
"""An exponent so much above the least one stands for a rate of 2e-9 and 4e-6 of the highest: up to the first
rates are summed, up to the second all must be known."""
_RULES = ((8.0, 12, 24), (60.0, 28, 72), (400.0, 72, 192))
"""Up to this steepness of the density on the sphere: so many heights in each half, and turns."""


@dataclass(frozen=True, slots=True)
class Curved:
    """An expected number of collisions and where in time it comes from.

    `whole` is False when the rate has not died away within half a period of the instant of the states: the
    pair may meet again and again, and the number is no probability.
    """

    pc: float
    from_s: float
    to_s: float
    whole: bool
    times_s: Floats
    rates: Floats


def nonlinear_2d(pair: Pair, peak: Peak) -> float:
    """Probability in the plane of the states that are expanded at the peak; NaN where that does not settle."""
    at = overlap(pair, np.array([peak.time_s]))
    if not np.isfinite(at.state).all():
        return math.nan
    position, covariance = at.state[:, :3], at.covariance[:, :3, :3]
    slope = _conditional(at)[0]
    velocity = at.state[:, 3:] - np.einsum("tij,tj->ti", slope, position)
    flat = planes(position, velocity, covariance, 1e-4 * pair.radius_km)
    return float(alfano_2005(flat.miss_km, flat.covariance_km2, pair.radius_km)[0])


def nonlinear_3d(pair: Pair, peak: Peak | None) -> Curved | None:
    """Expected number of collisions within half a period on either side; None where it cannot be had.

    That is where the expansion does not settle, or the density is too steep on the sphere for the rule of
    integration: then samples decide (`monte_carlo`).
    """
    most = 0.5 * pair.period_s
    step, low, high = 2.0 * most / (_COARSE - 1), -most, most
    if peak is not None:
        step = min(step, peak.width_s / _PER_WIDTH)
        if peak.width_s <= _SLOW * pair.period_s:
            low = max(-most, peak.time_s - _WIDTHS * peak.width_s)
            high = min(most, peak.time_s + _WIDTHS * peak.width_s)
    while True:
        count = round((high - low) / step) + 1
        if count > _MOST_TIMES:
            return None
        times = low + step * np.arange(count, dtype=np.float64)
        found = rates(pair, overlap(pair, times))
        if found is None:
            return None
        top = float(found.max())
        begins, ends = found[0] <= _NEGLIGIBLE * top, found[-1] <= _NEGLIGIBLE * top
        if (begins and ends) or (low <= -most and high >= most):
            break
        span = high - low
        low, high = (low if begins else max(-most, low - span)), (high if ends else min(most, high + span))
    total = float(found.sum() * step)
    seen = np.flatnonzero(found > _NEGLIGIBLE * top)
    begin, end = (float(times[seen[0]]), float(times[seen[-1]])) if len(seen) else (low, high)
    return Curved(total, begin, end, bool(begins and ends) and total <= 1.0, times, found)


def rates(pair: Pair, at: Overlap) -> Floats | None:
    """Expected collisions a second at T instants; None when the density is too steep for a rule of fair cost."""
    radius = pair.radius_km
    settled = np.isfinite(at.state).all(axis=1)
    if not settled.any():
        return None
    distance = np.where(settled, at.exponent, np.inf)
    matters = distance < distance.min() + _MATTERS
    weighs = distance < distance.min() + _WEIGHS
    if (~settled & (np.convolve(weighs, [1, 1, 1], "same") > 0)).any():
        return None
    pull = radius * np.linalg.norm(np.einsum("tij,tj->ti", at.inverse, at.state[:, :3]), axis=1)
    steep = pull + 0.5 * radius**2 * np.sqrt(np.square(at.inverse).sum(axis=(1, 2)))
    out = np.zeros(len(at.times_s))
    worst = float(steep[matters].max())
    for limit, heights, turns in _RULES:
        if worst <= limit and 2 * heights * turns * int(matters.sum()) <= _MOST_VALUES:
            out[matters] = _flow(at, matters, radius, heights, turns)
            return out
    return None


def _conditional(at: Overlap) -> tuple[Floats, Floats]:
    """How the mean relative velocity follows the relative position (T, 3, 3), and what is left of its covariance."""
    cross = at.covariance[:, 3:, :3]
    slope = cross @ at.inverse
    return slope, at.covariance[:, 3:, 3:] - slope @ np.swapaxes(cross, 1, 2)


def _flow(at: Overlap, some: Flags, radius: float, heights: int, turns: int) -> Floats:
    """Surface integral of density times mean inward speed, with the pole of the rule along the relative velocity."""
    state, inverse = at.state[some], at.inverse[some]
    slope, left = (each[some] for each in _conditional(at))
    nodes, weights = roots_legendre(heights)
    height = np.concatenate([0.5 * (nodes - 1.0), 0.5 * (nodes + 1.0)])
    weight = np.concatenate([0.5 * weights, 0.5 * weights])
    turn = 2.0 * np.pi * (np.arange(turns) + 0.5) / turns
    ring = np.sqrt(1.0 - height**2)
    on = np.stack(
        [np.outer(ring, np.cos(turn)).ravel(), np.outer(ring, np.sin(turn)).ravel(), np.repeat(height, turns)], axis=1
    )
    area = np.repeat(weight, turns) * (2.0 * np.pi / turns)
    out = np.empty(len(state))
    for first in range(0, len(state), size := max(1, 400_000 // len(on))):
        part = slice(first, first + size)
        position, velocity = state[part, :3], state[part, 3:]
        middle = velocity - np.einsum("tij,tj->ti", slope[part], position)
        sphere = on @ _towards(middle)
        off = radius * sphere - position[:, None, :]
        half = 0.5 * np.einsum("tki,tij,tkj->tk", off, inverse[part], off)
        least = half.min(axis=1, keepdims=True)
        moves = velocity[:, None, :] + np.einsum("tij,tkj->tki", slope[part], off)
        mean = np.einsum("tki,tki->tk", sphere, moves)
        sigma = np.sqrt(np.maximum(np.einsum("tki,tij,tkj->tk", sphere, left[part], sphere), 1e-24))
        z = mean / sigma
        inward = sigma * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) - mean * ndtr(-z)
        summed = (np.exp(least - half) * inward) @ area * radius**2
        scale = -least[:, 0] - 0.5 * at.log_determinant[some][part] - 1.5 * math.log(2.0 * math.pi)
        out[part] = summed * np.exp(scale)
    return out


def _towards(direction: Floats) -> Floats:
    """Axes (T, 3, 3), as rows, whose third is along each direction."""
    pole = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    first = np.cross(pole, np.eye(3)[np.argmin(np.abs(pole), axis=1)])
    first = first / np.linalg.norm(first, axis=1, keepdims=True)
    return np.stack([first, np.cross(pole, first), pole], axis=1)
