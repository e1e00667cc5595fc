"""The study behind `selection.STALE_AFTER`: how far real sets depart from predecessors that are days old."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp import read_text
from space_hub.orbit.plausibility import departure_km

LIMIT_KM = 25.0


def sets(shared: Path, day: str) -> dict[int, ElementSet]:
    with gzip.open(shared / "data" / "gp" / f"celestrak_starlink_{day}.3le.gz", "rt", encoding="utf-8") as file:
        read = read_text(file.read(), now=datetime(2026, 5, 31, tzinfo=UTC))
    return {line.elements.catalog_number: line.elements for line in read.accepted}


def test_after_six_days_most_of_a_low_constellation_departs_from_its_old_sets(shared: Path) -> None:
    before, after = sets(shared, "20260524"), sets(shared, "20260530")
    both = before.keys() & after.keys()
    far = sum((departure_km(after[number], before[number]) or 0.0) > LIMIT_KM for number in both)
    assert len(both) > 10_000
    assert far > len(both) / 2
