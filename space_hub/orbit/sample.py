"""A synthetic catalogue: deterministic, loudly named, for demonstrations without data.

Every object is invented. Names begin with SYNTHETIC and catalogue numbers count from
900000001, where no real object is, so that no set can be taken for one of the sky. The
catalogue holds what a screening must cope with: Walker-like shells, debris, MEO, GEO and
HEO, docked modules and a formation, an object that falls within the day, and pairs that
truly meet within 24 hours of the epoch.

Values have the precision of a TLE, so that a sample reads the same in every form.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from math import asin, degrees, pi, radians, sin, sqrt, tan

import numpy as np
import numpy.typing as npt

from space_hub.orbit.elements import EARTH_RADIUS_KM, MU_KM3_S2, ElementSet
from space_hub.orbit.omm import to_omm_csv
from space_hub.orbit.propagation import satrec
from space_hub.orbit.tle import to_tle

__all__ = ["FIRST_NUMBER", "sample_catalogue", "to_omm_csv", "to_tle"]

FIRST_NUMBER = 900_000_001

_TICK_US = 864
"""Epochs fall on whole 1e-8 days, as in a TLE."""

_SHELLS = (
    # name, height km, inclination deg, planes, per plane, phasing, spread of nodes deg
    ("SHELL-A", 550.0, 53.0, 16, 15, 5, 360.0),
    ("SHELL-B", 610.0, 97.8, 8, 15, 3, 180.0),
    ("SHELL-C", 1205.0, 87.9, 12, 12, 1, 180.0),
)

_MEETINGS = (
    # hours after the epoch, miss km, inclination of the visitor deg
    (2.2, 0.08, 82.5),
    (5.9, 0.35, 71.0),
    (9.6, 0.9, 99.1),
    (13.1, 1.7, 65.8),
    (17.4, 2.6, 86.4),
    (21.8, 3.9, 74.0),
)
_MET = ("SHELL-A", "SHELL-B", "DEBRIS")


def _unit(seed: int, label: str, index: int) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    return int.from_bytes(sha256(f"{seed}/{label}/{index}".encode()).digest()[:6]) / 2**48


def _mean_motion(height_km: float) -> float:
    """Revolutions a day of a circular orbit at a height over the equatorial radius."""
    return 86400.0 / (2.0 * pi) * sqrt(MU_KM3_S2 / (EARTH_RADIUS_KM + height_km) ** 3)


def _angle(value: float) -> float:
    return round(value % 360.0, 4) % 360.0


class _Maker:
    """Numbers the objects and rounds every value to what a TLE can hold."""

    def __init__(self, epoch: datetime, seed: int) -> None:
        midnight = epoch.replace(hour=0, minute=0, second=0, microsecond=0)
        ticks = (epoch - midnight) // timedelta(microseconds=_TICK_US)
        self.epoch = midnight + timedelta(microseconds=_TICK_US * ticks)
        self.seed = seed
        self.sets: list[ElementSet] = []

    def aged(self, index: int) -> datetime:
        """Up to twelve hours before the epoch, as real sets are."""
        ticks = int(_unit(self.seed, "age", index) * 12 * 3600e6 / _TICK_US)
        return self.epoch - timedelta(microseconds=_TICK_US * ticks)

    def add(
        self,
        name: str,
        mean_motion: float,
        eccentricity: float,
        inclination: float,
        raan: float,
        arg_perigee: float,
        mean_anomaly: float,
        *,
        bstar: float = 0.0,
        epoch: datetime | None = None,
    ) -> ElementSet:
        made = ElementSet(
            catalog_number=FIRST_NUMBER + len(self.sets),
            epoch=epoch or self.epoch,
            mean_motion_rev_day=round(mean_motion, 8),
            eccentricity=round(eccentricity, 7),
            inclination_deg=round(inclination, 4),
            raan_deg=_angle(raan),
            arg_perigee_deg=_angle(arg_perigee),
            mean_anomaly_deg=_angle(mean_anomaly),
            bstar=float(f"{bstar:.4e}"),
            name=f"SYNTHETIC {name}",
            element_set_number=1,
        )
        self.sets.append(made)
        return made


def _shells(maker: _Maker) -> None:
    for name, height, inclination, planes, per_plane, phasing, spread in _SHELLS:
        for plane in range(planes):
            for place in range(per_plane):
                maker.add(
                    f"{name} {plane + 1:02d}-{place + 1:02d}",
                    _mean_motion(height),
                    0.0001,
                    inclination,
                    spread * plane / planes,
                    90.0,
                    360.0 * (place / per_plane + phasing * plane / (planes * per_plane)) - 90.0,
                    bstar=2e-4,
                )


def _debris(maker: _Maker, count: int) -> None:
    """Three clouds spread over all nodes between 700 and 900 km, as old break-ups are."""
    for index in range(count):

        def draw(label: str, index: int = index) -> float:
            return _unit(maker.seed, f"debris {label}", index)

        cloud = index % 3
        eccentricity = 0.0005 + 0.012 * draw("eccentricity") ** 2
        mean_height = 720.0 + 160.0 * draw("height")
        maker.add(
            f"DEBRIS {'XYZ'[cloud]} {index + 1:03d}",
            _mean_motion(mean_height),
            eccentricity,
            (74.0, 86.4, 98.7)[cloud] + 0.6 * (draw("inclination") - 0.5),
            360.0 * draw("node"),
            360.0 * draw("perigee"),
            360.0 * draw("anomaly"),
            bstar=1e-4 * (1.0 + 9.0 * draw("drag")),
            epoch=maker.aged(index),
        )


def _high(maker: _Maker) -> None:
    for index in range(24):
        maker.add(
            f"NAVIGATION {index + 1:02d}", 2.00566, 0.0006, 55.0, 60.0 * (index % 6), 40.0, 360.0 / 24 * index * 5
        )
    for index in range(36):
        wobble = _unit(maker.seed, "geo", index)
        maker.add(
            f"GEO {index + 1:02d}", 1.00271, 0.0002, 0.02 + 0.06 * wobble, 80.0 + 20.0 * wobble, 270.0, 10.0 * index
        )
    for index in range(10):
        maker.add(f"HEO {index + 1:02d}", 2.0061, 0.72, 63.4, 36.0 * index, 270.0, 36.0 * index)
    for index in range(8):
        maker.add(
            f"TRANSFER {index + 1:02d}", 2.26 + 0.01 * index, 0.728, 6.0 + index, 45.0 * index, 178.0, 40.0 * index
        )


def _together(maker: _Maker) -> None:
    """Three docked modules at one place, and two craft that fly about a kilometre apart."""
    for module, offset in (("CORE", 0.0), ("LABORATORY", 0.0), ("FERRY", 0.0002)):
        maker.add(f"STATION {module}", 15.5, 0.0006, 51.6, 130.0, 80.0, 60.0 + offset, bstar=2e-4)
    for craft, offset in (("1", 0.0), ("2", 0.0085)):
        maker.add(f"FORMATION {craft}", 15.19, 0.0002, 97.4, 200.0 + offset, 90.0, 10.0 + offset, bstar=5e-5)


def _falling(maker: _Maker) -> None:
    maker.add("FALLING BODY", 16.35, 0.0008, 65.0, 20.0, 100.0, 260.0, bstar=7e-3)


def _place(elements: ElementSet, at: datetime) -> npt.NDArray[np.float64]:
    """TEME position in km; SGP4 must succeed, since these sets are ours."""
    error, position, _ = satrec(elements).sgp4_tsince((at - elements.epoch) / timedelta(minutes=1))
    if error:
        raise ArithmeticError(f"SGP4 error {error} for the sample set {elements.catalog_number}")
    return np.array(position)


def _meeting(maker: _Maker, target: ElementSet, name: str, inclination: float, at: datetime, miss_km: float) -> None:
    """Add an object in another plane that passes `miss_km` above `target` at `at`.

    Spherical trigonometry gives node and argument of latitude; Newton's method on
    (mean motion, node, mean anomaly) then meets the point under SGP4.
    """
    point = _place(target, at)
    point = point * (1.0 + miss_km / np.linalg.norm(point))
    latitude = asin(point[2] / float(np.linalg.norm(point)))
    right_ascension = degrees(float(np.arctan2(point[1], point[0])))
    along = degrees(asin(sin(latitude) / sin(radians(inclination))))
    node = right_ascension - degrees(asin(tan(latitude) / tan(radians(inclination))))
    mean_motion = _mean_motion(float(np.linalg.norm(point)) - EARTH_RADIUS_KM)
    unknown = np.array([mean_motion, node, along])

    def with_(values: npt.NDArray[np.float64]) -> ElementSet:
        motion, node, along = (float(value) for value in values)
        back = (at - maker.epoch) / timedelta(days=1) * motion * 360.0
        return replace(
            target,
            epoch=maker.epoch,
            mean_motion_rev_day=motion,
            eccentricity=0.0002,
            inclination_deg=inclination,
            raan_deg=node,
            arg_perigee_deg=90.0,
            mean_anomaly_deg=(along - 90.0 - back) % 360.0,
        )

    for _ in range(12):
        error = _place(with_(unknown), at) - point
        if float(np.linalg.norm(error)) < 1e-3:
            break
        steps = np.array([1e-6, 1e-4, 1e-4])
        slope = np.column_stack(
            [
                (_place(with_(unknown + np.eye(3)[axis] * steps[axis]), at) - point - error) / steps[axis]
                for axis in range(3)
            ]
        )
        unknown = unknown - np.linalg.solve(slope, error)
    made = with_(unknown)
    maker.add(
        name,
        made.mean_motion_rev_day,
        made.eccentricity,
        inclination,
        made.raan_deg,
        made.arg_perigee_deg,
        made.mean_anomaly_deg,
        bstar=target.bstar,
    )


def _meetings(maker: _Maker) -> None:
    """Pairs that meet at known hours, each between a visitor and a craft or a piece of debris."""
    chosen = [one for one in maker.sets if one.name.split()[1] in _MET and one.eccentricity < 0.004]
    for index, (hour, miss_km, inclination) in enumerate(_MEETINGS):
        target = chosen[int(_unit(maker.seed, "target", index) * len(chosen))]
        at = maker.epoch + timedelta(hours=hour)
        # The planes of both must reach the place well away from their turning points.
        while abs(_place(target, at)[2]) > 0.55 * float(np.linalg.norm(_place(target, at))):
            at += timedelta(minutes=2)
        _meeting(maker, target, f"VISITOR {index + 1}", inclination, at, miss_km)


def sample_catalogue(epoch: datetime, seed: int = 1) -> list[ElementSet]:
    """About 800 invented element sets at or before `epoch` (aware UTC); the same arguments give the same sets.

    `seed` moves the debris, the ages and the pairs that meet; shells and high orbits stay.
    """
    maker = _Maker(epoch, seed)
    _shells(maker)
    _debris(maker, 200)
    _high(maker)
    _together(maker)
    _falling(maker)
    _meetings(maker)
    return maker.sets
