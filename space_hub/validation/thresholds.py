"""Element sets on both sides of every decision that SGP4 takes, one unit in the last place apart.

Where a formula changes: 225 minutes (deep space), perigees of 220, 156 and 98 km (drag),
eccentricities of 1e-4 (drag), 0.5, 0.65, 0.7 and 0.715 (half-daily resonance), the bands of
mean motion with a resonance, 0.2 rad (Lyddane's variables), 3 degrees from the equator (lunar-solar
rates) and 180 degrees. The place of a decision is found by halving, with our own kernels.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from math import degrees, nextafter, pi

from space_hub.orbit.elements import EARTH_RADIUS_KM, ElementSet
from space_hub.orbit.kernels import Records, records
from space_hub.orbit.kernels import constants as c

Side = Callable[[Records], bool]


def _base(epoch: datetime, **changes: float) -> ElementSet:
    values = {
        "mean_motion_rev_day": 15.2,
        "eccentricity": 0.0012,
        "inclination_deg": 63.4,
        "raan_deg": 37.0,
        "arg_perigee_deg": 271.0,
        "mean_anomaly_deg": 130.0,
        "bstar": 2e-4,
    }
    return ElementSet(catalog_number=1, epoch=epoch, **(values | changes))  # type: ignore[arg-type]


def _around(one: ElementSet, name: str, value: float) -> Iterator[ElementSet]:
    for each in (nextafter(value, -1e9), value, nextafter(value, 1e9)):
        yield replace(one, **{name: each})  # type: ignore[arg-type]


def _halved(one: ElementSet, name: str, low: float, high: float, side: Side) -> Iterator[ElementSet]:
    """`one` at the two neighbouring values of an input between which `side` changes."""

    def at(value: float) -> bool:
        return side(records([replace(one, **{name: value})]))  # type: ignore[arg-type]

    before = at(low)
    if before == at(high):
        raise ValueError(f"no decision between {low} and {high} of {name}")
    while (middle := 0.5 * (low + high)) not in (low, high):
        low, high = (middle, high) if at(middle) == before else (low, middle)
    yield from (replace(one, **{name: each}) for each in (low, high))  # type: ignore[arg-type]


def _higher(km: float) -> Side:
    return lambda made: bool(made.near_rows[0, c.AXIS] * (1.0 - made.near_rows[0, c.E]) >= km / EARTH_RADIUS_KM + 1.0)


def _resonance(kind: int) -> Side:
    return lambda made: made.deep[0] >= 0 and bool(made.deep_rows[made.deep[0], c.RESONANCE] == kind)


def thresholds(epoch: datetime) -> list[ElementSet]:
    """About eighty element sets."""
    found: list[ElementSet] = []
    motion = "mean_motion_rev_day"
    for e in (0.0012, 0.3):
        deep = _base(epoch, eccentricity=e, bstar=1e-6)
        found += _halved(deep, motion, 6.2, 6.6, lambda made: bool(made.deep[0] >= 0))
    # What is left out below 220 km shows with more drag than an object stands that flies lower.
    for km, bstar in ((220.0, 5e-4), (156.0, 1e-5), (98.0, 1e-5)):
        for e, least, most in ((0.005, 15.0, 17.2), (0.1, 12.0, 15.0)):
            low = _base(epoch, eccentricity=e, bstar=bstar)
            found += _halved(low, motion, least, most, _higher(km))
    found += _around(_base(epoch), "eccentricity", 1e-4)
    for least, most, kind in ((0.7, 1.0, 1), (1.0, 1.3, 1)):
        found += _halved(_base(epoch, bstar=0.0), motion, least, most, _resonance(kind))
    molniya = _base(epoch, eccentricity=0.69, bstar=1e-5)
    for least, most in ((1.7, 2.0), (2.0, 2.3)):
        found += _halved(molniya, motion, least, most, _resonance(2))
    for e in (0.5, 0.65, 0.7, 0.715):
        found += _around(replace(molniya, mean_motion_rev_day=2.006), "eccentricity", e)
    geo = _base(epoch, mean_motion_rev_day=1.0027, eccentricity=3e-4, bstar=0.0)
    flat = degrees(5.2359877e-2)
    for inclination in (flat, 180.0 - flat, degrees(0.2), 180.0):
        found += _around(geo, "inclination_deg", inclination)
    found += [replace(geo, inclination_deg=degrees(0.2) + 2e-4 * n) for n in range(-10, 11)]
    # One plus the cosine is 1.5e-12 here.
    turned = degrees(pi - (2.0 * c.RETROGRADE_GUARD) ** 0.5)
    for one in (_base(epoch), geo):
        found += _around(one, "inclination_deg", turned)
        found += [replace(one, inclination_deg=each) for each in (0.0, 180.0, 179.99999)]
    return [replace(one, catalog_number=900_100_000 + n) for n, one in enumerate(found)]
