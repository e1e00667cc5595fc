"""A week of updates of a catalogue: new element sets with errors of a known size, and a truth that is known.

The truth is the set an object was given with. Each update is that truth at a later epoch, as mean elements, plus an
error drawn anew: in-track at the epoch, in the mean motion (so that it grows with age), in the eccentricity vector
(radial, and twice that along the track) and in the orbit's plane (across). Sizes are those of a `Growth`. What SGP4
itself leaves out and what consecutive real sets share is not made: errors of two updates are independent.

Draws depend on the seed and the catalogue number alone, so that a part of a catalogue gets the updates it has in the
whole.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha512
from math import atan2, cos, degrees, hypot, pi, radians, sin, sqrt

import numpy as np
from scipy.special import ndtri
from sgp4.api import Satrec

from space_hub.errors import Invalid
from space_hub.orbit.elements import EARTH_RADIUS_KM, ElementSet
from space_hub.orbit.propagation import satrec
from space_hub.orbit.times import Floats
from space_hub.orbit.uncertainty.growth import Growth
from space_hub.orbit.uncertainty.table import measured

_MINUTE = timedelta(minutes=1)
_MICRODAY = timedelta(microseconds=864)
"""Epochs fall on whole 1e-8 days, as in real sets."""

_J2 = 0.001082616
"""Of WGS 72."""

SHORTEST_H, LONGEST_H = 8.0, 40.0
"""Between two sets of one object: in the five histories 90 % lie between these, around a day."""

_TYPICAL_AGE_DAYS = 1.0
"""Radial and cross-track errors of a set do not grow here; they have the size that this age gives."""


@dataclass(frozen=True, slots=True)
class Update:
    """What a source publishes at an instant: the newest set of each object that has a new one."""

    at: datetime
    sets: list[ElementSet]


def updates(
    sets: Sequence[ElementSet],
    start: datetime,
    days: float,
    seed: int,
    *,
    every_h: float = 8.0,
    growth: Callable[[ElementSet], Growth] | None = None,
    errors: float = 1.0,
) -> list[Update]:
    """Updates of the objects in `sets` (the truth, one set each), published every `every_h` hours after `start`.

    `errors` scales all errors; 0 gives the truth itself at later epochs. An object whose truth has no state any
    more has no further updates. Raises Invalid for an object that is given twice or a span that is none.
    """
    if not (days > 0.0 and every_h > 0.0 and errors >= 0.0):
        raise Invalid("uncertainty.span", days=days, every_h=every_h, errors=errors)
    if len({one.catalog_number for one in sets}) != len(sets):
        raise Invalid("uncertainty.twice")
    size = growth or (lambda one: measured(one.regime))
    rounds = max(1, round(days * 24.0 / every_h))
    out = [Update(start + timedelta(hours=every_h * (each + 1)), []) for each in range(rounds)]
    for one in sets:
        newest: dict[int, ElementSet] = {}
        for made in _of_one(one, start, start + timedelta(days=days), seed, size(one), errors):
            newest[min(rounds - 1, max(0, int((made.epoch - start) / timedelta(hours=every_h))))] = made
        for each, made in newest.items():
            out[each].sets.append(made)
    return out


def _of_one(
    truth: ElementSet, start: datetime, stop: datetime, seed: int, growth: Growth, errors: float
) -> list[ElementSet]:
    record, epoch = satrec(truth), start
    made: list[ElementSet] = []
    while True:
        later, normal = _draws(seed, truth.catalog_number, epoch)
        epoch += timedelta(hours=SHORTEST_H + (LONGEST_H - SHORTEST_H) * later)
        if epoch >= stop:
            return made
        moved = at_epoch(truth, truth.epoch + _MICRODAY * round((epoch - truth.epoch) / _MICRODAY), record)
        if moved is None:
            return made
        made.append(with_error(moved, growth, errors * normal))


def _draws(seed: int, number: int, epoch: datetime) -> tuple[float, Floats]:
    """A number in [0, 1) and six from a standard normal distribution, which depend on nothing but the arguments."""
    digest = sha512(f"{seed}/{number}/{epoch.isoformat()}".encode()).digest()
    shares = (np.frombuffer(digest, dtype="<u8").astype(np.float64) + 0.5) / 2.0**64
    return float(shares[0]), np.asarray(ndtri(np.clip(shares[1:7], 1e-15, 1.0 - 1e-15)))


def at_epoch(truth: ElementSet, epoch: datetime, record: Satrec | None = None) -> ElementSet | None:
    """The same orbit, given at another epoch: the mean elements that SGP4 carries there. None where it has no state.

    In low orbits the two then agree to metres over a week, in the deep space part of SGP4 to 0.2 km.
    """
    record = record or satrec(truth)
    since = (epoch - truth.epoch) / _MINUTE
    before, after = (record.sgp4_tsince(since + each)[0] or record.mm + record.om for each in (-1.0, 1.0))
    error, _position, _velocity = record.sgp4_tsince(since)
    if error or not record.em < 1.0:
        return None
    moved = replace(
        truth,
        epoch=epoch,
        mean_motion_rev_day=_kozai(record.nm, record.em, record.im) * 1440.0 / (2.0 * pi),
        eccentricity=record.em,
        inclination_deg=degrees(record.im),
        raan_deg=degrees(record.Om) % 360.0,
        arg_perigee_deg=degrees(record.om) % 360.0,
        mean_anomaly_deg=degrees(record.mm) % 360.0,
    )
    if truth.is_deep_space:
        return moved
    # Drag enters SGP4's longitude in more terms than its axis: the rate of the longitude is what must go on.
    rate = record.mdot + record.argpdot
    turned = (after - before - 2.0 * rate + pi) % (2.0 * pi) - pi + 2.0 * rate
    made = satrec(moved)
    lacking = 0.5 * turned - made.mdot - made.argpdot
    return replace(moved, mean_motion_rev_day=moved.mean_motion_rev_day * (1.0 + lacking / made.mdot))


def _kozai(brouwer: float, eccentricity: float, inclination: float) -> float:
    """Mean motion after Kozai, as sets carry it, of one after Brouwer, rad/min: SGP4's own relation, turned round."""
    rest = 1.0 - eccentricity**2
    factor = 0.75 * _J2 * (3.0 * cos(inclination) ** 2 - 1.0) / (rest * sqrt(rest))
    kozai = brouwer
    for _ in range(6):
        axis = (_XKE / kozai) ** (2.0 / 3.0)
        first = factor / axis**2
        better = axis * (1.0 - first**2 - first * (1.0 / 3.0 + 134.0 * first**2 / 81.0))
        kozai = brouwer * (1.0 + factor / better**2)
    return kozai


_XKE = 60.0 / sqrt(EARTH_RADIUS_KM**3 / 398600.8)


def with_error(one: ElementSet, growth: Growth, normal: Floats) -> ElementSet:
    """`one` with six errors, drawn from a standard normal distribution: in-track, rate, eccentricity (2), plane (2)."""
    axis = one.semi_major_axis_km
    radial, _along, across = growth.sigmas_km(_TYPICAL_AGE_DAYS).tolist()
    along, drift = float(growth.sigmas_km(0.0)[1]), float(growth.drift_km_day())
    late = sqrt(max(0.0, along**2 - 4.0 * radial**2)) / axis * normal[0]
    perigee = radians(one.arg_perigee_deg)
    first = one.eccentricity * cos(perigee) + radial / axis * normal[2]
    second = one.eccentricity * sin(perigee) + radial / axis * normal[3]
    eccentricity = min(hypot(first, second), 0.999)
    turned = (atan2(second, first) - perigee + pi) % (2.0 * pi) - pi
    inclination = one.inclination_deg + degrees(across / axis * normal[4])
    node = degrees(across / axis * normal[5]) / max(sin(radians(one.inclination_deg)), 1e-3)
    return replace(
        one,
        mean_motion_rev_day=one.mean_motion_rev_day + drift / axis * normal[1] / (2.0 * pi),
        eccentricity=eccentricity,
        inclination_deg=abs(inclination),
        raan_deg=(one.raan_deg + node) % 360.0,
        arg_perigee_deg=(one.arg_perigee_deg + degrees(turned) - node * cos(radians(one.inclination_deg))) % 360.0,
        mean_anomaly_deg=(one.mean_anomaly_deg + degrees(late - turned)) % 360.0,
    )
