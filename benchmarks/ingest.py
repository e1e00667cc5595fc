"""How fast a catalogue is taken in: 30,000 element sets read, judged and kept, from bytes to commit, on both databases.

The sets are the real catalogue of 2024-11-01, filled up with copies of it whose nodes
are turned, so that no copy is near its original. The first file meets an empty
catalogue; the second brings every object eight hours later, so that each set is judged
against its predecessor; in each some lines are damaged. The budget is 5 s of wall time for one file,
and every line must be accounted for.
"""

import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from time import perf_counter, process_time

from benchmarks._campaign import numbers, words
from benchmarks._databases import KINDS, fresh
from benchmarks._shared import shared_folder
from jobs.migrations import load_tables
from space_hub import db
from space_hub.awareness import catalogue
from space_hub.awareness.ingest import ingest_bytes
from space_hub.clock import ManualClock
from space_hub.orbit import gp
from space_hub.orbit.elements import ElementSet
from space_hub.rng import SystemRng
from space_hub.trust import organisations
from space_hub.trust.principal import HUB
from tests.support.sky import later

OPTIONS = {
    "--sets=N": "how many element sets are taken in; 30000 unless told",
    "--database=NAME": "sqlite, postgresql, or both as it is without this option",
}
BUDGET_S = 5.0
BAD_EVERY = 150
"""One line of so many is damaged: its inclination is no number."""

NOW = datetime(2024, 11, 2, tzinfo=UTC)
_UPDATE_H = 8.0


def run(*options: str) -> dict[str, object]:
    most = numbers(options, sets=30_000)["sets"]
    kind = words(options, database=("both", *KINDS))["database"]
    sets = list(islice(_catalogue(), most))
    figures: dict[str, object] = {"sets": len(sets), "budget_s": BUDGET_S}
    figures |= reading(sets)
    whole = True
    for each in KINDS if kind == "both" else (kind,):
        with tempfile.TemporaryDirectory() as folder, fresh(each, Path(folder)) as url:
            measured = taking(url, sets)
        whole = whole and bool(measured.pop("accounted"))
        figures |= {f"{each}_{name}": value for name, value in measured.items()}
    slowest = max(value for name, value in figures.items() if name.endswith("_seconds") and isinstance(value, float))
    return figures | {"slowest_seconds": slowest, "holds": whole and slowest < BUDGET_S}


def reading(sets: Sequence[ElementSet]) -> dict[str, object]:
    """CPU seconds to read these sets in each form; those above 339999 have no TLE and are left out of it."""
    omm = json.dumps([catalogue.omm(each) for each in sets])
    tle = "\n".join(line for each in sets if each.catalog_number < 340_000 for line in gp.to_tle(each))
    figures: dict[str, object] = {}
    for form, text in (("csv", gp.to_omm_csv(sets)), ("json", omm), ("tle", tle)):
        before = process_time()
        read = gp.read_text(text, now=NOW)
        figures[f"read_{form}_cpu_s"] = round(process_time() - before, 2)
        figures[f"read_{form}_sets"] = len(read.accepted)
    return figures


def taking(url: str, sets: Sequence[ElementSet]) -> dict[str, object]:
    """The two files taken into the empty database at `url`: counts, seconds and CPU seconds of this process."""
    database, clock, rng = db.connect(url), ManualClock(NOW), SystemRng()
    load_tables()
    db.metadata.create_all(database.engine)
    with database.write() as session:
        organisations.ensure_hub(session, clock)
    figures: dict[str, object] = {}
    accounted = True
    files = (("first", damaged(sets)), ("update", damaged([later(each, _UPDATE_H) for each in sets])))
    for name, data in files:
        clock.advance(timedelta(hours=_UPDATE_H))
        began, cpu = perf_counter(), process_time()
        with database.write() as session:
            file = ingest_bytes(session, clock, rng, HUB, data=data, name=f"{name}.csv", source="file")
        took, cpu = perf_counter() - began, process_time() - cpu
        with database.read() as session:
            current = len(catalogue.current_sets(session))
        good = len(sets) - len(sets) // BAD_EVERY
        accounted = accounted and (file.offered, file.accepted, file.quarantined, current) == (
            len(sets),
            good,
            len(sets) // BAD_EVERY,
            good,
        )
        figures |= {
            f"{name}_offered": file.offered,
            f"{name}_accepted": file.accepted,
            f"{name}_quarantined": file.quarantined,
            f"{name}_held_back": file.departing,
            f"{name}_seconds": round(took, 2),
            f"{name}_cpu_s": round(cpu, 2),
        }
    database.engine.dispose()
    return figures | {"accounted": accounted}


def damaged(sets: Sequence[ElementSet]) -> bytes:
    """These sets as CSV, every so manieth with an inclination that is no number."""
    header, *rows = gp.to_omm_csv(sets).splitlines()
    for at in range(BAD_EVERY - 1, len(rows), BAD_EVERY):
        cells = rows[at].split(",")
        cells[5] = "9O.0"
        rows[at] = ",".join(cells)
    return "\n".join([header, *rows, ""]).encode()


def _catalogue() -> Iterator[ElementSet]:
    """The real sets, then copies of them under numbers that are free, their nodes turned by 7 degrees a copy."""
    path = shared_folder() / "data" / "gp" / "celestrak_on_orbit_20241101.csv.gz"
    read = gp.read_text(gzip.decompress(path.read_bytes()).decode(), now=NOW)
    real = [line.elements for line in read.accepted]
    yield from real
    free = count(400_000_000)
    for copy in count(1):
        for each in real:
            turned = (each.raan_deg + 7.0 * copy) % 360.0
            yield replace(each, catalog_number=next(free), raan_deg=turned, name="", international_designator="")
