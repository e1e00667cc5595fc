"""The encounters of a run in the columns of SOCRATES, nearest first, as they were kept.

A week of the whole catalogue has 240,000 of them: they are read some thousands at a time, each time in a
transaction of its own, so that a slow reader holds nothing.
"""

import csv
import heapq
import io
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select, tuple_
from sqlmodel import col

from space_hub.awareness import catalogue
from space_hub.awareness.output import named, opened
from space_hub.awareness.socrates import COLUMNS, Table, rows
from space_hub.awareness.tables import Assessment
from space_hub.db import Database
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import ticks

Kept = tuple[float, str, datetime, float, str, str]
"""Miss distance (m), conjunction, TCA, relative speed (m/s), both element sets."""

_BATCH = 5_000


def lines(database: Database, run_id: str) -> Iterator[str]:
    """The file, some thousand lines at a time; the first piece is the line of heads."""
    yield _text([COLUMNS])
    # Two walks along an index, which begins with the flag, put together in the order of the distance.
    kept = heapq.merge(*(_kept(database, run_id, together) for together in (False, True)), key=itemgetter(0, 1))
    while some := list(islice(kept, _BATCH)):
        yield _text(_rows(database, some))


def write(database: Database, run_id: str, path: Path) -> int:
    """The file at `path`, which has its name when it is whole; the number of encounters in it."""
    count = 0
    file, whole = opened(path), False
    try:
        with file:
            for piece in lines(database, run_id):
                file.write(piece)
                count += piece.count("\n")
        whole = True
    finally:
        named(path, whole=whole)
    return count - 1


def _kept(database: Database, run_id: str, together: bool) -> Iterator[Kept]:
    key: list[Any] = [col(Assessment.miss_distance_m), col(Assessment.conjunction_id)]
    more: list[Any] = [Assessment.tca, Assessment.relative_speed_m_s, Assessment.set_a_id, Assessment.set_b_id]
    wanted = (
        select(*key, *more)
        .where(col(Assessment.run_id) == run_id, col(Assessment.co_located) == together)
        .order_by(*key)
        .limit(_BATCH)
    )
    after: tuple[float, str] | None = None
    while True:
        with database.read() as session:
            found = session.execute(wanted if after is None else wanted.where(tuple_(*key) > after)).all()
        for miss, id, *rest in found:
            yield (miss, id, *rest)
        if len(found) < _BATCH:
            return
        after = found[-1][0], found[-1][1]


def _rows(database: Database, some: list[Kept]) -> Iterator[tuple[object, ...]]:
    with database.read() as session:
        sets = catalogue.sets_by_id(session, (id for each in some for id in each[4:]))
    places = {id: place for place, id in enumerate(sets)}
    elements = list(sets.values())
    table = Table(
        np.array([places[each[4]] for each in some]),
        np.array([places[each[5]] for each in some]),
        np.array([ticks(each[2]) for each in some], dtype=np.int64),
        np.array([each[0] for each in some]) / 1000.0,
        np.array([each[3] for each in some]) / 1000.0,
    )
    return rows(elements, Fleet(elements), table)


def _text(some: Any) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(some)
    return out.getvalue()
