"""What of a need may be read by others: bands, quarters, named regions, and cells that hide who asked. Pure.

A published need keeps the thresholds a supplier has to meet and loses what
would point at the asker: its nations, its currency and budget, its free words,
its exact dates, place and quantity.

Cells add up the needs of nations. They are published in releases, and a cell
changes only when at least `k` nations' contributions differ from those under
each of its earlier values: the difference of any two releases, neighbours or
not, mixes at least `k` nations, as every single release does. Nothing is
published that is the sum or the part of another cell. What this does not hide: a coalition of all
contributors but one learns the band of the last (the package's README says so).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from math import floor, log10
from typing import Any

from catalog.matching.values import Clause, Need
from space_hub.vocabulary.geometry import Box, box
from space_hub.vocabulary.phases import Phase

K_ANONYMITY = 5
DOMINANCE = 0.4
"""Most that one nation may be of what is published, and of what has changed."""

LONGEST_HORIZON_YEARS = 10
SEVERAL, ELSEWHERE = "several", "elsewhere"

REGIONS: dict[str, Box] = {
    "arctic": (-180, 66, 180, 90),
    "nordic_baltic": (4, 54, 32, 66),
    "western_europe": (-11, 43, 10, 66),
    "central_europe": (10, 47, 24, 54),
    "black_sea": (24, 40, 42, 47),
    "eastern_europe": (24, 47, 60, 66),
    "west_mediterranean": (-11, 30, 16, 47),
    "east_mediterranean": (16, 30, 37, 47),
    "middle_east": (32, 12, 63, 42),
    "africa": (-20, -36, 52, 38),
    "north_atlantic": (-52, 15, -11, 66),
    "north_america": (-170, 15, -52, 66),
    "south_america": (-95, -60, -30, 15),
    "indo_pacific": (52, -50, 180, 66),
}
"""West, south, east, north in degrees. Where two overlap the first one named holds; all the rest is `elsewhere`."""

_STANDARD = re.compile(
    r"(STANAG|AJP|ISO|IEC|ISO/IEC|CCSDS|OGC|ETSI|ITU-R|ECSS|3GPP|DVB|NIST|IEEE|MIL-STD)[- ]?[A-Z0-9][A-Z0-9.:/-]{0,19}"
)
_NATIONS_BANDS = ((20, "20+"), (10, "10-19"), (5, "5-9"), (1, "1-4"))
_HOLDS = 1e-9
"""Shares are sums of floats; one that is `DOMINANCE` but for the last bit does not dominate."""


@dataclass(frozen=True, slots=True)
class Band:
    """From `low` to `high`, in the unit of what was coarsened."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, order=True)
class Leaf:
    """What a cell is about; there is no coarser or finer cell, so that none can be subtracted from another."""

    capability: str
    phase: str
    horizon: str
    """A year."""


@dataclass(frozen=True, slots=True)
class Cell:
    leaf: Leaf
    nations: str
    quantity: Band
    as_of: int
    """The release in which its values were last changed."""


@dataclass(frozen=True, slots=True)
class Released:
    cells: tuple[Cell, ...]
    bases: Mapping[Leaf, tuple[Mapping[str, float], ...]]
    """What each nation had contributed to each of a cell's values, the present one last. Never served."""
    changed: frozenset[Leaf]


def bands(value: float) -> Band:
    """The step of the grid 1, 2, 5, 10, 20, ... that `value`, above zero, lies in; a value on the grid begins its step.

    A grid that is the same for everybody: a band around the value would give the value away.
    """
    if value <= 0:
        raise ValueError(value)
    # The power may be one off where the logarithm rounds; the neighbours' steps are looked at too.
    power = floor(log10(value))
    grid = [float(f"{digit}e{power + shift}") for shift in (-1, 0, 1, 2) for digit in (1, 2, 5)]
    return next(Band(low, high) for low, high in pairwise(grid) if low <= value < high)


def nations_band(count: int) -> str:
    """How many nations; the lowest band is there for sites that choose a smaller `k`."""
    return next(name for least, name in _NATIONS_BANDS if count >= least)


def quarter(when: datetime) -> str:
    """`2026-Q3`."""
    return f"{when.year:04}-Q{(when.month - 1) // 3 + 1}"


def quarter_starts(name: str) -> datetime:
    year, number = name.split("-Q")
    return datetime(int(year), 3 * int(number) - 2, 1, tzinfo=UTC)


def quarter_ends(name: str) -> datetime:
    """The first moment after it; of the calendar's last quarter its last moment."""
    year, number = name.split("-Q")
    if name == "9999-Q4":
        return datetime.max.replace(tzinfo=UTC)
    return datetime(int(year) + int(number) // 4, int(number) % 4 * 3 + 1, 1, tzinfo=UTC)


def region(area: Any) -> tuple[str, ...]:
    """The one or two named regions that the box of `area` lies in; `several` for more, nothing for no area."""
    if area is None:
        return ()
    west, south, east, north = box(area)
    # Between two neighbouring edges of the table nothing changes, so one point in each piece answers for the piece.
    found = {
        _region_at(longitude, latitude)
        for longitude in _middles(west, east, (0, 2))
        for latitude in _middles(south, north, (1, 3))
    }
    return (SEVERAL,) if len(found) > 2 else tuple(sorted(found))


def _region_at(longitude: float, latitude: float) -> str:
    for name, (west, south, east, north) in REGIONS.items():
        if west <= longitude <= east and south <= latitude <= north:
            return name
    return ELSEWHERE


def _middles(low: float, high: float, sides: tuple[int, int]) -> list[float]:
    edges = {each[side] for each in REGIONS.values() for side in sides}
    stops = sorted({low, high, *(edge for edge in edges if low < edge < high)})
    return [(first + second) / 2 for first, second in pairwise(stops)] or [low]


def clauses(need: Need) -> list[dict[str, Any]]:
    """The clauses that others may read: thresholds and hardness; objectives and weights stay with the asker.

    Gates of nations are left out, because a nation that must be allowed is
    seldom another one. Of the standards only those of a public body are named:
    anything else is the asker's own word.
    """
    kept = [clause_to_json(clause) for clause in need.clauses]
    kept.sort(key=lambda each: (each["attribute"], each["operator"], str(each)))
    standards = sorted(each for each in need.standards if _STANDARD.fullmatch(each))
    if standards:
        kept.append({"gate": "standards", "values": standards})
    if need.modalities:
        kept.append({"gate": "modality", "values": sorted(need.modalities)})
    return kept


def clause_to_json(clause: Clause) -> dict[str, Any]:
    """A clause without what only its owner weighs."""
    return {
        "attribute": clause.attribute,
        "operator": clause.operator.value,
        "hard": clause.hard,
        "threshold": clause.threshold,
        "upper": clause.upper,
        "codes": list(clause.codes),
        "flag": clause.flag,
    }


def phases(need: Need) -> list[dict[str, Any]]:
    """Each phase with its quantity as a band; no budget."""
    found = []
    for each in need.phases:
        band = bands(each.quantity)
        found.append({"phase": each.phase.value, "quantity_low": band.low, "quantity_high": band.high})
    return found


def years(start: date, stop: date) -> list[str]:
    """The horizon years of a need, the first `LONGEST_HORIZON_YEARS` of them."""
    return [f"{year:04}" for year in range(start.year, min(stop.year, start.year + LONGEST_HORIZON_YEARS - 1) + 1)]


def leaves(capability: str, quantities: Mapping[Phase, float], horizon: Iterable[str]) -> dict[Leaf, float]:
    """What one need adds, by cell."""
    return {Leaf(capability, phase.value, year): quantity for phase, quantity in quantities.items() for year in horizon}


def release_cells(
    number: int,
    now: Mapping[Leaf, Mapping[str, float]],
    bases: Mapping[Leaf, Sequence[Mapping[str, float]]],
    before: Iterable[Cell],
    *,
    year: str,
    k: int = K_ANONYMITY,
    dominance: float = DOMINANCE,
) -> Released:
    """Release `number`, from what each nation contributes now and what all published values have rested on.

    A cell appears when `k` nations stand in it and none dominates. Later it
    changes only when the contributions of `k` nations differ from those under
    each of its values so far, none of these differences dominates the others,
    and it would appear anew: two steps back and forth must not leave two
    releases that only one nation tells apart. Otherwise it is repeated as it
    stood, even when all have left: it ends with its year, and therefore never
    vanishes because somebody left.
    """
    standing = {cell.leaf: cell for cell in before if cell.leaf.horizon >= year}
    kept = {leaf: tuple(of) for leaf, of in bases.items() if leaf in standing}
    changed = set()
    for leaf in sorted(now):
        given = {nation: quantity for nation, quantity in now[leaf].items() if quantity > 0}
        past = kept.get(leaf, ())
        if leaf.horizon < year or not _mixed(given.values(), k, dominance):
            continue
        if not all(_mixed(_moved(given, was), k, dominance) for was in past):
            continue
        standing[leaf] = Cell(leaf, nations_band(len(given)), bands(sum(given.values())), number)
        kept[leaf] = (*past, given)
        changed.add(leaf)
    return Released(tuple(standing[leaf] for leaf in sorted(standing)), kept, frozenset(changed))


def _moved(now: Mapping[str, float], was: Mapping[str, float]) -> list[float]:
    """By how much each nation's contribution changed; those that did not are left out."""
    differences = (abs(now.get(nation, 0.0) - was.get(nation, 0.0)) for nation in now.keys() | was.keys())
    return [each for each in differences if each > 0]


def _mixed(parts: Iterable[float], k: int, dominance: float) -> bool:
    """Whether at least `k` parts make the whole and none is too large a part of it."""
    sizes = list(parts)
    return len(sizes) >= k and max(sizes) <= dominance * sum(sizes) * (1 + _HOLDS)
