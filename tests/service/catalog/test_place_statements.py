"""How many statements a placing costs: what is asked of the database for every call-off is counted here."""

from datetime import timedelta

from sqlalchemy import event

from jobs.proofs import supply
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery.log import rfc3339
from space_hub.rng import SeededRng
from space_hub.trust import keys, organisations
from space_hub.trust.scopes import OrganisationKind
from tests.support.hub import Caller, Standing, stood

ONE_STATEMENT_FOR_ALL_ROWS = {"postgresql": 1, "sqlite": 9}
"""Tables that a placing writes to: SQLite takes them one by one, without a round trip."""

BESIDE = 4
"""The idempotency key, the agreement as it stands now, the sale, the answer that is kept."""

LOT = 1
"""What the lot adds where it grants no quotas; three more where it does."""


def test_a_placing_takes_so_many_statements_and_no_more(
    database: Database, clock: ManualClock, rng: SeededRng, _standing: Standing
) -> None:
    """Sabotage seen: the option read back for the answer, and a SAVEPOINT around the sale."""
    hub = stood(database, clock, rng, _standing)
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        lead = supply.principal(session, clock, rng, OrganisationKind.NATION, "FR", "Lead")
        promise = supply.promise(session, clock, rng, supply.supplier(session, clock, rng), lead)
        _, secret = keys.issue(session, clock, rng, organisation_id=lead.organisation_id, name="caller")
    caller = Caller(hub, lead.organisation_id, secret)
    start = clock.now() + timedelta(days=2)
    body = {
        "options": [{"agreement_id": promise.agreement_id, "quantity": 1}],
        "window_from": rfc3339(start),
        "window_to": rfc3339(start + timedelta(days=3)),
        "decided_by": {"name": supply.AUTHORITY.name, "office": supply.AUTHORITY.office},
    }
    assert caller.post("/v1/call-offs", body).status_code == 201, "what is read once by process is read by the first"
    said: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    assert caller.post("/v1/call-offs", body).status_code == 201
    said = [each for each in said if not each.startswith("BEGIN")]
    assert len(said) <= ONE_STATEMENT_FOR_ALL_ROWS[database.engine.dialect.name] + BESIDE + LOT, "\n".join(said)
    assert said[-2].startswith("UPDATE capacity_bucket"), "the sale comes last but for the answer that is kept"
    assert not [each for each in said if "SAVEPOINT" in each]
