"""The probability of one encounter by the method that may be used, and everything needed to judge it.

Steps, as Hall, Baars, Casali 2023 (AAS 23-398) order them: the plane (Foster 1992; Alfano 2005 where
that does not apply); the tests of its use; on curved orbits where one of them fails; samples where that
cannot be had either or the pair may meet more than once. The method that gave the figure is named, and all
figures on the way are kept.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from space_hub.orbit.probability.alfano import alfano_2005
from space_hub.orbit.probability.encounter import Encounter, plane
from space_hub.orbit.probability.foster import foster_1992
from space_hub.orbit.probability.given import positive
from space_hub.orbit.probability.maximum import scaled_maximum
from space_hub.orbit.probability.monte_carlo import SAMPLES, Sampled, monte_carlo
from space_hub.orbit.probability.nonlinear import Curved, nonlinear_2d, nonlinear_3d
from space_hub.orbit.probability.overlap import Pair, pair_of
from space_hub.orbit.probability.repair import CLIP
from space_hub.orbit.probability.state import State
from space_hub.orbit.probability.usage import Peak, Usage, straight_peak, usage

FOSTER, ALFANO = "foster-1992", "alfano-2005"
NONLINEAR_2D, NONLINEAR_3D, MONTE_CARLO = "nonlinear-2d", "nonlinear-3d", "monte-carlo"
METHODS = (FOSTER, ALFANO, NONLINEAR_2D, NONLINEAR_3D, MONTE_CARLO)
"""Names of methods that a `Risk` may carry."""

TINY = 1e-300
_SURE = 0.2
"""Samples are believed when their standard error is below this share of the estimate."""
_WIDTHS = 12.0
_APART = 2.0
"""Two figures that differ by more than this factor do not confirm each other: the larger one is told, `unconfirmed`."""


@dataclass(frozen=True, slots=True)
class Risk:
    """What is known of the risk of one encounter.

    `pc` is by `method`; `pc_2d` is that of the plane whatever the tests say (None without relative
    velocity). `flags` name the limits that are not kept: `extended`, `offset`, `inaccurate`,
    `not-positive-definite`; and what else stands against the figure: `no-velocity-covariance` (the
    tests could not be made), `unconfirmed` (no method beyond the plane gave a figure to be believed).
    """

    pc: float
    method: str
    flags: tuple[str, ...]
    pc_2d: float | None
    pc_max: float
    dilution: float
    """The scale of all sigmas at which the largest probability is reached; below 1 the probability is diluted."""
    repaired: bool
    tca_shift_s: float
    miss_km: float
    relative_speed_km_s: float
    radius_km: float
    standard_error: float = 0.0
    usage: Usage | None = None
    encounter: Encounter | None = field(default=None, repr=False)

    @property
    def diluted(self) -> bool:
        return self.dilution < 1.0


def assess(one: State, other: State, radius_km: float, *, samples: int = SAMPLES, seed: int = 0) -> Risk:
    """Assess two states at (about) their closest approach, with a combined hard-body radius in km.

    Raises Invalid for a radius that is not positive and for states that are not on ellipses around
    the earth; `State` refuses the rest. The same input gives the same bits.
    """
    positive(np.array([radius_km]))
    pair = pair_of(one, other, radius_km)
    flat = _in_the_plane(one, other, radius_km)
    if not (one.has_velocity_covariance and other.has_velocity_covariance) and flat is not None:
        return _risk(pair, flat, flat[0], flat[1], ("no-velocity-covariance",), None)
    tests = usage(one, other, pair)
    if not tests.flags and flat is not None:
        return _risk(pair, flat, flat[0], flat[1], (), tests)
    short = math.nan if tests.peak is None else nonlinear_2d(pair, tests.peak)
    curved = nonlinear_3d(pair, tests.peak)
    if curved is not None and curved.whole and _alike(curved.pc, short):
        return _risk(pair, flat, curved.pc, NONLINEAR_3D, tests.flags, tests)
    drawn = _sampled(pair, curved, tests.peak or straight_peak(one, other, radius_km), samples, seed)
    sure = drawn.standard_error < _SURE * drawn.pc or drawn.pc < TINY
    if sure and _alike(drawn.pc, short):
        return _risk(pair, flat, min(1.0, drawn.pc), MONTE_CARLO, tests.flags, tests, drawn.standard_error)
    flags = (*tests.flags, "unconfirmed")
    if math.isfinite(short) and not (sure and drawn.pc > short):
        return _risk(pair, flat, short, NONLINEAR_2D, flags, tests)
    if flat is not None and flat[0] > drawn.pc:
        return _risk(pair, flat, flat[0], flat[1], flags, tests)
    return _risk(pair, flat, min(1.0, drawn.pc), MONTE_CARLO, flags, tests, drawn.standard_error)


def _alike(pc: float, short: float) -> bool:
    """Whether two figures of curved orbits confirm each other; without a second there is nothing against the first."""
    return math.isnan(short) or short / _APART <= pc <= short * _APART or max(pc, short) < TINY


_Flat = tuple[float, str, Encounter]


def _in_the_plane(one: State, other: State, radius_km: float) -> _Flat | None:
    if not (other.velocity_km_s - one.velocity_km_s).any():
        return None
    found = plane(one, other, CLIP * radius_km)
    miss, covariance = found.miss_km[None], found.covariance_km2[None]
    pc = float(foster_1992(miss, covariance, radius_km)[0])
    if math.isfinite(pc):
        return pc, FOSTER, found
    return float(alfano_2005(miss, covariance, radius_km)[0]), ALFANO, found


def _sampled(pair: Pair, curved: Curved | None, near: Peak | None, samples: int, seed: int) -> Sampled:
    """Where rates are known samples go there; else around a peak; else everywhere."""
    most = 0.5 * pair.period_s
    if curved is not None:
        return monte_carlo(pair, -most, most, (curved.times_s, curved.rates), samples=samples, seed=seed)
    if near is None or abs(near.time_s) > most:
        return monte_carlo(pair, -most, most, samples=samples, seed=seed)
    reach = _WIDTHS * near.width_s + pair.radius_km / near.speed_km_s
    low, high = max(-most, near.time_s - reach), min(most, near.time_s + reach)
    times = np.linspace(low, high, 201)
    likely = np.exp(-0.5 * ((times - near.time_s) / near.width_s) ** 2)
    return monte_carlo(pair, low, high, (times, likely), samples=samples, seed=seed)


def _risk(
    pair: Pair,
    flat: _Flat | None,
    pc: float,
    method: str,
    flags: tuple[str, ...],
    tests: Usage | None,
    error: float = 0.0,
) -> Risk:
    if flat is None:
        apart = float(np.linalg.norm(pair.apart_km))
        repaired = pair.repaired
        return Risk(pc, method, flags, None, 1.0, math.nan, repaired, 0.0, apart, 0.0, pair.radius_km, error, tests)
    found = flat[2]
    most = scaled_maximum(found.miss_km[None], found.covariance_km2[None], pair.radius_km)
    return Risk(
        pc,
        method,
        flags,
        flat[0],
        max(pc, float(most.pc[0])),
        float(most.scale[0]),
        found.repaired or pair.repaired,
        found.tca_shift_s,
        float(found.miss_km[0]),
        found.relative_speed_km_s,
        pair.radius_km,
        error,
        tests,
        found,
    )
