"""Offerings on satellites of the sample sky, needs that look at them, and what a match says of their claims."""

from datetime import UTC, datetime
from typing import Any

from catalog import matches
from catalog.demand import requirements
from catalog.demand.needs import PhaseGiven, read_need
from catalog.matching.record import Record
from catalog.matching.values import Need
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.orbit.sample import sample_catalogue
from space_hub.rng import SeededRng
from space_hub.trust.principal import Principal
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase
from tests.support.sky import Sky

SQUARE = {"type": "Polygon", "coordinates": [[[20.0, 45.0], [26.0, 45.0], [26.0, 50.0], [20.0, 50.0], [20.0, 45.0]]]}
POLAR = tuple(one for one in sample_catalogue(datetime(2024, 11, 2, tzinfo=UTC), 1) if "SHELL-B" in one.name)[::10]


def claims(revisit_h: float, **more: Any) -> dict[str, Any]:
    """An offering on the twelve polar satellites, which look 45 deg aside and come by every two or three hours."""
    assets = [{"kind": "satellite", "name": one.name, "catalog_number": one.catalog_number} for one in POLAR]
    attributes = {
        "gsd": {"value": 50, "unit": "cm"},
        "revisit": {"value": revisit_h, "unit": "h"},
        "view:off_nadir": {"value": [0, 45], "unit": "deg"},
    }
    return {"attributes": attributes, "assets": assets, **more}


def wanted(clock: ManualClock, **more: Any) -> Need:
    given: dict[str, Any] = {
        "capability_code": "imagery.optical",
        "currency": "EUR",
        "window": Interval(datetime(2024, 12, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)),
        "phases": [PhaseGiven(Phase.PEACE, 500, "km2/d")],
        "clauses": [
            {"attribute": "gsd", "operator": "<=", "threshold": 60, "unit": "cm"},
            {"attribute": "revisit", "operator": "<=", "threshold": 12, "unit": "h", "objective": 0.1, "hard": False},
        ],
        "area": SQUARE,
        "now": clock.now(),
    }
    return read_need(**{**given, **more})


def stated(database: Database, clock: ManualClock, rng: SeededRng, reader: Principal, need: Need) -> str:
    with database.write() as session:
        return requirements.state(session, clock, rng, reader, title="T", description="", need=need).id


def matched(database: Database, clock: ManualClock, reader: Principal, requirement_id: str) -> Record:
    return matches.think(database, clock, reader, requirement_id)


def polar(database: Database, clock: ManualClock, rng: SeededRng) -> Sky:
    """A hub that follows the satellites of `claims`."""
    made = Sky(database, clock, rng)
    made.take(*POLAR, synthetic=True)
    return made
