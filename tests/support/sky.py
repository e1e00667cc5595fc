"""Element sets and runs for tests: small skies made by hand, and the steps from a file to an alert."""

import gzip
from dataclasses import replace
from datetime import datetime, timedelta
from math import degrees
from pathlib import Path

from space_hub.awareness import ingest
from space_hub.awareness.screen import run_screening
from space_hub.awareness.tables import Run, SourceFile
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp import to_omm_csv
from space_hub.orbit.propagation import satrec
from space_hub.rng import SeededRng
from space_hub.trust import organisations
from space_hub.trust.principal import HUB, Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind


def element_set(number: int, epoch: datetime, **changes: object) -> ElementSet:
    """A satellite at about 700 km, different for each number."""
    made = ElementSet(
        catalog_number=number,
        epoch=epoch,
        mean_motion_rev_day=14.5 + (number % 97) * 1e-4,
        eccentricity=0.0011,
        inclination_deg=98.2,
        raan_deg=float(number * 37 % 360),
        arg_perigee_deg=12.5,
        mean_anomaly_deg=float(number * 53 % 360),
        bstar=1.2e-4,
        name=f"SAT {number}",
        international_designator=f"2020-{number % 999 + 1:03d}A",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def later(elements: ElementSet, hours: float, **changes: object) -> ElementSet:
    """The same orbit `hours` on, as a new set would give it: SGP4's own secular rates, good to about a kilometre."""
    satellite, minutes = satrec(elements), 60.0 * hours
    moved = {
        "epoch": elements.epoch + timedelta(hours=hours),
        "raan_deg": (elements.raan_deg + degrees(satellite.nodedot * minutes)) % 360.0,
        "arg_perigee_deg": (elements.arg_perigee_deg + degrees(satellite.argpdot * minutes)) % 360.0,
        "mean_anomaly_deg": (elements.mean_anomaly_deg + degrees(satellite.mdot * minutes)) % 360.0,
    }
    return replace(elements, **(moved | changes))  # type: ignore[arg-type]


def csv_of(*sets: ElementSet) -> str:
    return to_omm_csv(list(sets))


def shell(shared: Path, low_km: float, high_km: float, most: int) -> str:
    """The first `most` rows of the real catalogue whose perigee and apogee lie in this shell, as CSV text."""
    from space_hub.orbit.gp import read_text

    path = shared / "data" / "gp" / "celestrak_on_orbit_20241101.csv.gz"
    read = read_text(gzip.decompress(path.read_bytes()).decode(), now=datetime.fromisoformat("2024-11-02T00:00:00Z"))
    inside = [
        line.elements
        for line in read.accepted
        if line.elements.perigee_km > low_km and line.elements.apogee_km < high_km
    ]
    return to_omm_csv(inside[:most])


class Sky:
    """A database with an observer, and one step a method."""

    def __init__(self, database: Database, clock: ManualClock, rng: SeededRng) -> None:
        self.database, self.clock, self.rng = database, clock, rng
        with database.write() as session:
            organisations.ensure_hub(session, clock)
            self.observer = self.organisation("observer", OrganisationKind.OPERATIONS_CENTRE, session)
            self.rival = self.organisation("rival", OrganisationKind.OPERATIONS_CENTRE, session)

    def organisation(self, name: str, kind: OrganisationKind, session: object) -> Principal:
        made = organisations.register(session, self.clock, self.rng, name=name, kind=kind, nation="FR")  # type: ignore[arg-type]
        return Principal(made.id, kind, "FR", "key_test", SCOPES_OF[kind])

    def take(self, *sets: ElementSet, name: str = "test.csv", synthetic: bool = False) -> SourceFile:
        return self.take_text(csv_of(*sets), name=name, synthetic=synthetic)

    def take_text(self, text: str, *, name: str = "test.csv", synthetic: bool = False) -> SourceFile:
        with self.database.write() as session:
            return ingest.ingest_text(
                session, self.clock, self.rng, HUB, text=text, name=name, source="upload", synthetic=synthetic
            )

    def screen(self, *, hours: float = 2.0, threshold_m: float = 5000.0, start: datetime | None = None) -> Run:
        """Screen in this process alone, and give the log its order."""
        run = run_screening(
            self.database,
            self.clock,
            self.rng,
            HUB,
            start=start or self.clock.now(),
            hours=hours,
            threshold_m=threshold_m,
            threads=1,
        )
        with self.database.write() as session:
            log.sequence(session)
        return run

    def entries(self, *topics: str) -> list[LogEntry]:
        with self.database.write() as session:
            log.sequence(session, limit=10_000)
        with self.database.read() as session:
            return log.read_after(session, 0, 10_000, topics=list(topics))

    def wait(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))
