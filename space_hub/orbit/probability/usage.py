"""When the encounter plane may be used: published tests, computed before any probability is believed.

Hall, "Determining appropriate risk remediation thresholds and usage boundaries for 2D-Pc" (Hall 2019, AAS 19-631, usage
boundaries), in the form of Hall, Baars, Casali 2023 (AAS 23-398): the encounter on straight lines and on curved orbits
are both described by a time of highest rate T, its width s and an exponent Q there, in the limit of a
small radius.

    extended    2 t / P        t = s sqrt(2) erfc^-1(1e-16): half the time in which all but 1e-16 of the risk falls
    offset      max |T +- t| / P
    inaccurate  1 - exp(-|ln f|), f the ratio of both probabilities: s v exp(-Q/2) on orbits over that on lines

P is the shorter of the two periods. The limits 0.02, 0.01 and 0.02 are those of the 2023 paper's software
(CARA Analysis Tools, PcMultiStep). Covariances of positions that are not positive definite are a violation too.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erfcinv

from space_hub.orbit.probability.overlap import Pair, overlap
from space_hub.orbit.probability.state import State

EXTENDED, OFFSET, INACCURATE = 0.02, 0.01, 0.02
"""Published limits for two dimensions."""

_TAILS = math.sqrt(2.0) * float(erfcinv(1e-16))
_REFINED = 25
_FARTHEST = 10.0


@dataclass(frozen=True, slots=True)
class Peak:
    """When the rate of collision is highest, how wide it is (s), the exponent and the relative speed there."""

    time_s: float
    width_s: float
    exponent: float
    speed_km_s: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Figures of the tests, and what they found on curved orbits (None when the search did not settle)."""

    extended: float
    offset: float
    inaccurate: float
    """NaN when curved orbits could not be judged; that counts as a violation."""
    log_factor: float
    not_positive_definite: bool
    peak: Peak | None

    @property
    def flags(self) -> tuple[str, ...]:
        """Names of the limits that are not kept."""
        kept = {
            "extended": self.extended <= EXTENDED,
            "offset": self.offset <= OFFSET,
            "inaccurate": self.inaccurate <= INACCURATE,
            "not-positive-definite": not self.not_positive_definite,
        }
        return tuple(name for name, good in kept.items() if not good)


def usage(one: State, other: State, pair: Pair) -> Usage:
    """Test an encounter of two states."""
    wrong = _not_positive(one) or _not_positive(other)
    velocity = other.velocity_km_s - one.velocity_km_s
    straight = straight_peak(one, other, pair.radius_km)
    if straight is None:
        return Usage(1.0, 1.0, math.nan, math.nan, wrong, None)
    curved = curved_peak(pair, straight)
    at = curved or straight
    extended = min(1.0, 2.0 * _TAILS * at.width_s / pair.period_s)
    offset = min(1.0, (abs(at.time_s) + _TAILS * at.width_s) / pair.period_s)
    if curved is None:
        return Usage(extended, offset, math.nan, math.nan, wrong, None)
    factor = math.log(curved.width_s / straight.width_s) + math.log(curved.speed_km_s / float(np.linalg.norm(velocity)))
    factor += 0.5 * (straight.exponent - curved.exponent)
    return Usage(extended, offset, -math.expm1(-abs(factor)), factor, wrong, curved)


def straight_peak(one: State, other: State, radius_km: float) -> Peak | None:
    """The peak on straight lines; None without relative velocity."""
    position, velocity = other.position_km - one.position_km, other.velocity_km_s - one.velocity_km_s
    values, axes = np.linalg.eigh((one.covariance + other.covariance)[:3, :3])
    values = np.maximum(values, (1e-4 * radius_km) ** 2)
    inverse = (axes / values) @ axes.T
    speed2 = float(velocity @ inverse @ velocity)
    if speed2 <= 0.0:
        return None
    time = -float(position @ inverse @ velocity) / speed2
    exponent = float(position @ inverse @ position) - time * time * speed2 + float(np.log(values).sum())
    return Peak(time, 1.0 / math.sqrt(speed2), exponent, float(np.linalg.norm(velocity)))


def curved_peak(pair: Pair, near: Peak) -> Peak | None:
    """The peak on Kepler orbits, by parabolas through three instants a width apart; None when that does not settle.

    The search stays within half a period on either side.
    """
    most = 0.5 * pair.period_s
    time, width = near.time_s, min(near.width_s, 0.05 * pair.period_s)
    if abs(time) > most:
        return None
    for _ in range(_REFINED):
        at = overlap(pair, time + width * np.array([-1.0, 0.0, 1.0]))
        low, middle, high = at.exponent.tolist()
        bend = (high - 2.0 * middle + low) / width**2
        if not math.isfinite(bend) or bend <= 0.0:
            return None
        move = -(high - low) / (2.0 * width * bend)
        found = math.sqrt(2.0 / bend)
        if abs(move) <= 0.05 * found and 0.5 < found / width < 2.0:
            there = overlap(pair, np.array([time + move]))
            speed = float(np.linalg.norm(there.state[0, 3:]))
            exponent = float(there.exponent[0])
            return Peak(time + move, found, exponent, speed) if math.isfinite(exponent) else None
        time += float(np.clip(move, -_FARTHEST * found, _FARTHEST * found))
        width = min(found, 0.05 * pair.period_s)
        if abs(time) > most:
            return None
    return None


def _not_positive(state: State) -> bool:
    values = np.linalg.eigvalsh(state.covariance[:3, :3])
    return bool(values[0] <= 0.0)
