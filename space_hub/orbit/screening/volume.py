"""What counts as near: a sphere, or a box or an ellipsoid that turns with an object (RIC).

An encounter in a volume is one interval during which b is inside the volume of a, or a
inside that of b; each object may have a volume of its own. R, I and C of an object are the
axes of `frames.rtn`: radial, in-track, cross-track. A radius given for an object grows
every pair it is in: all half-widths of a pair grow by the sum of its two radii (for a
sphere that is the sum of the hard bodies; an ellipsoid stays an ellipsoid).

Refused: half-widths that are not positive numbers, and volumes of different kinds in one
run. Published volumes are those of NASA's robotic missions in 2011 (Narvet, Frigm and
Hejduk, "Uncertainty-based screening volumes", AAS 11-434, table 6, seven days). Those in
use at the 18th Space Defense Squadron are not here: no publication of them could be read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from math import isfinite, sqrt
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from space_hub.errors import Invalid
from space_hub.orbit.elements import EARTH_RADIUS_KM, ElementSet, Regime
from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.times import Floats

SPHERE, BOX, ELLIPSOID = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Sphere:
    """Everything within `radius_km` of an object."""

    radius_km: float

    @property
    def half_widths(self) -> tuple[float, float, float]:
        return self.radius_km, self.radius_km, self.radius_km

    @property
    def reach_km(self) -> float:
        return self.radius_km

    def radial_reach_km(self, least_radius_km: float = EARTH_RADIUS_KM) -> float:
        return self.radius_km


@dataclass(frozen=True, slots=True)
class RicBox:
    """Everything within these half-widths along the axes of an object."""

    radial_km: float
    in_track_km: float
    cross_track_km: float

    @property
    def half_widths(self) -> tuple[float, float, float]:
        return self.radial_km, self.in_track_km, self.cross_track_km

    @property
    def reach_km(self) -> float:
        """The farthest that anything inside can be."""
        return sqrt(sum(one * one for one in self.half_widths))

    def radial_reach_km(self, least_radius_km: float = EARTH_RADIUS_KM) -> float:
        return _radial_reach(self.radial_km, self.in_track_km**2 + self.cross_track_km**2, least_radius_km)


@dataclass(frozen=True, slots=True)
class RicEllipsoid:
    """Everything within an ellipsoid with these semi-axes along the axes of an object."""

    radial_km: float
    in_track_km: float
    cross_track_km: float

    @property
    def half_widths(self) -> tuple[float, float, float]:
        return self.radial_km, self.in_track_km, self.cross_track_km

    @property
    def reach_km(self) -> float:
        """The farthest that anything inside can be."""
        return max(self.half_widths)

    def radial_reach_km(self, least_radius_km: float = EARTH_RADIUS_KM) -> float:
        return _radial_reach(self.radial_km, max(self.in_track_km, self.cross_track_km) ** 2, least_radius_km)


Volume = Sphere | RicBox | RicEllipsoid

_KINDS: Mapping[type[Volume], int] = {Sphere: SPHERE, RicBox: BOX, RicEllipsoid: ELLIPSOID}


def _radial_reach(radial_km: float, lateral2: float, least_radius_km: float) -> float:
    """The most by which the geocentric radii of two objects can differ, one being in the volume of the other.

    With offsets (x, y, z) from an object at radius r, the other is at
    sqrt((r + x)^2 + y^2 + z^2), which is at least r + x and at most
    r + x + (y^2 + z^2) / (2 (r + x)); and r + x is at least r less the radial half-width.
    """
    return radial_km + lateral2 / (2.0 * (least_radius_km - radial_km))


NASA_2011: Mapping[Regime, RicEllipsoid] = MappingProxyType(
    {
        Regime.LEO1: RicEllipsoid(1.5, 69.0, 145.0),
        Regime.LEO2: RicEllipsoid(0.75, 20.0, 22.0),
        Regime.LEO3: RicEllipsoid(0.5, 11.0, 9.0),
        Regime.LEO4: RicEllipsoid(0.5, 8.0, 10.0),
        Regime.GEO: RicEllipsoid(1.5, 18.0, 3.0),
    }
)
"""Volumes by regime of the object that has them; the source names none for MEO and HEO."""


def by_regime(
    elements: Sequence[ElementSet], volumes: Mapping[Regime, RicEllipsoid], otherwise: RicEllipsoid
) -> list[Volume]:
    """The volume of each object after its regime; `otherwise` where the table names none."""
    return [volumes.get(one.regime, otherwise) for one in elements]


class Bounds(NamedTuple):
    """Volumes as the kernels read them: the kind of all, half-widths (N, 3) and radii (N,) of each object, km."""

    kind: int
    halves: Floats
    radii: Floats

    @property
    def reach_km(self) -> float:
        """No two objects in a volume of each other are farther apart than this."""
        if not len(self.radii):
            return 0.0
        grown = self.halves + 2.0 * self.radii.max()
        return float(np.sqrt((grown * grown).sum(axis=1)).max() if self.kind == BOX else grown.max())

    def radial_reach_km(self, least_radius_km: float = EARTH_RADIUS_KM) -> float:
        """No two objects in a volume of each other differ by more in their geocentric radii."""
        if not len(self.radii):
            return 0.0
        grown = self.halves + 2.0 * self.radii.max()
        if self.kind == SPHERE:
            return float(grown.max())
        lateral2 = grown[:, 1] ** 2 + grown[:, 2] ** 2 if self.kind == BOX else grown[:, 1:].max(axis=1) ** 2
        return max(
            _radial_reach(float(radial), float(lateral), least_radius_km)
            for radial, lateral in zip(grown[:, 0], lateral2, strict=True)
        )


def bounds(volume: Volume | Sequence[Volume], count: int, radii_km: Sequence[float] | Floats | None = None) -> Bounds:
    """One volume for `count` objects, or one for each; with the radius of each object, or none.

    Raises Invalid `screening.volume_wrong` and `screening.radii_wrong`.
    """
    volumes = [volume] if isinstance(volume, Sphere | RicBox | RicEllipsoid) else list(volume)
    kinds = {_KINDS[type(one)] for one in volumes}
    if len(kinds) > 1 or len(volumes) not in (1, count):
        names = ", ".join(sorted({type(one).__name__ for one in volumes}))
        raise Invalid("screening.volume_wrong", given=f"{len(volumes)}: {names}", objects=count)
    for one in volumes:
        if not all(isfinite(width) and width > 0.0 for width in one.half_widths):
            raise Invalid("screening.volume_wrong", given=f"{type(one).__name__}{astuple(one)}", objects=count)
    radii = np.zeros(count) if radii_km is None else np.ascontiguousarray(radii_km, dtype=np.float64)
    if radii.shape != (count,) or not bool(np.all(np.isfinite(radii) & (radii >= 0.0))):
        raise Invalid("screening.radii_wrong", given=len(radii), objects=count)
    halves = np.empty((count, 3))
    halves[:] = np.array([one.half_widths for one in volumes], dtype=np.float64).reshape(-1, 3)
    return Bounds(kinds.pop() if kinds else SPHERE, halves, radii)


@kernel
def pair_reach(bounds: Bounds, a: int, b: int) -> float:
    """The farthest that the two can be apart while one is in the volume of the other, km."""
    grow = bounds.radii[a] + bounds.radii[b]
    farthest = 0.0
    for one in (a, b):
        x, y, z = bounds.halves[one, 0] + grow, bounds.halves[one, 1] + grow, bounds.halves[one, 2] + grow
        reach = sqrt(x * x + y * y + z * z) if bounds.kind == BOX else max(x, max(y, z))
        farthest = max(farthest, reach)
    return farthest


@part
def turned(place: Floats, motion: Floats, vector: Floats) -> tuple[float, float, float]:
    """A vector along the axes of an object at `place` that moves with `motion`: radial, in-track, cross-track."""
    nx = place[1] * motion[2] - place[2] * motion[1]
    ny = place[2] * motion[0] - place[0] * motion[2]
    nz = place[0] * motion[1] - place[1] * motion[0]
    radius = sqrt(place[0] * place[0] + place[1] * place[1] + place[2] * place[2])
    normal = sqrt(nx * nx + ny * ny + nz * nz)
    radial = (vector[0] * place[0] + vector[1] * place[1] + vector[2] * place[2]) / radius
    across = (vector[0] * nx + vector[1] * ny + vector[2] * nz) / normal
    tx = ny * place[2] - nz * place[1]
    ty = nz * place[0] - nx * place[2]
    tz = nx * place[1] - ny * place[0]
    along = (vector[0] * tx + vector[1] * ty + vector[2] * tz) / (radius * normal)
    return radial, along, across


@kernel
def gauge(bounds: Bounds, owner: int, other: int, place: Floats, motion: Floats, gap: Floats) -> float:
    """How far out in the volume of `owner` the other is: at most 1 inside.

    `place`, `motion` and `gap` (3,): position and velocity of the owner and position of
    the other less that of the owner; only the plane of motion matters of the velocity.
    """
    grow = bounds.radii[owner] + bounds.radii[other]
    x, y, z = bounds.halves[owner, 0] + grow, bounds.halves[owner, 1] + grow, bounds.halves[owner, 2] + grow
    if bounds.kind == SPHERE:
        return float(sqrt(gap[0] * gap[0] + gap[1] * gap[1] + gap[2] * gap[2]) / x)
    radial, along, across = turned(place, motion, gap)
    radial, along, across = radial / x, along / y, across / z
    if bounds.kind == BOX:
        return float(max(abs(radial), max(abs(along), abs(across))))
    return sqrt(radial * radial + along * along + across * across)


@kernel
def crossing(
    bounds: Bounds, owner: int, other: int, place: Floats, motion: Floats, gap: Floats, turn: Floats, half_s: float
) -> tuple[float, float]:
    """Between which seconds, within half_s of now, the other can be in the box around the volume of `owner`.

    The path is straight but for the turn of the axes and the bend: over half_s both move it
    along an axis by less than 1.2 times the angle turned, of the farthest that it goes.
    (1, 0) if it never can.
    """
    angle = turning(place, motion) * half_s
    farthest = sqrt(gap[0] * gap[0] + gap[1] * gap[1] + gap[2] * gap[2]) + half_s * sqrt(
        turn[0] * turn[0] + turn[1] * turn[1] + turn[2] * turn[2]
    )
    slack = 1.2 * angle * farthest + bounds.radii[owner] + bounds.radii[other]
    places, rates = turned(place, motion, gap), turned(place, motion, turn)
    low, high = -half_s, half_s
    for axis in range(3):
        half = bounds.halves[owner, axis] + slack
        if abs(rates[axis]) * half_s < 1e-9:
            if abs(places[axis]) > half:
                return 1.0, 0.0
            continue
        one, two = (-half - places[axis]) / rates[axis], (half - places[axis]) / rates[axis]
        low, high = max(low, min(one, two)), min(high, max(one, two))
    return (low, high) if low <= high else (1.0, 0.0)


@part
def turning(place: Floats, motion: Floats) -> float:
    """Most that the axes of an object turn in a second, rad."""
    return sqrt(
        (motion[0] * motion[0] + motion[1] * motion[1] + motion[2] * motion[2])
        / (place[0] * place[0] + place[1] * place[1] + place[2] * place[2])
    )


@kernel
def lasting(
    bounds: Bounds, owner: int, other: int, place: Floats, motion: Floats, gap: Floats, turn: Floats, out: float
) -> float:
    """Seconds in which the gauge of `owner` cannot change by `out`.

    Along an axis the other moves by no more than the first and the second derivative allow,
    as seen on axes that turn; each is given half of `out`.
    """
    grow, angular = bounds.radii[owner] + bounds.radii[other], turning(place, motion)
    length = sqrt(gap[0] * gap[0] + gap[1] * gap[1] + gap[2] * gap[2])
    pace = sqrt(turn[0] * turn[0] + turn[1] * turn[1] + turn[2] * turn[2])
    rates = turned(place, motion, turn)
    first, thinnest = 0.0, bounds.halves[owner, 0]
    for axis in range(3):
        thinnest = min(thinnest, bounds.halves[owner, axis])
        one = (abs(rates[axis]) + angular * length) / (bounds.halves[owner, axis] + grow)
        first += one * one
    second = (1.2 * angular * pace + 3.0 * angular * angular * length) / (thinnest + grow)
    return min(0.5 * out / sqrt(first), sqrt(0.5 * out / second))


@kernel
def inside(
    bounds: Bounds,
    a: npt.NDArray[np.int64],
    b: npt.NDArray[np.int64],
    position_a: Floats,
    velocity_a: Floats,
    position_b: Floats,
    velocity_b: Floats,
) -> npt.NDArray[np.bool_]:
    """Whether one of each pair (P,) is in the volume of the other, from their states (P, 3)."""
    found = np.empty(len(a), dtype=np.bool_)
    gap = np.empty(3)
    for n in range(len(a)):
        for axis in range(3):
            gap[axis] = position_b[n, axis] - position_a[n, axis]
        near = gauge(bounds, a[n], b[n], position_a[n], velocity_a[n], gap) <= 1.0
        for axis in range(3):
            gap[axis] = -gap[axis]
        found[n] = near or gauge(bounds, b[n], a[n], position_b[n], velocity_b[n], gap) <= 1.0
    return found
