"""The probability by samples of both orbits: what is asked when nothing else may be used.

Elements of both objects are drawn, each sample flies on its Kepler orbits, and a collision is a distance below the
combined radius within the window. Plain draws would seldom hit, so most are drawn to meet (importance
sampling): at one of K instants the relative position is drawn around zero, stretched along the relative velocity
up to the next instants, and the elements follow it as the linear expansion at that instant says. Each sample is then
weighed by how much likelier that made it, which needs the expansion to be neither exact nor complete: draws
of the plain density among them (`_PLAIN`) bound every weight. The estimate is unbiased, and its standard
error is measured.

Owen, Zhou 2000, J. American Statistical Association 95, 135 (mixtures with a defensive part); Kepler motion and
Gaussian equinoctial elements as in Hall 2021 (J. Spacecraft and Rockets 58, 715).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from space_hub.orbit.probability.elements import states
from space_hub.orbit.probability.encounter import Flags
from space_hub.orbit.probability.overlap import Overlap, Pair, overlap
from space_hub.orbit.times import Floats

SAMPLES, SETS = 16_384, 8
_PLAIN = 0.1
_INSTANTS = 48
_KNOTS, _TURN = (24, 128), 0.05
"""Instants at which a sample's distance is looked at first: so many, one each 0.05 rad of turn."""
_SOLVED = 4


@dataclass(frozen=True, slots=True)
class Sampled:
    """The estimate, its standard error, and how many samples were drawn and hit."""

    pc: float
    standard_error: float
    samples: int
    hits: int


def monte_carlo(
    pair: Pair,
    from_s: float,
    to_s: float,
    rates: tuple[Floats, Floats] | None = None,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Sampled:
    """Probability that the pair comes within its radius between two instants.

    `rates`, times and how likely a collision is at each (any scale), say where to draw; without them the
    whole window is drawn from evenly. Bad ones cost accuracy, which the standard error shows, and never bias.
    Draws are scrambled Sobol points, so the same pair and seed give the same bits; the standard error is measured
    between sets with scrambles of their own.
    """
    aims = _aims(pair, from_s, to_s, rates)
    size = 1 << max(4, round(math.log2(samples / SETS)))
    means, hits = np.empty(SETS), 0
    for number in range(SETS):
        points = qmc.Sobol(16, scramble=True, rng=seed * SETS + number).random(size)
        away, weights = _drawn(pair, aims, np.clip(points, 1e-12, 1.0 - 1e-12))
        hit = nearest_distance(pair, away, from_s, to_s) <= pair.radius_km
        means[number] = np.where(hit, weights, 0.0).mean()
        hits += int(hit.sum())
    return Sampled(float(means.mean()), float(means.std(ddof=1) / math.sqrt(SETS)), size * SETS, hits)


@dataclass(frozen=True, slots=True)
class _Aims:
    """Where the mixture draws: expansions at K instants, and what the relative position is drawn from."""

    at: Overlap
    spread: Floats
    spread_inverse: Floats
    log_ratio: Floats
    """Half the difference of both logarithms of determinants: of the expansion, of what is drawn."""


def _aims(pair: Pair, from_s: float, to_s: float, rates: tuple[Floats, Floats] | None) -> _Aims | None:
    if rates is None:
        times = np.linspace(from_s, to_s, _INSTANTS)
    else:
        summed = np.cumsum(rates[1])
        quantiles = (np.arange(_INSTANTS) + 0.5) / _INSTANTS
        times = np.interp(quantiles, summed / summed[-1], rates[0])
    at = overlap(pair, times)
    good: Flags = np.asarray(np.isfinite(at.state).all(axis=1))
    if not good.any():
        return None
    at = at.only(good)
    between = np.gradient(at.times_s) if len(at.times_s) > 1 else np.full(1, to_s - from_s)
    stretch = at.state[:, 3:] * np.maximum(between, 1e-3)[:, None]
    spread = stretch[:, :, None] * stretch[:, None, :] + np.eye(3) * (0.7 * pair.radius_km) ** 2
    log_ratio = 0.5 * (at.log_determinant - np.linalg.slogdet(spread)[1])
    return _Aims(at, spread, np.linalg.inv(spread), log_ratio)


def _drawn(pair: Pair, aims: _Aims | None, points: Floats) -> tuple[Floats, Floats]:
    """Offsets of both elements (2, N, 6) and the weights of the samples (N,), from points (N, 16) of the unit cube."""
    count = len(points)
    normal = ndtri(points[:, 1:])
    away = np.stack([normal[:, :6] @ pair.roots[0].T, normal[:, 6:12] @ pair.roots[1].T])
    if aims is None:
        return away, np.ones(count)
    at = aims.at
    aimed = points[:, 0] >= _PLAIN
    share = np.maximum(0.0, (points[:, 0] - _PLAIN) / (1.0 - _PLAIN))
    which = np.minimum((share * len(at.times_s)).astype(np.int64), len(at.times_s) - 1)
    there = _relative(aims, away)
    wanted = np.einsum("nij,nj->ni", np.linalg.cholesky(aims.spread)[which], normal[:, 12:])
    move = np.where(aimed[:, None], wanted - there[np.arange(count), which], 0.0)
    away = away + np.einsum("nkij,nj->kni", at.gains[which], move)
    there = _relative(aims, away)
    off = there - at.state[None, :, :3]
    likely = 0.5 * np.einsum("nki,kij,nkj->nk", off, at.inverse, off) + aims.log_ratio
    likely -= 0.5 * np.einsum("nki,kij,nkj->nk", there, aims.spread_inverse, there)
    mixture = np.exp(np.minimum(likely, 700.0)).mean(axis=1)
    return away, 1.0 / (_PLAIN + (1.0 - _PLAIN) * mixture)


def _relative(aims: _Aims, away: Floats) -> Floats:
    """Relative positions (N, K, 3) as the linear expansions have them."""
    return np.asarray(
        aims.at.state[None, :, :3] + np.einsum("tij,nj->nti", aims.at.slopes, np.concatenate(list(away), axis=1))
    )


def nearest_distance(pair: Pair, away: Floats, from_s: float, to_s: float) -> Floats:
    """The least distance (N,) of samples (2, N, 6) within a window; infinite where an orbit is none.

    Straight lines between knots say where to look; there the zero of the range rate is solved on the orbits.
    """
    turn = 2.0 * math.pi * (to_s - from_s) / pair.period_s
    knots = int(np.clip(math.ceil(turn / _TURN), *_KNOTS))
    times = np.linspace(from_s, to_s, knots)
    elements = pair.elements[:, None, :] + away
    with np.errstate(all="ignore"):
        at = _between(elements[:, :, None, :], times)[..., :3]
        chord = np.diff(at, axis=1)
        square = np.einsum("nki,nki->nk", chord, chord)
        share = np.clip(-np.einsum("nki,nki->nk", at[:, :-1], chord) / square, 0.0, 1.0)
        foot = at[:, :-1] + share[:, :, None] * chord
        distance = np.einsum("nki,nki->nk", foot, foot)
        distance = np.where(np.isnan(distance), np.inf, distance)
        best = np.argpartition(distance, 1, axis=1)[:, :2]
        time = times[best] + np.take_along_axis(share, best, axis=1) * (times[1] - times[0])
        time = np.where(np.isnan(time), from_s, time)
        for _ in range(_SOLVED):
            there = _between(elements[:, :, None, :], time)
            position, velocity = there[..., :3], there[..., 3:]
            late = np.einsum("nki,nki->nk", position, velocity) / np.einsum("nki,nki->nk", velocity, velocity)
            late = np.where(np.isfinite(late), late, 0.0)
            time = np.clip(time - late, from_s, to_s)
        last = _between(elements[:, :, None, :], time)[..., :3]
        found = np.sqrt(np.einsum("nki,nki->nk", last, last))
    return np.asarray(np.where(np.isnan(found), np.inf, found).min(axis=1))


def _between(elements: Floats, times_s: Floats) -> Floats:
    """Relative states (N, K, 6) of samples (2, N, 1, 6) at instants (K,) or (N, K)."""
    shape = (elements.shape[1], times_s.shape[-1])
    late = np.broadcast_to(times_s, shape)
    both = [states(np.broadcast_to(each, (*shape, 6)), late) for each in elements]
    return both[1] - both[0]
