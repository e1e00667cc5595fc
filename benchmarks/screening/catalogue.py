"""The element sets that all contestants get: the real catalogue, a draw of it, or one grown from it.

Read once and written to a folder in the form each contestant takes, so that reading text is in nobody's time.
"""

import gzip
import json
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks._shared import shared_folder
from benchmarks.screening.window import MAX_AGE_DAYS, START
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp import read_text

REAL = Path("gp") / "celestrak_on_orbit_20241101.csv.gz"
SEED = 20241102


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Element sets to screen, and how many of those offered were left out because they are too old."""

    elements: list[ElementSet]
    offered: int
    too_old: list[int]


def real(start: datetime = START, max_age_days: float = MAX_AGE_DAYS) -> Catalogue:
    """The public catalogue of 2024-11-01 without the sets older than `max_age_days` at `start`."""
    with gzip.open(shared_folder() / "data" / REAL, "rt", encoding="utf-8") as file:
        offered = [line.elements for line in read_text(file.read(), now=start).accepted]
    return fresh(offered, start, max_age_days)


def fresh(offered: Sequence[ElementSet], start: datetime, max_age_days: float) -> Catalogue:
    """Those not older than the limit; the numbers of the others."""
    limit = start - timedelta(days=max_age_days)
    kept = [one for one in offered if one.epoch >= limit]
    return Catalogue(kept, len(offered), [one.catalog_number for one in offered if one.epoch < limit])


def grown(elements: Sequence[ElementSet], count: int, seed: int = SEED) -> list[ElementSet]:
    """`count` sets: axis, eccentricity, inclination, drag and epoch drawn from real ones, the three angles at random.

    A smaller catalogue is the beginning of a larger one of the same seed.
    """
    draw = np.random.default_rng(seed)
    made = []
    for number in range(1, count + 1):
        parent, node, perigee, anomaly = draw.random(4).tolist()
        made.append(
            replace(
                elements[int(parent * len(elements))],
                catalog_number=number,
                name=f"GROWN {number}",
                international_designator="",
                raan_deg=360.0 * node,
                arg_perigee_deg=360.0 * perigee,
                mean_anomaly_deg=360.0 * anomaly,
            )
        )
    return made


def write(folder: Path, elements: Sequence[ElementSet]) -> None:
    """Files for the contestants: the element sets themselves, and as the JSON that astroz reads."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "elements.pickle").write_bytes(pickle.dumps(list(elements), protocol=pickle.HIGHEST_PROTOCOL))
    (folder / "elements.json").write_text(omm_json(elements), "utf-8")


def read(folder: Path) -> list[ElementSet]:
    """What `write` put there."""
    elements: list[ElementSet] = pickle.loads((folder / "elements.pickle").read_bytes())
    return elements


def omm_json(elements: Sequence[ElementSet]) -> str:
    """OMM in JSON; the number of each set is its place, counted from 1, so that what comes back can be told apart."""
    return json.dumps([_omm(place, one) for place, one in enumerate(elements, start=1)])


def _omm(number: int, one: ElementSet) -> dict[str, object]:
    return {
        "OBJECT_NAME": str(number),
        "OBJECT_ID": "2000-001A",
        "EPOCH": one.epoch.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "MEAN_MOTION": one.mean_motion_rev_day,
        "ECCENTRICITY": one.eccentricity,
        "INCLINATION": one.inclination_deg,
        "RA_OF_ASC_NODE": one.raan_deg,
        "ARG_OF_PERICENTER": one.arg_perigee_deg,
        "MEAN_ANOMALY": one.mean_anomaly_deg,
        "EPHEMERIS_TYPE": 0,
        "CLASSIFICATION_TYPE": "U",
        "NORAD_CAT_ID": number,
        "ELEMENT_SET_NO": 1,
        "REV_AT_EPOCH": 1,
        "BSTAR": one.bstar,
        "MEAN_MOTION_DOT": 0.0,
        "MEAN_MOTION_DDOT": 0.0,
    }
