"""Does the hub see satellites over places when Skyfield does? Windows, revisit and elevations of real fleets.

Fleets are chosen by name from the shared catalogue: imaging, radar and RF satellites with a
sensor that is typical of them, GEO and LEO communication satellites for elevations. Windows are
compared one by one, over places from the equator to the Arctic; where one side has a window
that the other has not, it must be shorter than the limit. The meaning of each sensor is shared,
the way to it is not (`skyfield_access`).
"""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path

import numpy as np

from space_hub.orbit.coverage.access import Accesses, accesses
from space_hub.orbit.coverage.area import places
from space_hub.orbit.coverage.earth import earth_fixed
from space_hub.orbit.coverage.sensor import LookSide, Sensor
from space_hub.orbit.coverage.service import elevations
from space_hub.orbit.coverage.visits import revisit
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp import read_text
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.times import DAY, SECOND, Floats, ticks
from space_hub.validation.skyfield_access import SCAN_S, sky_elevation, track, windows

REAL = Path("gp") / "celestrak_on_orbit_20241101.csv.gz"
START = datetime(2024, 11, 2, tzinfo=UTC)
DAYS = 7
MAX_AGE = timedelta(days=5)
LIMIT_S = 1.0
LIMIT_REVISIT = 0.01
LIMIT_DEG = 0.01

PLACES: Floats = np.array([[30.52, 50.45], [15.65, 78.23], [-78.5, -0.2], [147.3, -42.9]])
"""Longitude and latitude: Kyiv, Longyearbyen, Quito, Hobart."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FleetCase:
    """A fleet by the beginnings of its satellites' names, and what its sensor asks."""

    fleet: str
    names: tuple[str, ...]
    sensor: Sensor


CASES = (
    FleetCase(
        "imaging, agile",
        ("PLEIADES", "WORLDVIEW", "GEOEYE", "SKYSAT"),
        Sensor(off_nadir=(0.0, 30.0), sun_elevation=(10.0, 90.0)),
    ),
    FleetCase("imaging, wide", ("SENTINEL-2", "LANDSAT 8", "LANDSAT 9"), Sensor(swath_km=290.0)),
    FleetCase("radar", ("CAPELLA", "UMBRA", "COSMO-SKYMED"), Sensor(incidence=(20.0, 45.0), squint=30.0)),
    FleetCase("radar, right", ("ICEYE",), Sensor(incidence=(15.0, 35.0), look_side=LookSide.RIGHT)),
    FleetCase("rf", ("HAWK", "BRO-"), Sensor(elevation=10.0)),
)
COMMUNICATION = (("geo", ("INTELSAT", "SES-", "SKYNET")), ("leo", ("ONEWEB",)))


@dataclass(slots=True)
class FleetAgreement:
    """One fleet: windows of both, how far their ends lie apart, and how far revisit differs (as a share)."""

    fleet: str
    satellites: int = 0
    windows: int = 0
    ours: int = 0
    worst_end_s: float = 0.0
    alone_s: float = 0.0
    """The longest window that only one of the two has."""
    revisit_share: float = 0.0


@dataclass(slots=True)
class ElevationAgreement:
    fleet: str
    satellites: int = 0
    looks: int = 0
    worst_deg: float = 0.0


@dataclass(slots=True)
class AccessReport:
    """It holds when every end is within a second, every revisit within 1 %, every elevation within 0.01 deg."""

    catalogue: str
    start: str
    days: float
    fleets: list[FleetAgreement] = field(default_factory=list)
    elevations: list[ElevationAgreement] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        seen = self.fleets and self.elevations and all(one.windows for one in self.fleets)
        ends = all(max(one.worst_end_s, one.alone_s) <= LIMIT_S for one in self.fleets)
        revisits = all(one.revisit_share <= LIMIT_REVISIT for one in self.fleets)
        return bool(seen and ends and revisits and all(one.worst_deg <= LIMIT_DEG for one in self.elevations))

    def as_dict(self) -> dict[str, object]:
        """Everything, for a program."""
        return {**asdict(self), "holds": self.holds}

    def rows(self) -> list[dict[str, object]]:
        """One row a fleet, for a table."""
        rows: list[dict[str, object]] = []
        for one in self.fleets:
            rows.append(
                {
                    "fleet": one.fleet,
                    "satellites": one.satellites,
                    "compared": one.windows,
                    "worst": f"{max(one.worst_end_s, one.alone_s):.3f} s",
                    "revisit": f"{100.0 * one.revisit_share:.3f} %",
                }
            )
        for each in self.elevations:
            rows.append(
                {
                    "fleet": each.fleet,
                    "satellites": each.satellites,
                    "compared": each.looks,
                    "worst": f"{each.worst_deg:.5f} deg",
                    "revisit": "",
                }
            )
        return rows


def compare(
    report: AccessReport,
    case: FleetCase,
    elements: Sequence[ElementSet],
    sites: Floats = PLACES,
    progress: Progress | None = None,
) -> None:
    """Windows of some satellites over some places, by both, into the report."""
    start = ticks(datetime.fromisoformat(report.start))
    stop = start + round(report.days * DAY)
    ours = accesses(elements, places(sites), case.sensor, start, stop)
    into = FleetAgreement(case.fleet, len(elements), ours=len(ours))
    report.fleets.append(into)
    grid = np.arange(start, stop + 1, SCAN_S * SECOND, dtype=np.int64)
    theirs: list[tuple[int, int, int, int]] = []
    for satellite, one in enumerate(elements):
        scanned = track(one, grid)
        for place, (longitude, latitude) in enumerate(sites.tolist()):
            found = windows(one, case.sensor, scanned, longitude, latitude)
            theirs += [(satellite, place, begin, end) for begin, end in found]
            mine = ours.of_satellite(satellite).of_place(place)
            _match(into, found, list(zip(mine.begin.tolist(), mine.end.tolist(), strict=True)))
        if progress:
            progress(satellite + 1, len(elements))
    into.windows = len(theirs)
    columns = np.array(theirs, dtype=np.int64).reshape(-1, 4).T
    others = Accesses(columns[0], columns[1], columns[2], columns[3], start, stop)
    for place in range(len(sites)):
        own, other = revisit(ours, place), revisit(others, place)
        for mine_s, their_s in ((own.mean_s, other.mean_s), (own.p95_s, other.p95_s), (own.worst_s, other.worst_s)):
            into.revisit_share = max(into.revisit_share, _share(mine_s, their_s))


def _match(into: FleetAgreement, theirs: list[tuple[int, int]], ours: list[tuple[int, int]]) -> None:
    """Windows that overlap belong together; one without a partner counts with its length."""
    left = list(ours)
    for begin, end in theirs:
        partner = next((one for one in left if one[0] < end and begin < one[1]), None)
        if partner is None:
            into.alone_s = max(into.alone_s, (end - begin) / SECOND)
            continue
        left.remove(partner)
        apart = max(abs(partner[0] - begin), abs(partner[1] - end))
        into.worst_end_s = max(into.worst_end_s, apart / SECOND)
    into.alone_s = max([into.alone_s, *((end - begin) / SECOND for begin, end in left)])


def _share(mine: float | None, theirs: float | None) -> float:
    if mine is None or theirs is None:
        return 0.0 if mine == theirs else inf
    return abs(mine - theirs) / theirs if theirs else (0.0 if mine == 0.0 else inf)


def compare_elevations(report: AccessReport, fleet: str, elements: Sequence[ElementSet], looks: int = 200) -> None:
    """Elevations above the horizon at instants spread over the window, over all places."""
    start = ticks(datetime.fromisoformat(report.start))
    at = start + np.arange(looks, dtype=np.int64) * round(report.days * DAY / looks)
    into = ElevationAgreement(fleet, len(elements))
    report.elevations.append(into)
    own, _range_km = elevations(earth_fixed(Fleet(elements).states(at)[0], at), places(PLACES))
    for satellite, one in enumerate(elements):
        for place, (longitude, latitude) in enumerate(PLACES.tolist()):
            theirs = sky_elevation(one, at, longitude, latitude)
            above = theirs > 0.0
            into.looks += int(above.sum())
            apart = np.abs(own[place, satellite] - theirs)[above]
            into.worst_deg = max(into.worst_deg, float(apart.max(initial=0.0)))


def campaign(
    elements: Sequence[ElementSet],
    start: datetime,
    *,
    catalogue: str,
    days: float = DAYS,
    most: int | None = None,
    cases: Sequence[FleetCase] = CASES,
    communication: Sequence[tuple[str, tuple[str, ...]]] = COMMUNICATION,
    progress: Progress | None = None,
) -> AccessReport:
    """All fleets; `most` satellites of each when it is given, spread over the fleet."""
    report = AccessReport(catalogue, start.isoformat(), days)
    fresh = [one for one in elements if start - one.epoch <= MAX_AGE]
    for case in cases:
        compare(report, case, _some(fresh, case.names, most), progress=progress)
    for fleet, names in communication:
        compare_elevations(report, fleet, _some(fresh, names, most or 40))
    return report


def _some(elements: Sequence[ElementSet], names: tuple[str, ...], most: int | None) -> list[ElementSet]:
    """Satellites whose names begin so, without rocket bodies and debris."""
    fleet = [one for one in elements if one.name.startswith(names) and not one.name.endswith((" DEB", " R/B"))]
    return fleet[:: max(1, -(-len(fleet) // most))] if most else fleet


def run(data: Path | None, *, progress: Progress | None = None) -> AccessReport:
    """The whole validation: real fleets of `data`, else invented ones."""
    if data is None or not (data / REAL).exists():
        return synthetic(progress=progress)
    with gzip.open(data / REAL, "rt", encoding="utf-8") as file:
        elements = [line.elements for line in read_text(file.read(), now=START).accepted]
    return campaign(elements, START, catalogue=REAL.name, progress=progress)


def synthetic(days: float = 1.0, most: int = 4, progress: Progress | None = None) -> AccessReport:
    """Every sensor on invented satellites, in minutes."""
    cases = [FleetCase(one.fleet, ("SYNTHETIC SHELL-B",), one.sensor) for one in CASES]
    communication = (("geo", ("SYNTHETIC GEO",)), ("leo", ("SYNTHETIC SHELL-C",)))
    return campaign(
        sample_catalogue(START, 1),
        START,
        catalogue="synthetic",
        days=days,
        most=most,
        cases=cases,
        communication=communication,
        progress=progress,
    )
