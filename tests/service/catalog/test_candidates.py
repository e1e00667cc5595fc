"""What matching may know of an offering: documents with their owner's consent, and nothing that is withheld."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event
from sqlmodel import Session, select

from catalog import matches
from catalog.demand import requirements
from catalog.demand.needs import PaperGiven, PhaseGiven, TermsGiven, read_need
from catalog.matching.values import Candidate, Need
from providers import consents
from providers.consents import Audience, Purpose
from providers.tables import Evidence, EvidenceState, Provider
from providers.vetting import EvidenceKind
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.trust.principal import Principal
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase
from tests.service.catalog.test_intake import planner, publish, supplier


def wanted(clock: ManualClock) -> Need:
    return read_need(
        capability_code="imagery.optical",
        currency="EUR",
        window=Interval(datetime(2024, 12, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)),
        phases=[PhaseGiven(Phase.PEACE, 500, "km2/d")],
        clauses=[{"attribute": "gsd", "operator": "<=", "threshold": 60, "unit": "cm"}],
        now=clock.now(),
        terms=TermsGiven(papers=[PaperGiven(EvidenceKind.CYBER_AUDIT, ("2",), ("DE",))]),
    )


def show(session: Session, clock: ManualClock, who: Principal, name: str, **more: object) -> str:
    provider = session.exec(select(Provider).where(Provider.organisation_id == who.organisation_id)).one()
    kept: dict[str, Any] = {
        "kind": "cyber_audit",
        "level": "2",
        "issuer": "Auditor",
        "scope": "all",
        "recognised_by": ["DE"],
        "valid_from": datetime(2024, 1, 1, tzinfo=UTC),
        "document_sha256": "0" * 64,
        "created_at": clock.now(),
        **more,
    }
    session.add(Evidence(id=name, provider_id=provider.id, **kept))
    return provider.id


def gathered(
    database: Database, clock: ManualClock, rng: SeededRng, reader: Principal, need: Need
) -> tuple[list[Candidate], int]:
    """The candidates of a need that is stated anew, and in how many statements they were read."""
    with database.write() as session:
        stated = requirements.state(session, clock, rng, reader, title="T", description="", need=need).id
    statements: list[str] = []
    with database.read() as session:

        def count(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            statements.append(statement)

        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", count)
        try:
            _, found = matches.gather(session, clock, reader, stated)
        finally:
            event.remove(engine, "before_cursor_execute", count)
    return found, len(statements)


def consent(database: Database, clock: ManualClock, who: Principal, provider_id: str, datum: str, **more: str) -> None:
    with database.write() as session:
        purposes = [Purpose.MATCH] if datum.startswith("evidence.") else []
        audience = Audience.PLANNERS if purposes else Audience.NOBODY
        consents.give(session, clock, who, provider_id, datum=datum, audience=audience, purposes=purposes, **more)


def test_a_document_counts_for_a_match_once_its_owner_lets_it(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: leaving out the consent gave every planner every document of every supplier."""
    reader, who = planner(database, clock, rng), supplier(database, clock, rng)
    publish(database, clock, rng, who)
    need = wanted(clock)
    with database.write() as session:
        provider_id = show(session, clock, who, "evd_a")
        show(session, clock, who, "evd_other_area", mission_areas=["satcom"])
        show(session, clock, who, "evd_doubted", state=EvidenceState.DOUBTED.value)
        show(session, clock, who, "evd_kept")
    (before,), _ = gathered(database, clock, rng, reader, need)
    assert before.papers == ()
    assert matches.compute(need, [before]).result["offerings"][0]["verdict"] == "question"
    for name in ("evd_a", "evd_other_area", "evd_doubted"):
        consent(database, clock, who, provider_id, "evidence.document", subject=name)
    (after,), _ = gathered(database, clock, rng, reader, need)
    assert [each.id for each in after.papers] == ["evd_a"]
    kept = matches.compute(need, [after]).result["offerings"][0]
    assert kept["verdict"] == "taken"
    assert next(gate for gate in kept["gates"] if gate["gate"] == "paper")["evidence"] == "evd_a"


def test_what_is_withheld_becomes_a_question_and_never_a_refusal(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: the attributes given whatever their owner says."""
    reader, who = planner(database, clock, rng), supplier(database, clock, rng)
    offering_id = publish(
        database, clock, rng, who, dependencies=[{"kind": "cloud", "name": "Polar Cloud SA", "nation": "NO"}]
    )
    (open_,), _ = gathered(database, clock, rng, reader, wanted(clock))
    assert [(each.group, each.nation) for each in open_.dependencies] == [("cloud:polar cloud", "NO")]
    assert (open_.owner_nation, open_.release_to, bool(open_.attributes)) == ("FR", None, True)
    with database.read() as session:
        provider_id = session.exec(select(Provider.id)).one()
    consent(database, clock, who, provider_id, "profile.owner")
    for datum in ("offering.attributes", "offering.prices", "offering.capacity", "offering.dependencies"):
        consent(database, clock, who, provider_id, datum, subject=offering_id)
    (closed,), _ = gathered(database, clock, rng, reader, wanted(clock))
    assert (closed.owner_nation, closed.attributes, closed.prices, closed.capacity) == (None, {}, {}, {})
    assert closed.dependencies == ()
    assert matches.compute(wanted(clock), [closed]).result["offerings"][0]["verdict"] == "question"


def test_the_number_of_queries_does_not_grow_with_the_offerings(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    reader = planner(database, clock, rng)
    need = wanted(clock)
    counts = []
    for number in range(2):
        for each in range(1 + 3 * number):
            publish(database, clock, rng, supplier(database, clock, rng, f"S{number}{each}"), reference=f"R{each}")
        found, count = gathered(database, clock, rng, reader, need)
        counts.append((len(found), count))
    assert [count for count, _ in counts] == [1, 5]
    assert counts[0][1] == counts[1][1]
