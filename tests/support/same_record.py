"""A market with its matches, made anew in an empty database: the hashes of their records, by the needs' titles.

Run by a test as a process of its own: `python -m tests.support.same_record URL`.
"""

import json
import sys
from datetime import UTC, datetime

from sqlmodel import Session, select

from catalog import matches
from catalog.tables import MatchRecord, Requirement
from jobs.demo import companies, demand, seed
from space_hub import db
from space_hub.clock import Clock, ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.trust import keys, organisations
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind
from tests.support.hub import build
from tests.support.supply import good, requirement

NOW = datetime(2024, 11, 2, tzinfo=UTC)
HARD = {
    "title": "Much, and safe",
    "phases": [{"phase": "peace", "quantity": 60_000, "unit": "km2/d"}],
    "clauses": [{"attribute": "gsd", "operator": "<=", "threshold": 5, "unit": "m", "objective": 0.3}],
    "largest_share": 0.6,
    "least_suppliers": 2,
    "survive": ["supplier", "common_mode"],
    "service_kept": 0.8,
}
"""What the demonstration does not ask: a plan under wishes, that survives."""


def make(url: str) -> None:
    """A third of the demonstration's companies, all of its demand, one need more."""
    third = companies.load()[::3]
    companies.load = lambda: third
    clock, rng, database = ManualClock(NOW), SeededRng(1), db.connect(url)
    hub = build(database, clock, rng)
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        broker = keys.authenticate(session, clock, seed.seed(session, clock, rng)["broker"])
        suppliers = companies.seed(session, clock, rng, broker)
        demand.seed(session, clock, rng, keys.authenticate(session, clock, next(iter(suppliers.values()))))
    planner = hub.key("nation", "NO")
    stated = good(planner.post("/v1/requirements", requirement(**HARD)))["id"]
    good(planner.post("/v1/matches", {"requirement_id": stated}))
    database.engine.dispose()


def kept(database: Database) -> dict[str, MatchRecord]:
    with database.read() as session:
        rows = select(MatchRecord, Requirement).where(Requirement.id == MatchRecord.requirement_id)
        return {need.title: row for row, need in session.exec(rows).all()}


def again(database: Database, clock: Clock, row: MatchRecord) -> str:
    """The hash of the same match, asked for anew; the demonstration's are made without a look at orbits."""
    with database.read() as session:
        asker = _principal(session, row.organisation_id)
        if row.inputs["physics"] is None:
            return matches.compute(*matches.gather(session, clock, asker, row.requirement_id)).record_sha256
    return matches.think(database, clock, asker, row.requirement_id).record_sha256


def _principal(session: Session, organisation_id: str) -> Principal:
    found = session.get_one(Organisation, organisation_id)
    kind = OrganisationKind(found.kind)
    return Principal(found.id, kind, found.nation, "", SCOPES_OF[kind])


if __name__ == "__main__":
    make(sys.argv[1])
    print(json.dumps({title: row.record_sha256 for title, row in kept(db.connect(sys.argv[1])).items()}))
