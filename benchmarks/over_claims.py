"""Over-claims found: of 200 invented offerings on real fleets 20 promise more than physics allows.

What is claimed comes from another road than what checks it: another week, every 20 s by the sgp4
package and plain counting. Honest suppliers say from 3 % better to 60 % worse than the truth of
that week; planted ones 2 to 3 times better, in
what a week can show: at least 40 looks at each corner, 60 waits. It holds when all that is planted is found and
nobody else is accused. Where physics cannot tell, that is counted.
"""

import json
import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.screening.catalogue import real
from catalog.feasibility.compute import SAME_VISIT_S, findings, widest
from catalog.feasibility.values import Asked, FeasibilityVerdict, Station, Subject
from space_hub.orbit.coverage.access import Flags
from space_hub.orbit.coverage.area import places
from space_hub.orbit.coverage.earth import earth_fixed
from space_hub.orbit.coverage.sensor import Places, Sensor, conditions
from space_hub.orbit.coverage.sun import sunward
from space_hub.orbit.coverage.visits import union
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import DAY, SECOND, Floats, Ticks, ticks
from space_hub.rng import Scope, SeededRng
from space_hub.validation.access import MAX_AGE, START
from space_hub.vocabulary.attributes import Measured

OPTIONS = {
    "--offerings=N": "how many are invented; 200 unless told",
    "--planted=N": "how many of them over-claim; 20 unless told",
    "--seed=N": "of the offerings; 20241102 unless told",
}

STEP = 20 * SECOND
DAYS = 7
FAMILIES: tuple[tuple[tuple[str, ...], Sensor], ...] = (
    (("SKYSAT", "PLEIADES", "WORLDVIEW"), Sensor(off_nadir=(0.0, 45.0), sun_elevation=(10.0, 90.0))),
    (("FLOCK",), Sensor(off_nadir=(0.0, 40.0))),
    (("ICEYE", "CAPELLA", "UMBRA"), Sensor(incidence=(15.0, 50.0), squint=40.0)),
    (("HAWK", "BRO-", "LEMUR"), Sensor(elevation=10.0)),
)
CENTRES = ((30.0, 49.0), (20.0, 64.0), (2.0, 47.0), (45.0, 15.0), (121.0, 15.0), (-60.0, -35.0), (25.0, 57.0))
ATTRIBUTES = ("revisit", "delivery_latency", "swath")


@dataclass(slots=True)
class Tally:
    planted: int = 0
    found: int = 0
    accused: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    judged: int = 0
    cannot_tell: int = 0


def run(*given: str) -> dict[str, object]:
    """Some minutes: the plain counting takes nearly all of it."""
    asked = {name.removeprefix("--"): int(value) for name, value in (one.split("=") for one in given)}
    count, planted = asked.get("offerings", 200), asked.get("planted", 20)
    stream = SeededRng(asked.get("seed", 20241102)).scope("bench", "over_claims")
    fresh = [one for one in real().elements if START - one.epoch <= MAX_AGE]
    sites = stations()
    tally, busy = Tally(), 0.0
    chosen = {round((place + 0.5) * count / planted) for place in range(planted)} if planted else set()
    for number in range(count):
        subject, where, beyond = offering(number, fresh, sites, stream, number in chosen)
        began = process_time()
        found = findings(subject, where)
        busy += process_time() - began
        count_in(tally, subject.offering_id, beyond, {each.attribute: each.of_claim.verdict for each in found})
    return {
        "offerings": count,
        "planted": tally.planted,
        "found": tally.found,
        "missed": ", ".join(tally.missed) or "none",
        "falsely_accused": len(tally.accused),
        "accused": ", ".join(tally.accused) or "none",
        "claims_judged": tally.judged,
        "cannot_tell": tally.cannot_tell,
        "check_processor_s_an_offering": round(busy / count, 3),
        "holds": tally.found == tally.planted == planted and not tally.accused,
    }


def count_in(tally: Tally, offering_id: str, beyond: str, verdicts: dict[str, FeasibilityVerdict]) -> None:
    """One offering, of which the claim `beyond` (or none) is more than physics allows."""
    tally.planted += bool(beyond)
    for attribute, verdict in verdicts.items():
        name = f"{offering_id} {attribute}"
        tally.judged += 1
        tally.cannot_tell += verdict is FeasibilityVerdict.CANNOT_TELL
        disagrees = verdict is FeasibilityVerdict.DISAGREE
        if attribute == beyond:
            tally.found += disagrees
            tally.missed += [] if disagrees else [name]
        elif disagrees:
            tally.accused.append(name)


def stations() -> list[Station]:
    """Real ground stations of the shared catalogue."""
    root = Path(__file__).resolve().parents[1]
    shared = Path(os.environ.get("SPACE_HUB_SHARED", root.parent / "shared"))
    features = json.loads((shared / "data/catalogue/groundstations/ksat.json").read_text("utf-8"))["features"]
    return [Station(*one["geometry"]["coordinates"][:2]) for one in features]


def offering(
    number: int, fresh: list[ElementSet], sites: list[Station], stream: Scope, over: bool
) -> tuple[Subject, Asked, str]:
    """An invented offering on part of a real fleet, where it is asked about, and the attribute that is over-claimed."""
    names, sensor = FAMILIES[number % len(FAMILIES)]
    family = [one for one in fresh if one.name.startswith(names)]
    size = min(len(family), 4 + int(stream.uniform() * 14))
    shift = int(stream.uniform() * len(family))
    fleet = tuple((family[shift:] + family[:shift])[:: max(1, len(family) // size)][:size])
    some = tuple(sites[int(stream.uniform() * len(sites))] for _ in range(3))
    west, south = CENTRES[int(stream.uniform() * len(CENTRES))]
    side = 1.0 + 3.0 * stream.uniform()
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
    asked = Asked({"type": "Polygon", "coordinates": [ring]}, START, START + timedelta(days=DAYS))
    truth, shown = _truth(fleet, sensor, some, places(np.array(ring[:4])), ticks(asked.stop))
    truth["swath"] = widest(sensor, fleet) / 1.05
    beyond = ATTRIBUTES[number // len(FAMILIES) % 3] if over else ""
    if beyond and beyond not in {*shown, "swath"}:
        beyond = "swath"
    claimed = {}
    for attribute, value in truth.items():
        better = 2.0 + stream.uniform() if attribute == beyond else 1.03 - 0.63 * stream.uniform()
        said = float(f"{value * better if attribute == 'swath' else value / better:.3g}")
        claimed[attribute] = Measured(attribute, said, said)
    return Subject(f"off_{number:03}", fleet, sensor, claimed, stations=some), asked, beyond


def _truth(
    fleet: tuple[ElementSet, ...], sensor: Sensor, sites: tuple[Station, ...], corners: Places, start: int
) -> tuple[dict[str, float], set[str]]:
    """Mean revisit (h) over the corners and mean wait for a station (min), counted in the week after the asked one.

    Beside them which of the two rest on so many looks that another week must show nearly the same.
    """
    at = np.arange(start, start + DAYS * DAY, STEP, dtype=np.int64)
    position = earth_fixed(Fleet(fleet).states(at)[0], at)
    velocity = np.gradient(position, axis=1) * (SECOND / STEP)
    sun = sunward(at)
    paths = list(zip(position, velocity, strict=True))
    held = np.array([[_holds(sensor, *each, sun, corners, k) for each in paths] for k in range(4)])
    gaps = [_gaps(at, one.any(axis=0)) for one in held]
    truth, shown = {}, set()
    if min(map(len, gaps)) >= 12:
        shown |= {"revisit"} if min(map(len, gaps)) >= 40 else set()
        truth["revisit"] = float(np.mean([each.mean() for each in gaps])) / 3_600.0
    ground = places(np.array([[one.longitude, one.latitude] for one in sites]))
    mask = Sensor(elevation=sites[0].mask_deg)
    waits = []
    for satellite in range(len(fleet)):
        contact = np.array([_holds(mask, *paths[satellite], sun, ground, k) for k in range(len(sites))]).any(axis=0)
        over = np.logical_or.reduce(held[:, satellite])
        ends = np.flatnonzero(over[:-1] & ~over[1:])
        heard = np.flatnonzero(contact)
        following = np.searchsorted(heard, ends)
        waits += ((heard[following[following < len(heard)]] - ends[following < len(heard)]) * 20.0 / 60.0).tolist()
    if len(waits) >= 20 and np.mean(waits) > 5.0:
        shown |= {"delivery_latency"} if len(waits) >= 60 else set()
        truth["delivery_latency"] = float(np.mean(waits))
    return truth, shown


def _holds(sensor: Sensor, position: Floats, velocity: Floats, sun: Floats, where: Places, k: int) -> Flags:
    values = conditions(sensor, position, velocity, sun, where.points[k], where.up[k])
    return np.asarray(np.all([each > 0.0 for each in values], axis=0))


def _gaps(at: Ticks, held: Flags) -> Floats:
    """Seconds without access between visits, those nearer than a pass taken as one."""
    seen = at[np.flatnonzero(held)]
    begin, end = union(seen, seen + STEP, round(SAME_VISIT_S * SECOND))
    return np.asarray((begin[1:] - end[:-1]) / SECOND)
