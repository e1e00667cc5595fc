"""Conjunction data messages about two objects of a test's sky, with states that agree with their figures."""

from datetime import datetime, timedelta

import numpy as np

from space_hub.orbit.frames import rtn
from space_hub.orbit.times import Floats


def cdm(
    tca: datetime,
    one: str | int,
    other: str | int,
    *,
    relative_rtn_m: tuple[float, float, float] = (120.0, -340.0, 210.0),
    pc: float | None = 3.2e-4,
    originator: str = "CSPOC",
    message_id: str = "CDM-1",
    created: datetime | None = None,
) -> str:
    """A CDM in KVN; `relative_rtn_m` is the second object less the first in the first's frame."""
    position, velocity = np.array([7000.0, 0.0, 0.0]), np.array([0.0, 5.0, 5.5])
    others = position + rtn(position, velocity).T @ np.array(relative_rtn_m) / 1000.0
    miss_m = float(np.linalg.norm(relative_rtn_m))
    lines = [
        "CCSDS_CDM_VERS = 1.0",
        f"CREATION_DATE = {_time(created or tca - timedelta(days=2))}",
        f"ORIGINATOR = {originator}",
        f"MESSAGE_ID = {message_id}",
        f"TCA = {_time(tca)}",
        f"MISS_DISTANCE = {miss_m!r} [m]",
        "RELATIVE_SPEED = 14000 [m/s]",
        *(f"RELATIVE_POSITION_{axis} = {value!r} [m]" for axis, value in zip("RTN", relative_rtn_m, strict=True)),
        *(f"RELATIVE_VELOCITY_{axis} = 1.0 [m/s]" for axis in "RTN"),
    ]
    if pc is not None:
        lines += [f"COLLISION_PROBABILITY = {pc!r}", "COLLISION_PROBABILITY_METHOD = FOSTER-1992"]
    lines += _side("OBJECT1", one, position, velocity) + _side("OBJECT2", other, others, -velocity)
    return "\n".join(lines) + "\n"


def _side(word: str, name: str | int, position: Floats, velocity: Floats) -> list[str]:
    known = f"{name:09d}" if isinstance(name, int) else name
    axes = ("R", "T", "N", "RDOT", "TDOT", "NDOT")
    terms = [
        f"C{row}_{column} = {(400.0 if number < 3 else 1e-4) if row == column else 0.0!r}"
        for number, row in enumerate(axes)
        for column in axes[: number + 1]
    ]
    return [
        f"OBJECT = {word}",
        f"OBJECT_DESIGNATOR = {known}",
        "CATALOG_NAME = SATCAT",
        f"OBJECT_NAME = THING {known}",
        f"INTERNATIONAL_DESIGNATOR = {name if isinstance(name, str) else 'UNKNOWN'}",
        "EPHEMERIS_NAME = NONE",
        "COVARIANCE_METHOD = CALCULATED",
        "MANEUVERABLE = N/A",
        "REF_FRAME = EME2000",
        *(f"{axis} = {float(value)!r} [km]" for axis, value in zip("XYZ", position, strict=True)),
        *(f"{axis}_DOT = {float(value)!r} [km/s]" for axis, value in zip("XYZ", velocity, strict=True)),
        *terms,
    ]


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")
