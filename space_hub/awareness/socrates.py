"""Encounters in the columns of SOCRATES (CelesTrak), for tools that read its files.

Eleven columns: number, name and days since epoch of both objects, TCA, range (km), relative speed (km/s), the
largest probability and its dilution sigma (km) by SOCRATES's own model. Every object counts as 1 m in radius, as
SOCRATES takes it where it knows nothing better; the status behind a name is `[?]`, which there is "unknown".
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np

from space_hub.awareness.output import named, opened
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.frames import rtn
from space_hub.orbit.probability.maximum import socrates_2005
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.found import Found
from space_hub.orbit.screening.result import encounters
from space_hub.orbit.times import DAY, Floats, Indices, Ticks, moment, ticks

ENDING = ".socrates.csv"
COLUMNS = (
    *("NORAD_CAT_ID_1", "OBJECT_NAME_1", "DSE_1", "NORAD_CAT_ID_2", "OBJECT_NAME_2", "DSE_2"),
    *("TCA", "TCA_RANGE", "TCA_RELATIVE_SPEED", "MAX_PROB", "DILUTION"),
)
RADIUS_KM = 0.002
"""Of both objects together."""

_SLOWEST_KM_S = 1e-3
"""Slower pairs have no encounter plane: probability and dilution stay blank, which is "unknown"."""


@dataclass
class SocratesFile:
    """Rows as they are found; `elements` are the sets that were screened, in the order of their numbers."""

    path: Path
    elements: Sequence[ElementSet]
    _file: IO[str] = field(init=False)
    _fleet: Fleet = field(init=False)

    def __enter__(self) -> "SocratesFile":
        self._fleet = Fleet(self.elements)
        self._file = opened(self.path)
        self.clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        named(self.path, whole=kind is None)

    def clear(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        csv.writer(self._file, lineterminator="\n").writerow(COLUMNS)

    def add(self, found: Found) -> None:
        columns = encounters(found, np.arange(len(self.elements))).columns
        table = Table(*(columns[name] for name in ("a", "b", "tca", "miss_km", "relative_speed_km_s")))
        csv.writer(self._file, lineterminator="\n").writerows(rows(self.elements, self._fleet, table))


@dataclass(frozen=True, slots=True)
class Table:
    """Encounters (N,): places of both objects in a list of sets, ticks of TCA, km, km/s."""

    a: Indices
    b: Indices
    tca: Ticks
    miss_km: Floats
    relative_speed_km_s: Floats


def rows(elements: Sequence[ElementSet], fleet: Fleet, table: Table) -> Iterator[tuple[object, ...]]:
    """Encounters as rows of SOCRATES's columns; `fleet` flies `elements`."""
    fast = table.relative_speed_km_s > _SLOWEST_KM_S
    chance, dilution = (np.full(len(table.tca), np.nan) for _ in range(2))
    if fast.any():
        chance[fast], dilution[fast] = _risk(fleet, table.a[fast], table.b[fast], table.tca[fast])
    plain = (table.a, table.b, table.tca, table.miss_km, table.relative_speed_km_s, chance, dilution)
    for a, b, tick, miss, speed, most, sigma in zip(*(column.tolist() for column in plain), strict=True):
        unknown = not np.isfinite(most)
        yield (
            *chain.from_iterable(_side(elements[index], tick) for index in (a, b)),
            f"{moment(tick):%Y-%m-%d %H:%M:%S.%f}"[:-3],
            f"{miss:.3f}",
            f"{speed:.3f}",
            "" if unknown else f"{most:.3E}",
            "" if unknown else f"{sigma:.3f}",
        )


def _side(elements: ElementSet, tick: int) -> tuple[int, str, str]:
    name = elements.name.encode("ascii", "replace").decode("ascii")
    return elements.catalog_number, f"{name} [?]", f"{(tick - ticks(elements.epoch)) / DAY:.3f}"


def _risk(fleet: Fleet, a: Indices, b: Indices, at: Ticks) -> tuple[Floats, Floats]:
    """Largest probability and dilution of pairs, from both states at TCA."""
    one, other = (
        [fleet.state(int(index), int(tick)) for index, tick in zip(indices, at, strict=True)] for indices in (a, b)
    )
    (place, velocity), (place_b, velocity_b) = (
        (np.array([state[0] for state in states]), np.array([state[1] for state in states])) for states in (one, other)
    )
    return socrates_2005(
        place_b - place, velocity_b - velocity, rtn(place, velocity), rtn(place_b, velocity_b), RADIUS_KM
    )
