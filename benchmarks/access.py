"""When 100 satellites can see a country in 7 days: windows over 64 places, with revisit; seconds of wall and processor.

Real imaging satellites of the shared catalogue over Ukraine (an outline of 16 corners): agile
cameras in daylight; without the sun; and everything above 5 deg, as a receiver of radio signals
sees it. `holds` asks for each in under 2 s. Medians of rounds, after one that loads and compiles.
Positions are those that `./hub validate access` holds against Skyfield; here it is counted that
each round gives the same windows.
"""

from statistics import median
from time import perf_counter, process_time

import numpy as np

from benchmarks.screening.catalogue import real
from space_hub.orbit.coverage.access import accesses
from space_hub.orbit.coverage.area import places, sampled
from space_hub.orbit.coverage.sensor import Sensor
from space_hub.orbit.coverage.visits import over_area, revisit
from space_hub.orbit.times import DAY, ticks
from space_hub.validation.access import START

OPTIONS = {
    "--satellites=N": "how many fly over the country; 100 unless told",
    "--days=N": "how many days are searched; 7 unless told",
    "--rounds=N": "how often it is timed; 5 unless told",
}

TARGET_S = 2.0
OUTLINE = (
    *((22.1, 48.4), (24.0, 50.6), (23.6, 51.6), (27.2, 51.6), (30.6, 51.3), (31.8, 52.1), (34.2, 52.3), (35.4, 50.6)),
    *((40.1, 49.6), (38.2, 47.1), (35.0, 46.2), (36.5, 45.3), (33.8, 44.4), (31.0, 46.6), (28.2, 45.4), (26.6, 48.3)),
)
NAMES = ("FLOCK", "SKYSAT", "PLEIADES", "WORLDVIEW")
SENSORS = {
    "agile_daylight": Sensor(off_nadir=(0.0, 45.0), sun_elevation=(10.0, 90.0)),
    "agile": Sensor(off_nadir=(0.0, 45.0)),
    "above_5_deg": Sensor(elevation=5.0),
}


def run(*given: str) -> dict[str, object]:
    """Half a minute on a quiet machine."""
    asked = {name.removeprefix("--"): int(value) for name, value in (one.split("=") for one in given)}
    days, rounds = asked.get("days", 7), asked.get("rounds", 5)
    fleet = [one for one in real().elements if one.name.startswith(NAMES)][: asked.get("satellites", 100)]
    area = {"type": "Polygon", "coordinates": [[*OUTLINE, OUTLINE[0]]]}
    where = places(sampled(area))
    start = ticks(START)
    figures: dict[str, object] = {"satellites": len(fleet), "places": len(where.up), "days": days, "rounds": rounds}
    steady, fast = True, True
    for name, sensor in SENSORS.items():
        wall, spent, seen = [], [], []
        for _round in range(rounds + 1):
            began, busy = perf_counter(), process_time()
            found = accesses(fleet, where, sensor, start, start + days * DAY)
            whole = over_area([revisit(found, place, 600.0) for place in range(len(where.up))])
            wall.append(perf_counter() - began)
            spent.append(process_time() - busy)
            seen.append(found)
        steady &= all(np.array_equal(one.begin, seen[0].begin) and np.array_equal(one.end, seen[0].end) for one in seen)
        figures |= {
            f"{name}_windows": len(seen[0]),
            f"{name}_mean_revisit_h": None if whole.mean_s is None else round(whole.mean_s / 3600.0, 2),
            f"{name}_s": round(median(wall[1:]), 3),
            f"{name}_s_most": round(max(wall[1:]), 3),
            f"{name}_processor_s": round(median(spent[1:]), 3),
        }
        fast &= median(wall[1:]) < TARGET_S
    return figures | {"steady": steady, "holds": steady and fast}
