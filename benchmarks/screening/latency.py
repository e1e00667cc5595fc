"""`python -m benchmarks.screening.latency FOLDER`: one object against all others for seven days, warm, as JSON.

Seven targets, the median of five calls each; a call begins with the element sets and ends with the encounters.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.screening.catalogue import read
from benchmarks.screening.own import search
from benchmarks.screening.window import WEEK_H
from space_hub.orbit.elements import ElementSet

CALLS = 5

HEIGHTS_KM = {"LEO 420 km": 420.0, "LEO 550 km": 550.0, "LEO 780 km": 780.0, "LEO 1200 km": 1200.0, "GEO": 35_786.0}


def targets(elements: Sequence[ElementSet]) -> dict[str, int]:
    """One object of each sort: the most circular near each height, a transfer orbit and a Molniya orbit."""
    circular = [n for n, one in enumerate(elements) if one.eccentricity < 0.01]

    def nearest(among: Sequence[int], perigee_km: float, apogee_km: float) -> int:
        def off(n: int) -> float:
            return abs(elements[n].perigee_km - perigee_km) + abs(elements[n].apogee_km - apogee_km)

        return min(among, key=off)

    chosen = {name: nearest(circular, height, height) for name, height in HEIGHTS_KM.items()}
    every = range(len(elements))
    return chosen | {"transfer": nearest(every, 300.0, 35_786.0), "Molniya": nearest(every, 600.0, 39_700.0)}


def main(words: list[str]) -> None:
    elements = read(Path(words[0]))
    hours = float(words[1]) if len(words) > 1 else WEEK_H
    chosen = targets(elements)
    search(elements, hours, targets=[next(iter(chosen.values()))])
    seconds = {}
    for name, place in chosen.items():
        times = []
        for _ in range(CALLS):
            began = perf_counter()
            search(elements, hours, targets=[place])
            times.append(perf_counter() - began)
        seconds[name] = round(median(times), 4)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1:])
