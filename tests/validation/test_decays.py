"""Who falls, told from one snapshot, against who is left in another four months later."""

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path

from space_hub.orbit.decay import fall
from space_hub.orbit.gp import read_text

READ_AT = datetime(2024, 7, 6, tzinfo=UTC)
FRESH = datetime(2024, 7, 2, tzinfo=UTC)
FASTEST = 14.8
"""Revolutions a day: below about 640 km."""


def test_objects_said_to_fall_are_gone_and_others_are_still_there(shared: Path) -> None:
    """2024-07-05 to 2024-11-01 are 119 days: of those with under 60 days left nine in ten are gone, of those with more
    than a year 98 of 100 are there (an operator may bring down what is well). Sabotage seen: the rate taken four times.
    """
    lines = gzip.decompress((shared / "data/gp/spacetrack_20240705.tle.gz").read_bytes()).decode().splitlines()
    pairs = zip(lines[::2], lines[1::2], strict=True)
    low = [line for pair in pairs if float(pair[1][52:63]) > FASTEST for line in pair]
    sets = [each.elements for each in read_text("\n".join(low), now=READ_AT).accepted]
    with gzip.open(shared / "data/gp/celestrak_on_orbit_20241101.csv.gz", "rt", encoding="utf-8") as file:
        later = {int(row["NORAD_CAT_ID"]) for row in csv.DictReader(file)}
    falling, staying = [], []
    for one in sets:
        seen = fall([one])
        if one.epoch < FRESH or one.catalog_number >= 90_000 or seen is None:
            continue  # Old sets say nothing of July; analyst objects are not in the other catalogue at all.
        if seen.days_left < 60.0:
            falling.append(one.catalog_number in later)
        elif seen.days_left > 365.0:
            staying.append(one.catalog_number in later)
    assert len(falling) > 150
    assert len(staying) > 150
    assert sum(falling) < 0.10 * len(falling)
    assert sum(staying) > 0.98 * len(staying)
