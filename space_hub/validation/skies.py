"""Which objects the screening is asked about: a crowded shell, the geostationary belt, a draw of every sort.

Draws are repeatable, and the same for the same catalogue and seed.
"""

import gzip
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from space_hub.orbit.elements import ElementSet, Regime
from space_hub.orbit.gp import read_text
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import SECOND, ticks
from space_hub.rng import SeededRng

REAL = Path("gp") / "celestrak_on_orbit_20241101.csv.gz"
MAX_AGE = timedelta(days=15)
"""Older element sets are left out, and counted."""

SHELL_KM = (700.0, 900.0)
BELT_KM = 35_786.0
BELT_WIDTH_KM = 2_000.0
LOW_KM = 350.0
GROUP_KM = 20.0
"""Objects nearer than this that keep their distance to 10 m/s are a group."""


def real_catalogue(data: Path, start: datetime) -> tuple[list[ElementSet], int]:
    """The element sets of the real catalogue that are not too old for a window from `start`, and how many are."""
    with gzip.open(data / REAL, "rt", encoding="utf-8") as file:
        offered = [line.elements for line in read_text(file.read(), now=start).accepted]
    kept = [one for one in offered if start - one.epoch <= MAX_AGE]
    return kept, len(offered) - len(kept)


def shell(elements: Sequence[ElementSet], most: int, seed: int) -> list[int]:
    """Objects of the crowded shell."""
    low, high = SHELL_KM
    return drawn([n for n, one in enumerate(elements) if low <= one.perigee_km and one.apogee_km <= high], most, seed)


def belt(elements: Sequence[ElementSet]) -> list[int]:
    """The whole geostationary region: those that CARA calls so, and all that stay near its height."""
    return [
        n
        for n, one in enumerate(elements)
        if one.regime is Regime.GEO
        or (abs(one.perigee_km - BELT_KM) < BELT_WIDTH_KM and abs(one.apogee_km - BELT_KM) < BELT_WIDTH_KM)
    ]


def low(elements: Sequence[ElementSet]) -> list[int]:
    """Objects that come low enough to meet one that falls."""
    return [n for n, one in enumerate(elements) if one.perigee_km < LOW_KM]


def every_sort(elements: Sequence[ElementSet], most: int, seed: int, also: Sequence[int] = ()) -> list[int]:
    """A draw in which each regime has a share, with `also` and all groups among the first of them."""
    by_regime: dict[Regime, list[int]] = {}
    for n, one in enumerate(elements):
        by_regime.setdefault(one.regime, []).append(n)
    share = -(-most // len(by_regime))
    chosen = {n for some in by_regime.values() for n in drawn(some, share, seed)} | set(also)
    return sorted(chosen)


def grouped(elements: Sequence[ElementSet], start: datetime, stop: datetime) -> list[int]:
    """Objects with another within GROUP_KM that moves less than 10 m/s against it, at any of 25 instants."""
    fleet, found = Fleet(elements), set[int]()
    for at in np.linspace(ticks(start), ticks(stop), 25).astype(np.int64).tolist():
        position, _velocity, _codes = fleet.states(np.array([at, at + SECOND], dtype=np.int64))
        there = np.flatnonzero(np.isfinite(position[:, :, 0]).all(axis=1))
        pairs = there[cKDTree(position[there, 0]).query_pairs(GROUP_KM, output_type="ndarray")]
        gaps = position[pairs[:, 0]] - position[pairs[:, 1]]
        slow = np.sqrt(((gaps[:, 1] - gaps[:, 0]) ** 2).sum(axis=1)) < 0.010
        found.update(pairs[slow].ravel().tolist())
    return sorted(found)


def drawn(some: Sequence[int], most: int, seed: int) -> list[int]:
    """At most so many of them, in rising order."""
    scope = SeededRng(seed).scope("hub", "screening draw")
    return sorted(sorted(some, key=lambda _: scope.uniform())[:most])
