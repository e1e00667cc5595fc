"""Orbits made by hand for the screening: crowded shells, and pairs that meet where and when a test wants it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from space_hub.orbit.elements import MU_KM3_S2, ElementSet
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import SECOND, Floats, ticks

START = datetime(2024, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def circular(number: int, **changes: Any) -> ElementSet:
    """A nearly circular orbit at about 780 km."""
    fields: dict[str, Any] = {
        "mean_motion_rev_day": 14.35,
        "eccentricity": 0.0011,
        "inclination_deg": 86.4,
        "raan_deg": 120.3,
        "arg_perigee_deg": 80.7,
        "mean_anomaly_deg": 271.9,
        "bstar": 2.1e-5,
    }
    return ElementSet(catalog_number=number, epoch=START - timedelta(hours=7), **(fields | changes))


def spread(number: int, turn: float) -> float:
    """The number-th of evenly spread values in [0, 1): repeatable, and alike for no two turns."""
    return (number * turn) % 1.0


def shell(count: int, **changes: Any) -> list[ElementSet]:
    """A thin crowded shell of orbits in all directions, with a few eccentric and deep-space objects among them."""
    objects = []
    for n in range(1, count + 1):
        one = circular(
            1000 + n,
            mean_motion_rev_day=14.3 + 0.02 * spread(n, 0.754877666),
            eccentricity=0.0005 + 0.002 * spread(n, 0.569840291),
            inclination_deg=40.0 + 100.0 * spread(n, 0.618033989),
            raan_deg=360.0 * spread(n, 0.414213562),
            arg_perigee_deg=360.0 * spread(n, 0.732050808),
            mean_anomaly_deg=360.0 * spread(n, 0.236067977),
        )
        if n % 10 == 0:
            one = replace(one, mean_motion_rev_day=2.2 + spread(n, 0.3), eccentricity=0.7, arg_perigee_deg=270.0)
        objects.append(replace(one, **changes))
    return objects


def state(elements: ElementSet, at: datetime) -> tuple[Floats, Floats]:
    """Position and velocity (from positions a second before and after, or both before an end), km, km/s: (3,) each."""
    tick = ticks(at)
    earlier, before, here, after = Fleet([elements]).positions(0, tick + SECOND * np.arange(-2, 2, dtype=np.int64))
    velocity = (after - before) / 2.0
    return here, velocity if np.isfinite(velocity).all() else (earlier - 4.0 * before + 3.0 * here) / 2.0


def through(position: Floats, velocity: Floats, at: datetime, number: int, bstar: float = 0.0) -> ElementSet:
    """An element set, with its epoch at an instant, that SGP4 puts there with that velocity: to 10 m and 1 cm/s."""
    aim, drive = position, velocity
    for _ in range(12):
        one = kepler(aim, drive, at, number, bstar)
        there, motion = state(one, at)
        aim, drive = aim + position - there, drive + velocity - motion
    return one


def kepler(position: Floats, velocity: Floats, at: datetime, number: int, bstar: float) -> ElementSet:
    """The Keplerian elements of a state, taken for mean ones."""
    radius, momentum = float(np.linalg.norm(position)), np.cross(position, velocity)
    axis = 1.0 / (2.0 / radius - float(velocity @ velocity) / MU_KM3_S2)
    flat = np.cross(velocity, momentum) / MU_KM3_S2 - position / radius
    eccentricity = float(np.linalg.norm(flat))
    pole = momentum / np.linalg.norm(momentum)
    node = np.array([-pole[1], pole[0], 0.0])
    node = node / np.linalg.norm(node) if np.hypot(pole[0], pole[1]) > 1e-9 else np.array([1.0, 0.0, 0.0])
    ahead = np.cross(pole, node)
    perigee = float(np.arctan2(flat @ ahead, flat @ node))
    true = float(np.arctan2(position @ ahead, position @ node)) - perigee
    eccentric = 2.0 * float(np.arctan(np.sqrt((1.0 - eccentricity) / (1.0 + eccentricity)) * np.tan(true / 2.0)))
    return ElementSet(
        catalog_number=number,
        epoch=at,
        mean_motion_rev_day=float(np.sqrt(MU_KM3_S2 / axis**3)) * 86400.0 / (2.0 * np.pi),
        eccentricity=eccentricity,
        inclination_deg=float(np.degrees(np.arccos(pole[2]))),
        raan_deg=float(np.degrees(np.arctan2(node[1], node[0]))) % 360.0,
        arg_perigee_deg=float(np.degrees(perigee)) % 360.0,
        mean_anomaly_deg=float(np.degrees(eccentric - eccentricity * np.sin(eccentric))) % 360.0,
        bstar=bstar,
    )


def visitor(target: ElementSet, at: datetime, number: int, gap: Floats, motion: Floats) -> ElementSet:
    """An object that is at `gap` from the target at an instant, and moves by `motion` against it; km, km/s, (3,)."""
    position, velocity = state(target, at)
    return through(position + gap, velocity + motion, at, number)


def crossing(target: ElementSet, at: datetime, number: int, above_km: float = 0.0) -> ElementSet:
    """A circular orbit in another plane that passes above the target at an instant."""
    position, velocity = state(target, at)
    wanted = position * (1.0 + above_km / float(np.linalg.norm(position)))
    across = np.cross(position, velocity)
    along = velocity / np.linalg.norm(velocity) + 0.7 * across / np.linalg.norm(across)
    along -= (along @ wanted) / (wanted @ wanted) * wanted
    speed = np.sqrt(MU_KM3_S2 / np.linalg.norm(wanted))
    return through(wanted, speed * along / np.linalg.norm(along), at, number)


def passing(
    rng: np.random.Generator,
    at: datetime,
    number: int,
    radius_km: float,
    miss_km: float,
    speed_km_s: float | None = None,
) -> list[ElementSet]:
    """Two objects that pass each other at an instant, at this radius and distance, anywhere and in any directions.

    `speed_km_s`: how fast against each other; as it comes if not given. Empty where SGP4 has no such orbits.
    """
    up = direction(rng)
    first = speed_at(rng, radius_km) * sideways(rng, up)
    second = speed_at(rng, radius_km) * sideways(rng, up) if speed_km_s is None else first + speed_km_s * direction(rng)
    gap = miss_km * sideways(rng, second - first)
    made: list[ElementSet] = []
    for offset, velocity in ((0.0, first), (1.0, second)):
        aim = radius_km * up + offset * gap
        with np.errstate(invalid="ignore"):
            one = through(aim, velocity, at, number + len(made))
            there, motion = state(one, at)
        if not (np.linalg.norm(there - aim) < 0.001 + 0.01 * miss_km and np.linalg.norm(motion - velocity) < 1e-3):
            return []
        made.append(one)
    return made


def strained(rng: np.random.Generator, at: datetime, number: int, radius_km: float, miss_km: float) -> list[ElementSet]:
    """Two objects that pass each other at an instant, at about this radius and distance.

    One in five at a pole, one in five at the seam of longitudes, else anywhere; head on, side by side, or in any two
    directions. Empty where SGP4 has no such orbits, or one goes too low.
    """
    up = place(rng)
    first = speed_at(rng, radius_km) * sideways(rng, up)
    kind = rng.uniform()
    if kind < 0.2:
        second = -first
    elif kind < 0.4:
        second = first + 10.0 ** rng.uniform(-3.5, 0.0) * direction(rng)
    else:
        second = speed_at(rng, radius_km) * sideways(rng, up)
    gap = miss_km * sideways(rng, second - first)
    made: list[ElementSet] = []
    for offset, velocity in ((0.0, first), (1.0, second)):
        aim = radius_km * up + offset * gap
        with np.errstate(invalid="ignore"):
            one = through(aim, velocity, at, number + len(made))
            there, motion = state(one, at)
        hit = np.linalg.norm(there - aim) < 1e-3 and np.linalg.norm(motion - velocity) < 1e-3
        if not hit or one.perigee_km < 130.0:
            return []
        made.append(one)
    return made


def crowd(
    seed: int,
    pairs: int,
    threshold_km: float,
    *,
    radii_km: tuple[float, float] = (6650.0, 9000.0),
    minutes: float = 30.0,
    steps_s: tuple[float, ...] = (240.0, 600.0, 37.0),
) -> list[ElementSet]:
    """Pairs that pass each other at up to the threshold, half of them at ends of slabs of such lengths from START."""
    rng = np.random.default_rng(seed)
    made: list[ElementSet] = []
    while len(made) < 2 * pairs:
        radius = float(np.exp(rng.uniform(*np.log(radii_km))))
        late = 60.0 * minutes * rng.uniform()
        if rng.uniform() < 0.5:
            step = float(rng.choice(steps_s))
            late = step * round(late / step) + float(rng.choice([0.0, 1e-6, -1e-6, 0.05, -0.05, 0.5, -0.5]))
        miss = threshold_km * float(rng.choice([0.0, 0.3, 0.9, 0.99, 0.9999]))
        made += strained(rng, START + timedelta(microseconds=round(1e6 * late)), 1 + len(made), radius, miss)
    return made


def place(rng: np.random.Generator) -> Floats:
    """A unit vector (3,)."""
    kind, tiny = rng.uniform(), 10.0 ** rng.uniform(-6.0, -1.0) * rng.choice([-1.0, 1.0])
    turn, height = 2.0 * np.pi * rng.uniform(), rng.uniform(-1.0, 1.0)
    if kind < 0.2:
        height = float(np.sign(tiny) * (1.0 - abs(tiny)))
    elif kind < 0.4:
        turn = np.pi + tiny
    across = np.sqrt(1.0 - height * height)
    return np.array([across * np.cos(turn), across * np.sin(turn), height])


def direction(rng: np.random.Generator) -> Floats:
    """A unit vector (3,), anywhere."""
    drawn = rng.normal(size=3)
    unit: Floats = drawn / np.linalg.norm(drawn)
    return unit


def sideways(rng: np.random.Generator, axis: Floats) -> Floats:
    """A unit vector across an axis."""
    drawn = np.cross(axis, direction(rng))
    unit: Floats = drawn / np.linalg.norm(drawn)
    return unit


def speed_at(rng: np.random.Generator, radius_km: float) -> float:
    """Circular speed, or with one in three that of a perigee (of an apogee where there is room below)."""
    factor = 1.0
    if rng.uniform() < 1.0 / 3.0:
        least = 1.0 if radius_km < 7_500.0 else 0.85
        factor = float(rng.uniform(least, 1.33 if radius_km < 10_000.0 else 1.2))
    return factor * float(np.sqrt(MU_KM3_S2 / radius_km))
