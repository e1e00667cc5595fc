"""The verification set of SGP4 and its published output, as the sgp4 package ships them.

Vallado, Crawford, Hujsak, Kelso 2006, "Revisiting Spacetrack Report 3": 33 element sets, some made to fail, each
with the instants to ask for. Lines are read by the package's own parser, for some are refused elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from math import degrees, pi

import numpy as np
from sgp4.api import Satrec

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.times import DAY, Floats, Ticks, ticks

MINUTE = 60_000_000
"""Ticks in a minute."""


@dataclass(frozen=True, slots=True)
class Case:
    """One object of the verification set: when to ask, and what was published as (minutes, x, y, z, vx, vy, vz)."""

    elements: ElementSet
    at: Ticks
    published: Floats


def official() -> Iterator[Case]:
    """The verification set in the sgp4 package, in its order."""
    folder = resources.files("sgp4")
    lines = [line for line in (folder / "SGP4-VER.TLE").read_text("ascii").splitlines() if line[:1] in ("1", "2")]
    output = iter(_published((folder / "tcppver.out").read_text("ascii")))
    for first, second in zip(lines[::2], lines[1::2], strict=True):
        elements = _parsed(first, second)
        start, stop, step = map(float, second[69:].split())
        minutes = [*np.arange(start, stop, step).tolist(), stop]
        epoch = ticks(elements.epoch)
        at = np.array([epoch + round(one * MINUTE) for one in (0.0, *minutes)], dtype=np.int64)
        yield Case(elements, at, next(output))


def _parsed(first: str, second: str) -> ElementSet:
    record = Satrec.twoline2rv(first, second[:69])
    days = record.jdsatepoch - 2440587.5, record.jdsatepochF
    epoch = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days[0]) + timedelta(microseconds=round(days[1] * DAY))
    return ElementSet(
        record.satnum,
        epoch,
        record.no_kozai * 1440.0 / (2.0 * pi),
        record.ecco,
        degrees(record.inclo),
        degrees(record.nodeo),
        degrees(record.argpo),
        degrees(record.mo),
        record.bstar,
    )


def _published(text: str) -> Iterator[Floats]:
    """Blocks of published states, (n, 7); a block begins with a line `NUMBER xx`."""
    rows: list[list[float]] = []
    for line in text.splitlines()[1:]:
        if line.rstrip().endswith("xx"):
            yield np.array(rows).reshape(-1, 7)
            rows = []
        elif line.strip():
            rows.append([float(word) for word in line.split()[:7]])
    yield np.array(rows).reshape(-1, 7)
