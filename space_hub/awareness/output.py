"""Encounters in a file, in columns, written as they are found: CSV, or NumPy's `.npz`.

A CSV grows batch by batch, each batch sorted in itself; the file has its name only when
it is whole, until then it is called `NAME.part`. An `.npz` holds the columns of the whole
answer, sorted, and so keeps them in memory until the end. Units are those of the API.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from space_hub.errors import Invalid
from space_hub.orbit.screening.found import Found, nothing
from space_hub.orbit.screening.result import encounters

Columns = dict[str, npt.NDArray[Any]]

_NAMES = {
    "miss_km": "miss_distance_m",
    "relative_speed_km_s": "relative_speed_m_s",
    "radial_km": "radial_m",
    "in_track_km": "in_track_m",
    "cross_track_km": "cross_track_m",
}
_INSTANTS = {"tca": "tca", "entry": "entry_at", "exit": "exit_at"}
_FLAGS = ("open_start", "open_end", "co_located")


class File(Protocol):
    """A sink of the engine that becomes a file when its block ends well, and nothing otherwise."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def add(self, found: Found) -> None: ...
    def clear(self) -> None: ...


def columns(found: Found, numbers: Sequence[int]) -> Columns:
    """Encounters as the columns of a file; `numbers` are the catalogue numbers of the elements, ascending."""
    table = encounters(found, np.arange(len(numbers))).columns
    names = np.array(numbers, dtype=np.int64)
    made: Columns = {"catalog_number_a": names[table["a"]], "catalog_number_b": names[table["b"]]}
    made |= {name: table[ours].astype("datetime64[us]") for ours, name in _INSTANTS.items()}
    made |= {name: np.round(1000.0 * table[ours], 3) for ours, name in _NAMES.items()}
    return made | {name: table[name] for name in _FLAGS}


def file(path: Path, numbers: Sequence[int]) -> File:
    """The file for a path, by its ending; Invalid `screen.output_unknown` for another than .csv and .npz."""
    kinds: dict[str, Callable[[Path, Sequence[int]], File]] = {".csv": CsvFile, ".npz": NpzFile}
    if path.suffix not in kinds:
        raise Invalid("screen.output_unknown", path=str(path), known=", ".join(kinds))
    return kinds[path.suffix](path, numbers)


@dataclass
class CsvFile:
    """Rows of text as they come, with one line of heads."""

    path: Path
    numbers: Sequence[int]
    _file: IO[str] = field(init=False)

    def __enter__(self) -> Self:
        self._file = opened(self.path)
        self.clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        named(self.path, whole=kind is None)

    def add(self, found: Found) -> None:
        texts = [_texts(column) for column in columns(found, self.numbers).values()]
        self._file.writelines(f"{','.join(row)}\n" for row in zip(*texts, strict=True))

    def clear(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        names = ("catalog_number_a", "catalog_number_b", *_INSTANTS.values(), *_NAMES.values(), *_FLAGS)
        self._file.write(f"{','.join(names)}\n")


@dataclass
class NpzFile:
    """One array a column, as `numpy.load` reads them; instants are datetime64[us], UTC."""

    path: Path
    numbers: Sequence[int]
    _parts: list[Columns] = field(default_factory=list, init=False)

    def __enter__(self) -> Self:
        opened(self.path).close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            parts = [columns(nothing(), self.numbers), *self._parts]
            joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
            order = np.lexsort((joined["tca"], joined["catalog_number_b"], joined["catalog_number_a"]))
            with _part(self.path).open("wb") as sink:
                np.savez_compressed(sink, allow_pickle=False, **{name: one[order] for name, one in joined.items()})
        named(self.path, whole=kind is None)

    def add(self, found: Found) -> None:
        self._parts.append(columns(found, self.numbers))

    def clear(self) -> None:
        self._parts.clear()


def _texts(column: npt.NDArray[Any]) -> list[str]:
    if column.dtype.kind == "M":
        return [f"{one}Z" for one in np.datetime_as_string(column, unit="us").tolist()]
    if column.dtype.kind == "b":
        return ["true" if one else "false" for one in column.tolist()]
    if column.dtype.kind == "f":
        return [f"{one:.3f}" for one in column.tolist()]
    return list(map(str, column.tolist()))


def opened(path: Path) -> IO[str]:
    """The file that grows; Invalid `screen.output_unusable` before any work where it cannot be written."""
    try:
        return _part(path).open("w", encoding="ascii", newline="")
    except OSError as error:
        raise Invalid("screen.output_unusable", path=str(path), reason=error.strerror or str(error)) from error


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def named(path: Path, *, whole: bool) -> None:
    """Give a file that is whole its name, and take one that is not away."""
    if whole:
        _part(path).replace(path)
    else:
        _part(path).unlink(missing_ok=True)
