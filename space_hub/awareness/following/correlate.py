"""The same encounter seen by several runs. Pure.

Two looks are one conjunction when the pair is the same and their times of closest
approach lie within a tolerance: a quarter of the shorter period, so that the next
meeting of the pair is never taken for this one, and at most ten minutes, where two
runs twelve hours apart differ by 94 ms at the 95th percentile. A pair that flies
together is one conjunction whatever its minimum of the day is.
"""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(minutes=10)

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:space-hub:conjunction")

_NAMED = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)
_VARIANT = {digit: f"{int(digit, 16) & 3 | 8:x}" for digit in "0123456789abcdef"}
"""The hash and the two marks of `uuid.uuid5`, without its objects: a week of the whole catalogue needs 250,000 ids."""


@dataclass(frozen=True, slots=True)
class Known:
    """A conjunction that earlier runs have seen."""

    id: str
    pair: tuple[str, str]
    tca: datetime
    co_located: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """An encounter of the run at hand."""

    pair: tuple[str, str]
    tca: datetime
    co_located: bool
    shorter_period: timedelta


def tolerance(shorter_period: timedelta, longest: timedelta = LONGEST) -> timedelta:
    return min(shorter_period / 4, longest)


def conjunction_id(pair: tuple[str, str], first_run_id: str, ordinal: int) -> str:
    """Id of the `ordinal`-th meeting of a pair within the run that saw it first; the order of the pair is no matter."""
    low, high = sorted(pair)
    digest = _NAMED.copy()
    digest.update(f"{low}/{high}/{first_run_id}/{ordinal}".encode())
    name = digest.hexdigest()
    return f"cnj_{name[:12]}5{name[13:16]}{_VARIANT[name[16]]}{name[17:32]}"


def correlate(known: Iterable[Known], seen: Iterable[Seen], longest: timedelta = LONGEST) -> list[str | None]:
    """For each of `seen` the id of the known conjunction that it is, or None; each known one is given once.

    The closest in time are matched first; `longest` is the most by which the sources may differ.
    """
    by_pair: dict[tuple[str, str], list[Known]] = defaultdict(list)
    for one in known:
        by_pair[_pair(one.pair)].append(one)
    candidates: list[tuple[timedelta, int, str]] = []
    found: list[str | None] = []
    for index, look in enumerate(seen):
        found.append(None)
        for one in by_pair.get(_pair(look.pair), ()):
            if one.co_located != look.co_located:
                continue
            apart = abs(one.tca - look.tca)
            if look.co_located or apart <= tolerance(look.shorter_period, longest):
                candidates.append((apart, index, one.id))
    taken: set[str] = set()
    for _apart, index, id in sorted(candidates):
        if found[index] is None and id not in taken:
            found[index] = id
            taken.add(id)
    return found


def _pair(pair: tuple[str, str]) -> tuple[str, str]:
    return (min(pair), max(pair))
