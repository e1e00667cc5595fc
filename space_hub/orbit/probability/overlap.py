"""Two uncertain orbits seen from where they would meet.

A pair is expanded at each instant not around its mean states but around the most likely states
that meet there: the peak overlap point of Hall 2021 (J. Spacecraft and Rockets 58, 715). With Gaussian elements
that point minimises the elements' squared Mahalanobis distance under the condition that the positions agree; each
step of the iteration solves that for the linear expansion around the last one.
"""

from dataclasses import dataclass, fields

import numpy as np

from space_hub.orbit.probability.elements import equinoctial, states, states_and_slopes, upright
from space_hub.orbit.probability.encounter import Flags
from space_hub.orbit.probability.repair import CLIP, factor
from space_hub.orbit.probability.state import State
from space_hub.orbit.times import Floats

_STEPS, _SHRINKS, _LEAST = 120, 0.8, 1.0 / 64.0
"""At most so many steps. One that is not shorter than so much of the last halves the share that is taken of all that
follow, down to the least: along a strongly bent orbit whole steps swing."""
_SETTLED, _STILL = 1e-9, 1e-5


@dataclass(frozen=True, slots=True)
class Pair:
    """Two orbits in axes of their own: elements (2, 6), square roots of their covariances (2, 6, 6), periods in s.

    `repaired` when a covariance had negative eigenvalues, which count as zero.
    """

    elements: Floats
    roots: Floats
    periods_s: tuple[float, float]
    radius_km: float
    repaired: bool

    @property
    def apart_km(self) -> Floats:
        """The relative position (3,) at the instant of the states."""
        there = states(self.elements, np.zeros(2))
        return np.asarray(there[1, :3] - there[0, :3])

    @property
    def period_s(self) -> float:
        return min(self.periods_s)


@dataclass(frozen=True, slots=True)
class Overlap:
    """The linear expansion at T instants.

    Relative state (T, 6) and its covariance (T, 6, 6); the inverse (T, 3, 3) and logarithm of the determinant (T,) of
    the position's part, with eigenvalues clipped; gains (T, 2, 6, 3) of the elements by a relative position;
    slopes (T, 3, 12) of the relative position by both objects' elements. NaN where
    the iteration did not settle.
    """

    times_s: Floats
    state: Floats
    covariance: Floats
    inverse: Floats
    log_determinant: Floats
    gains: Floats
    slopes: Floats

    def only(self, good: Flags) -> "Overlap":
        """Some of the instants."""
        return Overlap(*(getattr(self, each.name)[good] for each in fields(self)))

    @property
    def distance2(self) -> Floats:
        return np.asarray(np.einsum("ti,tij,tj->t", self.state[:, :3], self.inverse, self.state[:, :3]))

    @property
    def exponent(self) -> Floats:
        """Hall's Q: squared Mahalanobis distance and logarithm of the determinant."""
        return np.asarray(self.distance2 + self.log_determinant)


def pair_of(one: State, other: State, radius_km: float) -> Pair:
    """Raises Invalid when a state is not on an ellipse around the earth."""
    momenta = [np.cross(each.position_km, each.velocity_km_s) for each in (one, other)]
    axes = upright(*momenta)
    turned = np.kron(np.eye(2), axes)
    elements, roots, repaired = [], [], False
    for each in (one, other):
        mean = equinoctial(axes @ each.position_km, axes @ each.velocity_km_s)
        slopes = states_and_slopes(mean[None], np.zeros(1))[1][0]
        root, negative = factor(each.covariance)
        elements.append(mean)
        roots.append(np.linalg.solve(slopes, turned @ root))
        repaired |= negative
    periods = (2.0 * np.pi / float(elements[0][0]), 2.0 * np.pi / float(elements[1][0]))
    return Pair(np.array(elements), np.array(roots), periods, radius_km, repaired)


def overlap(pair: Pair, times_s: Floats) -> Overlap:
    """Expand a pair at T instants after that of its states."""
    count = len(times_s)
    away = np.zeros((2, count, 6))
    floor = (CLIP * pair.radius_km) ** 2
    covariances = pair.roots @ np.swapaxes(pair.roots, 1, 2)
    sigmas = np.sqrt(np.einsum("kii->ki", covariances))[:, None, :] + 1e-300
    share, before = np.ones(count), np.full(count, np.inf)
    distance, settled = np.full(count, np.inf), np.zeros(count, dtype=np.bool_)
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            ends = [states_and_slopes(pair.elements[i] + away[i], times_s) for i in (0, 1)]
            linear = [there - np.einsum("tij,tj->ti", slope, away[i]) for i, (there, slope) in enumerate(ends)]
            state = linear[1] - linear[0]
            spread = [covariances[i] @ np.swapaxes(slope, 1, 2) for i, (_, slope) in enumerate(ends)]
            covariance = ends[0][1] @ spread[0] + ends[1][1] @ spread[1]
            inverse, log_determinant = _inverted(covariance[:, :3, :3], floor)
            gains = np.stack([-spread[0][:, :, :3] @ inverse, spread[1][:, :, :3] @ inverse], axis=1)
            meets = -np.swapaxes(np.einsum("tkij,tj->tki", gains, state[:, :3]), 0, 1)
            length = (np.abs(meets - away) / sigmas).max(axis=(0, 2))
            share = np.where(length > _SHRINKS * before, np.maximum(0.5 * share, _LEAST), share)
            before = length
            away = away + share[None, :, None] * (meets - away)
            now = np.einsum("ti,tij,tj->t", state[:, :3], inverse, state[:, :3])
            settled = (np.abs(now - distance) <= _SETTLED * (1.0 + now)) & (length <= _STILL)
            distance = now
            if (settled | np.isnan(now)).all():
                break
    state = np.where(settled[:, None], state, np.nan)
    slopes = np.concatenate([-ends[0][1][:, :3], ends[1][1][:, :3]], axis=2)
    return Overlap(times_s, state, covariance, inverse, log_determinant, gains, slopes)


def _inverted(covariance: Floats, floor: float) -> tuple[Floats, Floats]:
    known = np.asarray(np.isfinite(covariance).all(axis=(1, 2)))
    values, axes = np.linalg.eigh(np.where(known[:, None, None], covariance, np.eye(3)))
    values = np.where(known[:, None], np.maximum(values, floor), np.nan)
    return np.einsum("tij,tj,tkj->tik", axes, 1.0 / values, axes), np.log(values).sum(axis=1)
