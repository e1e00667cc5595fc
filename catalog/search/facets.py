"""What a query leaves of the shelf, and how that divides by each facet. Pure.

The counts of a facet leave out the filter of its own kind: whoever has chosen
France still reads how many there are of Germany.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalog.search.columns import Bools, Columns, instant
from catalog.search.query import Facet, Query
from catalog.search.shapes import NOT_STATED, WORLD
from catalog.search.suppliers import Suppliers
from space_hub.vocabulary.codes import COVERAGE_KINDS
from space_hub.vocabulary.phases import Phase

MOST_VALUES = 20


@dataclass(frozen=True, slots=True)
class Counted:
    """The values of one facet, most frequent first; `more` values were left off."""

    values: tuple[tuple[str, int], ...]
    more: int


class Sieve:
    """The filters of one query over the columns.

    `failed` counts at each slot how many kinds of filter it fails; a slot that fails
    one kind only still counts for the facet of that kind.
    """

    def __init__(self, columns: Columns, suppliers: Suppliers, query: Query, base: Bools) -> None:
        self.columns, self.suppliers = columns, suppliers
        self.base = base & _fixed(columns, query)
        self.kinds = {kind: test() for kind, test in _kinds(columns, suppliers, query).items()}
        self.failed = np.zeros(columns.size, dtype=np.uint8)
        for met in self.kinds.values():
            self.failed += ~met

    @property
    def hits(self) -> Bools:
        found: Bools = self.base & (self.failed == 0)
        return found

    def without(self, kind: Facet) -> Bools:
        """What passes when the filter of this kind is left out."""
        if kind not in self.kinds:
            return self.hits
        found: Bools = self.base & (self.failed <= ~self.kinds[kind])
        return found

    def not_stated(self) -> int:
        """Offerings that would be hits if they said where they work."""
        if Facet.COVERAGE not in self.kinds:
            return 0
        return int((self.without(Facet.COVERAGE) & (self.columns.shape == NOT_STATED)).sum())

    def count(self, facet: Facet) -> Counted:
        mask = self.without(facet)
        found = _COUNTERS[facet](self, facet, mask)
        ordered = sorted(((value, count) for value, count in found if count), key=lambda each: (-each[1], each[0]))
        return Counted(tuple(ordered[:MOST_VALUES]), max(0, len(ordered) - MOST_VALUES))


def _fixed(columns: Columns, query: Query) -> Bools:
    """Filters that no facet stands for."""
    met = np.ones(columns.size, dtype=np.bool_)
    for condition in query.conditions:
        met &= columns.meets(condition)
    if query.window is not None:
        start, stop = (instant(each) for each in query.window)
        met &= (columns.valid_from < stop) & (columns.valid_to > start)
    for key in query.dependencies_not:
        met &= ~columns.resting_on(key)
    return met


def _kinds(columns: Columns, suppliers: Suppliers, query: Query) -> dict[Facet, Callable[[], Bools]]:
    found: dict[Facet, Callable[[], Bools]] = {}
    for facet, values in (
        (Facet.MISSION_AREA, query.mission_areas),
        (Facet.CAPABILITY, query.capabilities),
        (Facet.MODALITY, query.modalities),
        (Facet.MATURITY, query.maturities),
    ):
        if values:
            table = columns.dictionaries[facet.value].table(values)
            found[facet] = lambda table=table, facet=facet: table[columns.coded[facet.value]]  # type: ignore[misc]
    for facet, values in (
        (Facet.NATION, query.nations),
        (Facet.OWNER_NATION, query.owner_nations),
        (Facet.STANDING, query.standings),
    ):
        if values:
            table = suppliers.table(facet.value, values)
            found[facet] = lambda table=table: table[columns.coded["provider"]]  # type: ignore[misc]
    for facet, flag in (
        (Facet.TASKABLE, query.taskable),
        (Facet.ARCHIVE, query.archive),
        (Facet.NATIONAL, query.national),
    ):
        if flag is not None:
            found[facet] = lambda facet=facet, flag=flag: columns.flags[facet.value] == flag  # type: ignore[misc]
    if query.phases:
        bits = sum(1 << place for place, phase in enumerate(Phase) if phase.value in query.phases)
        found[Facet.PHASE] = lambda: (columns.phases & bits) > 0
    if query.standards:
        found[Facet.STANDARD] = lambda: columns.with_standard(query.standards)
    area = query.area
    if area is not None:
        found[Facet.COVERAGE] = lambda: columns.within(area, query.relation)
    return found


def _coded(sieve: Sieve, facet: Facet, mask: Bools) -> list[tuple[str, int]]:
    return _tally(sieve.columns.coded[facet.value][mask], sieve.columns.dictionaries[facet.value].values)


def _of_supplier(sieve: Sieve, facet: Facet, mask: Bools) -> list[tuple[str, int]]:
    held = np.bincount(sieve.columns.coded["provider"][mask], minlength=sieve.suppliers.size)
    found: dict[str, int] = {}
    for value, count in zip(sieve.suppliers.values(facet.value), held.tolist(), strict=False):
        if value is not None and count:
            found[value] = found.get(value, 0) + count
    return list(found.items())


def _flag(sieve: Sieve, facet: Facet, mask: Bools) -> list[tuple[str, int]]:
    true = int(sieve.columns.flags[facet.value][mask].sum())
    return [("true", true), ("false", int(mask.sum()) - true)]


def _phases(sieve: Sieve, _: Facet, mask: Bools) -> list[tuple[str, int]]:
    held = sieve.columns.phases[mask]
    return [(phase.value, int(((held >> place) & 1).sum())) for place, phase in enumerate(Phase)]


def _standards(sieve: Sieve, _: Facet, mask: Bools) -> list[tuple[str, int]]:
    codes = [part.standard_codes[mask[part.standard_slots]] for part in sieve.columns.parts]
    return _tally(np.concatenate(codes), sieve.columns.dictionaries["standard"].values)


def _coverage(sieve: Sieve, _: Facet, mask: Bools) -> list[tuple[str, int]]:
    held = sieve.columns.shape[mask]
    unstated, world = int((held == NOT_STATED).sum()), int((held == WORLD).sum())
    return list(zip(COVERAGE_KINDS, (unstated, world, len(held) - unstated - world), strict=True))


def _tally(codes: npt.NDArray[np.int32], values: list[str | None]) -> list[tuple[str, int]]:
    counts = np.bincount(codes, minlength=1).tolist()
    return [(value, count) for value, count in zip(values, counts, strict=False) if value is not None and count]


_COUNTERS: dict[Facet, Callable[[Sieve, Facet, Bools], list[tuple[str, int]]]] = {
    **dict.fromkeys((Facet.MISSION_AREA, Facet.CAPABILITY, Facet.MODALITY, Facet.MATURITY), _coded),
    **dict.fromkeys((Facet.NATION, Facet.OWNER_NATION, Facet.STANDING), _of_supplier),
    **dict.fromkeys((Facet.TASKABLE, Facet.ARCHIVE, Facet.NATIONAL), _flag),
    Facet.PHASE: _phases,
    Facet.STANDARD: _standards,
    Facet.COVERAGE: _coverage,
}
