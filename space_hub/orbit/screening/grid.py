"""Where objects are in one slab: shells of radius, bands of latitude, bins of longitude.

A pair that comes within the threshold in a slab overlaps in radius, and the middles of
its chords lie within *reach*: both half lengths and the threshold with its margin. The
radius decides the shells (an object is entered in each that its range touches); the
reach, seen as an angle, is the height of a band, so that partners are in the same band
or the next; bins only shorten the runs.

Objects that are fast for their height, cross many shells, or are moved by more than the
earth's gravity explains would widen the search of all others: they are set apart and
looked for one by one (`pairs`).
"""

from dataclasses import dataclass
from math import asin, ceil, cos, floor, pi, sin, sqrt
from typing import NamedTuple

import numpy as np

from space_hub.orbit.elements import MU_KM3_S2
from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.screening.bounds import (
    DIRECTION_RAD,
    REST_LIMIT_KM_S2,
    within,
)
from space_hub.orbit.screening.chords import HALF, HIGH, LATITUDE, LONGITUDE, LOW, REST
from space_hub.orbit.times import Counts, Indices, Singles

FINE_KM, COARSE_KM = 1.0, 50.0
FLOOR_KM, KNEE_KM, CEILING_KM = 6_300.0, 9_000.0, 100_000.0
"""Radii are looked up in steps of FINE_KM up to the knee and COARSE_KM above it."""

THINNEST_KM = 16.0
SHARE = 0.03
"""A shell is at least THINNEST_KM thick and holds this share of the objects; any value finds the same pairs."""

FASTEST = 1.03
"""Speed against circular speed up to which an object is regular."""

MOST_SHELLS = 4
"""A regular object touches at most this many shells."""

BINS_A_BAND = 3.0
"""Bins in the height of a band."""

CELLS_AN_OBJECT = 1.0

FEW = 48
"""Objects of a shell below which it is one bin."""


_PI, _HALF_PI = np.float32(pi), np.float32(pi / 2.0)


class Grid(NamedTuple):
    """The cells of a chunk. S shells; `shell_of` by radius step; per shell: its bands, the first of them, the speed
    limit as half length (km); per band: its bins, its first cell, how many radians its partners may be apart in
    longitude (pi: anywhere); `square` (S,): threshold with margin, squared (km^2)."""

    shell_of: Counts
    lower: Singles
    bands: Counts
    first_band: Counts
    longest: Singles
    square: Singles
    reach: Singles
    band_scale: Singles
    bins: Counts
    bin_scale: Singles
    first_cell: Counts
    spread: Singles
    cells: int


@part
def step_of(radius: float) -> int:
    """The radius step of a geocentric radius, km.

    SGP4 can run away without saying so, to radii beyond what a whole number holds: those, and what is no number,
    are above the ceiling.
    """
    if radius < KNEE_KM:
        return int(max(0.0, (radius - FLOOR_KM) / FINE_KM))
    knee = int((KNEE_KM - FLOOR_KM) / FINE_KM)
    if radius < CEILING_KM:
        return knee + int((radius - KNEE_KM) / COARSE_KM)
    return knee + int((CEILING_KM - KNEE_KM) / COARSE_KM) - 1


def _radius_of(step: int) -> float:
    knee = int((KNEE_KM - FLOOR_KM) / FINE_KM)
    return FLOOR_KM + FINE_KM * step if step <= knee else KNEE_KM + COARSE_KM * (step - knee)


def grid_of(radii: Singles, threshold: float, step_s: float) -> Grid:
    """Cells for objects that are at `radii` (n,) now, km, and that will be near there for some hours."""
    knee = int((KNEE_KM - FLOOR_KM) / FINE_KM)
    steps = knee + int((CEILING_KM - KNEE_KM) / COARSE_KM)
    fine = np.clip((radii - FLOOR_KM) / FINE_KM, 0, knee - 1).astype(np.int64)
    coarse = knee + np.clip((radii - KNEE_KM) / COARSE_KM, 0, steps - knee - 1).astype(np.int64)
    held = np.bincount(np.where(radii < KNEE_KM, fine, coarse), minlength=steps)
    shell_of = np.zeros(steps, dtype=np.int32)
    lower, members, wanted = [_radius_of(0)], [0], max(8.0, SHARE * len(radii))
    for step in range(steps):
        if _radius_of(step) - lower[-1] >= THINNEST_KM and members[-1] >= wanted:
            lower.append(_radius_of(step))
            members.append(0)
        shell_of[step] = len(lower) - 1
        members[-1] += int(held[step])
    bands, first_band, longest, square, reach = [], [], [], [], []
    bins: list[int] = []
    first_cell: list[int] = []
    spread: list[float] = []
    cells = 0
    for low, population in zip(lower, members, strict=True):
        half = FASTEST * sqrt(MU_KM3_S2 / low) * step_s / 2.0
        near = within(threshold, step_s, low, 2.0 * half, 2.0 * REST_LIMIT_KM_S2)
        far = 2.0 * half + near
        chord = low - 1.1 * half * half / (2.0 * low)
        angle = 2.0 * asin(min(1.0, far / (2.0 * chord))) * 1.001 + 2.0 * DIRECTION_RAD
        # Cells are not to outnumber the objects by much: bands may be higher than the reach asks for.
        height = max(angle, sqrt(4.0 * pi * BINS_A_BAND / (CELLS_AN_OBJECT * max(population, 1))))
        count = 1 if population < FEW else max(1, floor(pi / height))
        bands.append(count)
        first_band.append(len(bins))
        longest.append(half)
        reach.append(far)
        square.append(near * near + 1e-6 * far * far)
        for band in range(count):
            pole = max(abs(-pi / 2.0 + band * pi / count), abs(-pi / 2.0 + (band + 1) * pi / count))
            near_pole = pole + angle >= pi / 2.0
            apart = pi if near_pole else asin(min(1.0, sin(angle) / cos(pole))) * 1.001 + 2.0 * DIRECTION_RAD
            middle = -pi / 2.0 + (band + 0.5) * pi / count
            here = 1 if count == 1 else max(1, ceil(BINS_A_BAND * 2.0 * pi * cos(middle) / height))
            bins.append(here)
            first_cell.append(cells)
            spread.append(apart)
            cells += here
    return Grid(
        shell_of,
        np.array(lower, dtype=np.float32),
        np.array(bands, dtype=np.int32),
        np.array(first_band, dtype=np.int32),
        np.array(longest, dtype=np.float32),
        np.array(square, dtype=np.float32),
        np.array(reach, dtype=np.float32),
        np.array(bands, dtype=np.float32) / np.float32(pi),
        np.array(bins, dtype=np.int32),
        np.array(bins, dtype=np.float32) / np.float32(2.0 * pi),
        np.array(first_cell, dtype=np.int32),
        np.array(spread, dtype=np.float32),
        cells,
    )


@dataclass(slots=True)
class Shelves:
    """Room for the entries of one slab; made once a chunk. `kept` holds rows MX to WZ of the entries in cell order."""

    start: Indices
    cell: Counts
    source: Counts
    order: Counts
    home: Counts
    apart: Counts
    kept: Singles

    @classmethod
    def of(cls, objects: int, cells: int) -> "Shelves":
        entries = objects * MOST_SHELLS
        return cls(
            np.zeros(cells + 1, dtype=np.int64),
            np.empty(entries, dtype=np.int32),
            np.empty(entries, dtype=np.int32),
            np.empty(entries + 32, dtype=np.int32),
            np.empty(objects, dtype=np.int32),
            np.empty(objects, dtype=np.int32),
            np.empty((6, entries + 32), dtype=np.float32),
        )


@kernel
def shelve(
    table: Singles,
    grid: Grid,
    half_reach: float,
    start: Indices,
    cell: Counts,
    source: Counts,
    order: Counts,
    home: Counts,
    apart: Counts,
) -> tuple[int, int]:
    """Enter each object of a table of chords; returns the numbers of entries and of objects set apart.

    `home` is each object's lowest shell, -1 when it is absent; objects set apart are listed in `apart`.
    """
    entries, lonely = 0, 0
    start[:] = 0
    for n in range(table.shape[1]):
        low = table[LOW, n]
        if low <= 0.0:
            home[n] = -1
            continue
        first = grid.shell_of[step_of(low - half_reach)]
        last = grid.shell_of[step_of(table[HIGH, n] + half_reach)]
        home[n] = first
        if last - first >= MOST_SHELLS or table[HALF, n] > grid.longest[last] or table[REST, n] > REST_LIMIT_KM_S2:
            apart[lonely] = n
            lonely += 1
            continue
        for shell in range(first, last + 1):
            bands = grid.bands[shell]
            band = grid.first_band[shell]
            if bands > 1:
                band += min(max(int((table[LATITUDE, n] + _HALF_PI) * grid.band_scale[shell]), 0), bands - 1)
            place = min(max(int((table[LONGITUDE, n] + _PI) * grid.bin_scale[band]), 0), grid.bins[band] - 1)
            key = grid.first_cell[band] + place
            cell[entries] = key
            source[entries] = n
            start[key + 1] += 1
            entries += 1
    total = 0
    for key in range(1, len(start)):
        total += start[key]
        start[key] = total
    # Fill from the back of each cell, so that `start` ends as it began.
    for entry in range(entries - 1, -1, -1):
        key = cell[entry]
        start[key + 1] -= 1
        order[start[key + 1]] = source[entry]
    for key in range(len(start) - 1):
        start[key] = start[key + 1]
    start[len(start) - 1] = entries
    return entries, lonely


@kernel
def collect(table: Singles, order: Counts, entries: int, kept: Singles) -> None:
    """Rows MX to WZ in cell order; 32 places beyond the last entry are out of anybody's reach."""
    for row in range(6):
        for place in range(entries):
            kept[row, place] = table[row, order[place]]
        for place in range(entries, entries + 32):
            kept[row, place] = 1e9 if row == 0 else 0.0
            order[place] = -1
