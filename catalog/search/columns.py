"""The shelf as columns: what a search scans in place of rows. Pure but for numpy and, when an area is asked, shapely.

A slot is a place in every column. Slots are never reused: a changed offering
leaves its slot (`alive` turns false there) and gets a new one at the end. Lists
by value (terms, numbers, codes) stand in two parts, a large one and a small tail
that is rebuilt with each change; `changed` folds the tail in when it has grown.

A `Columns` is never altered once it is made, so that a search goes on undisturbed
while the next one is prepared. Its dictionaries of codes and shapes only grow.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.search.query import Condition, Relation
from catalog.search.shapes import Shapes
from catalog.search.terms import frequencies
from space_hub.vocabulary.codes import MissionArea

Bools = npt.NDArray[np.bool_]
Slots = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]

MOST_TAIL = 512
"""Offerings in the tail before it is folded in: what one refresh rebuilds."""
NEVER = np.iinfo(np.int64).max
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
AREAS = tuple(each.value for each in MissionArea)


@dataclass(frozen=True, slots=True)
class Row:
    """One offering as the shelf lists it; `listed` false takes it out."""

    offering_id: str
    provider_id: str
    marking_id: str
    mission_area: str
    capability: str
    modality: str
    terms: str
    tie: int
    listed: bool = True
    national: bool = False
    maturity: str | None = None
    taskable: bool = False
    archive: bool = False
    phases: int = 0
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    standards: tuple[str, ...] = ()
    dependency_keys: tuple[str, ...] = ()
    coverage: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)
    """Attribute -> [low, high], or a list of codes."""


class Codes:
    """Values -> small whole numbers; 0 is no value. It only grows."""

    def __init__(self) -> None:
        self.values: list[str | None] = [None]
        self._codes: dict[str | None, int] = {None: 0}

    def code(self, value: str | None) -> int:
        found = self._codes.get(value)
        if found is None:
            found = len(self.values)
            self.values.append(value)
            self._codes[value] = found
        return found

    def known(self, value: str) -> int | None:
        return self._codes.get(value)

    def table(self, values: Iterable[str]) -> Bools:
        """For every code whether it is one of `values`."""
        found = np.zeros(len(self.values), dtype=np.bool_)
        for value in values:
            code = self._codes.get(value)
            if code is not None and code < len(found):
                found[code] = True
        return found


CODED = ("marking", "provider", "mission_area", "capability", "modality", "maturity")


@dataclass(frozen=True, slots=True)
class Lists:
    """Slots by value of one stretch of the shelf."""

    terms: dict[str, tuple[Slots, npt.NDArray[np.uint8]]]
    numbers: dict[str, tuple[Slots, Numbers, Numbers]]
    codes: dict[tuple[str, str], Slots]
    dependencies: dict[str, Slots]
    standard_slots: Slots
    standard_codes: Slots


@dataclass(frozen=True, slots=True)
class Columns:
    ids: npt.NDArray[np.object_]
    alive: Bools
    coded: Mapping[str, Slots]
    """Name of `CODED` -> code at each slot."""
    dictionaries: Mapping[str, Codes]
    flags: Mapping[str, Bools]
    phases: npt.NDArray[np.uint8]
    valid_from: Times
    valid_to: Times
    shape: Slots
    shapes: Shapes
    lengths: npt.NDArray[np.int32]
    tie: npt.NDArray[np.uint64]
    parts: tuple[Lists, Lists]
    tail: tuple[Row, ...]
    slots: dict[str, int]
    """Offering -> its slot; read and written by `changed` alone."""

    @property
    def size(self) -> int:
        return len(self.ids)

    def term(self, term: str) -> tuple[Slots, npt.NDArray[np.uint8]]:
        """Where a term stands and how often, by weight."""
        found = [part.terms[term] for part in self.parts if term in part.terms]
        if not found:
            return np.zeros(0, np.int32), np.zeros(0, np.uint8)
        return np.concatenate([each[0] for each in found]), np.concatenate([each[1] for each in found])

    def mask(self, slots: Iterable[Slots]) -> Bools:
        found = np.zeros(self.size, dtype=np.bool_)
        for each in slots:
            found[each] = True
        return found

    def meets(self, condition: Condition) -> Bools:
        """Where some of the offered range meets the bound, or the code is among those offered."""
        if condition.code is not None:
            key = (condition.attribute, condition.code)
            return self.mask(part.codes[key] for part in self.parts if key in part.codes)
        found = []
        bound = 0.0 if condition.number is None else condition.number
        for part in self.parts:
            if condition.attribute in part.numbers:
                slots, low, high = part.numbers[condition.attribute]
                met = low <= bound if condition.operator == "<=" else high >= bound
                found.append(slots[met])
        return self.mask(found)

    def resting_on(self, key: str) -> Bools:
        return self.mask(part.dependencies[key] for part in self.parts if key in part.dependencies)

    def with_standard(self, standards: Iterable[str]) -> Bools:
        wanted = self.dictionaries["standard"].table(standards)
        return self.mask(part.standard_slots[wanted[part.standard_codes]] for part in self.parts)

    def within(self, area: Mapping[str, Any], relation: Relation) -> Bools:
        """Where the coverage meets or covers `area`; an unstated coverage does not."""
        found: Bools = self.shapes.meet(area, relation)[self.shape]
        return found


def empty() -> Columns:
    return build(())


def build(rows: Iterable[Row]) -> Columns:
    """Columns of rows; those that are not listed are left out."""
    dictionaries = {name: Codes() for name in (*CODED, "standard")}
    for area in AREAS:
        dictionaries["mission_area"].code(area)
    return _assemble(rows, dictionaries, Shapes())


def changed(columns: Columns, rows: Sequence[Row]) -> Columns:
    """The columns after `rows` replaced what stood for the same offerings."""
    latest = {row.offering_id: row for row in rows}
    alive = columns.alive.copy()
    for offering_id in latest:
        slot = columns.slots.pop(offering_id, None)
        if slot is not None:
            alive[slot] = False
    tail = (
        *(row for row in columns.tail if row.offering_id not in latest),
        *(row for row in latest.values() if row.listed),
    )
    base = columns.size - len(columns.tail)
    stem = _cut(columns, base, alive[:base])
    if len(tail) > max(MOST_TAIL, base // 50):
        stem, tail = _folded(stem, tail), ()
    return _join(stem, tail)


def _assemble(rows: Iterable[Row], dictionaries: Mapping[str, Codes], shapes: Shapes) -> Columns:
    kept: list[tuple[Any, ...]] = []
    lists = _Gathering()
    slots: dict[str, int] = {}
    coded = [dictionaries[name] for name in CODED]
    for row in rows:
        if not row.listed:
            continue
        slot = len(kept)
        slots[row.offering_id] = slot
        length = lists.take(slot, row, dictionaries["standard"])
        given = (
            row.marking_id,
            row.provider_id,
            row.mission_area,
            row.capability,
            row.modality,
            row.maturity,
        )
        kept.append(
            (
                row.offering_id,
                tuple(codes.code(value) for codes, value in zip(coded, given, strict=True)),
                (row.taskable, row.archive, row.national),
                row.phases,
                -NEVER if row.valid_from is None else instant(row.valid_from),
                NEVER if row.valid_to is None else instant(row.valid_to),
                shapes.code(row.coverage),
                length,
                row.tie,
            )
        )
    ids, codes_of, flags_of, phases, begins, ends, shape, lengths, ties = zip(*kept, strict=True) if kept else [()] * 9
    by_name = np.array(codes_of, np.int32).reshape(-1, len(CODED))
    flags = np.array(flags_of, np.bool_).reshape(-1, 3)
    return Columns(
        ids=_objects(ids),
        alive=np.ones(len(ids), np.bool_),
        coded={name: np.ascontiguousarray(by_name[:, place]) for place, name in enumerate(CODED)},
        dictionaries=dictionaries,
        flags={name: flags[:, place].copy() for place, name in enumerate(("taskable", "archive", "national"))},
        phases=np.array(phases, np.uint8),
        valid_from=np.array(begins, np.int64),
        valid_to=np.array(ends, np.int64),
        shape=np.array(shape, np.int32),
        shapes=shapes,
        lengths=np.array(lengths, np.int32),
        tie=np.array(ties, np.uint64),
        parts=(lists.done(), _Gathering().done()),
        tail=(),
        slots=slots,
    )


class _Gathering:
    """Lists by value while the rows go by."""

    def __init__(self) -> None:
        self.terms: dict[str, tuple[list[int], bytearray]] = {}
        self.numbers: dict[str, tuple[list[int], list[float], list[float]]] = {}
        self.codes: dict[tuple[str, str], list[int]] = {}
        self.dependencies: dict[str, list[int]] = {}
        self.standards: tuple[list[int], list[int]] = ([], [])

    def take(self, slot: int, row: Row, standards: Codes) -> int:
        """Note one row; the length of its text by weight."""
        length = 0
        for term, frequency in frequencies(row.terms).items():
            length += frequency
            where = self.terms.get(term)
            if where is None:
                where = self.terms[term] = ([], bytearray())
            where[0].append(slot)
            where[1].append(frequency)
        for name, value in row.values.items():
            if value and isinstance(value[0], str):
                for code in value:
                    self.codes.setdefault((name, code), []).append(slot)
            else:
                slots, lows, highs = self.numbers.setdefault(name, ([], [], []))
                low, high = value
                slots.append(slot)
                lows.append(low)
                highs.append(high)
        for key in row.dependency_keys:
            self.dependencies.setdefault(key, []).append(slot)
        for standard in row.standards:
            self.standards[0].append(slot)
            self.standards[1].append(standards.code(standard))
        return length

    def done(self) -> Lists:
        return Lists(
            {
                term: (_slots(where), np.frombuffer(bytes(often), np.uint8))
                for term, (where, often) in self.terms.items()
            },
            {
                name: (_slots(slots), np.array(low, np.float64), np.array(high, np.float64))
                for name, (slots, low, high) in self.numbers.items()
            },
            {key: _slots(slots) for key, slots in self.codes.items()},
            {key: _slots(slots) for key, slots in self.dependencies.items()},
            _slots(self.standards[0]),
            _slots(self.standards[1]),
        )


def _cut(columns: Columns, size: int, alive: Bools) -> Columns:
    """The columns without their tail."""
    return replace(
        columns,
        ids=columns.ids[:size],
        alive=alive,
        coded={name: each[:size] for name, each in columns.coded.items()},
        flags={name: each[:size] for name, each in columns.flags.items()},
        **{name: getattr(columns, name)[:size] for name in _PLAIN},
        parts=(columns.parts[0], _Gathering().done()),
        tail=(),
    )


_PLAIN = ("phases", "valid_from", "valid_to", "shape", "lengths", "tie")


def _join(stem: Columns, tail: tuple[Row, ...]) -> Columns:
    """`stem` with `tail` behind it."""
    if not tail:
        return stem
    end = _assemble(tail, stem.dictionaries, stem.shapes)
    for offering_id, slot in end.slots.items():
        stem.slots[offering_id] = stem.size + slot
    return replace(
        _concatenated(stem, end), parts=(stem.parts[0], _mapped(end.parts[0], _shift(stem.size, end.size))), tail=tail
    )


def _folded(stem: Columns, tail: tuple[Row, ...]) -> Columns:
    """One stretch of the living slots of `stem` and of `tail`, renumbered."""
    end = _assemble(tail, stem.dictionaries, stem.shapes)
    joined = _concatenated(stem, end)
    place = np.where(joined.alive, np.cumsum(joined.alive, dtype=np.int32) - 1, -1).astype(np.int32)
    first = _mapped(stem.parts[0], place[: stem.size])
    second = _mapped(end.parts[0], place[stem.size :])
    living = joined.alive
    ids = joined.ids[living]
    stem.slots.clear()
    stem.slots.update({offering_id: slot for slot, offering_id in enumerate(ids.tolist())})
    return replace(
        joined,
        ids=ids,
        alive=living[living],
        coded={name: each[living] for name, each in joined.coded.items()},
        flags={name: each[living] for name, each in joined.flags.items()},
        **{name: getattr(joined, name)[living] for name in _PLAIN},
        parts=(_merged(first, second), _Gathering().done()),
        tail=(),
    )


def _concatenated(stem: Columns, end: Columns) -> Columns:
    plain: dict[str, Any] = {name: np.concatenate([getattr(stem, name), getattr(end, name)]) for name in _PLAIN}
    return replace(
        stem,
        ids=np.concatenate([stem.ids, end.ids]),
        alive=np.concatenate([stem.alive, end.alive]),
        coded={name: np.concatenate([stem.coded[name], end.coded[name]]) for name in stem.coded},
        flags={name: np.concatenate([stem.flags[name], end.flags[name]]) for name in stem.flags},
        **plain,
    )


def _mapped(lists: Lists, place: Slots) -> Lists:
    """`lists` with every slot renumbered by `place`; those at -1 are gone."""

    def moved(slots: Slots, *others: Any) -> tuple[Any, ...]:
        to = place[slots]
        kept = to >= 0
        return (to[kept], *(each[kept] for each in others))

    def filled(found: Iterator[tuple[Any, tuple[Any, ...]]]) -> dict[Any, Any]:
        return {key: each for key, each in found if len(each[0])}

    standard_slots, standard_codes = moved(lists.standard_slots, lists.standard_codes)
    return Lists(
        filled((key, moved(*each)) for key, each in lists.terms.items()),
        filled((key, moved(*each)) for key, each in lists.numbers.items()),
        {key: each[0] for key, each in filled((key, moved(each)) for key, each in lists.codes.items()).items()},
        {key: each[0] for key, each in filled((key, moved(each)) for key, each in lists.dependencies.items()).items()},
        standard_slots,
        standard_codes,
    )


def _merged(first: Lists, second: Lists) -> Lists:
    def many(one: dict[Any, Any], other: dict[Any, Any], put: Callable[[Any, Any], Any]) -> dict[Any, Any]:
        return one | {key: put(one[key], each) if key in one else each for key, each in other.items()}

    def several(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(np.concatenate(pair) for pair in zip(one, other, strict=True))

    def single(one: Any, other: Any) -> Any:
        return np.concatenate([one, other])

    return Lists(
        many(first.terms, second.terms, several),
        many(first.numbers, second.numbers, several),
        many(first.codes, second.codes, single),
        many(first.dependencies, second.dependencies, single),
        single(first.standard_slots, second.standard_slots),
        single(first.standard_codes, second.standard_codes),
    )


def instant(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _shift(start: int, size: int) -> Slots:
    return np.arange(start, start + size, dtype=np.int32)


def _slots(found: Iterable[int]) -> Slots:
    return np.array(list(found), np.int32)


def _objects(found: Iterable[str]) -> npt.NDArray[np.object_]:
    given = list(found)
    array = np.empty(len(given), dtype=object)
    array[:] = given
    return array
