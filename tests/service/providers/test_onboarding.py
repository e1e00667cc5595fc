"""The front door against both databases: history, audit, log, and who is told."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from providers import onboarding
from providers.front_door import arrive
from providers.lifecycle import Event
from providers.onboarding import Contact, EvidenceKind, Profile, SizeClass
from providers.tables import ProviderStatusEntry
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, NotFound
from space_hub.rng import SeededRng
from space_hub.trust import markings, organisations
from space_hub.trust.audit import AuditEntry
from space_hub.trust.principal import HUB, Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind

PROFILE = Profile("Clear Sky", "RCS 1", "FR", SizeClass.MICRO, (Contact("A", "a@example.org"),), "FR")


def principal(id: str, kind: OrganisationKind = OrganisationKind.PROVIDER) -> Principal:
    return Principal(id, kind, "FR", "key_x", SCOPES_OF[kind])


def enter(database: Database, clock: ManualClock, rng: SeededRng) -> tuple[Principal, str]:
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        organisation, provider, _, _ = arrive(session, clock, rng, PROFILE)
        return principal(organisation.id), provider.id


def show(database: Database, clock: ManualClock, rng: SeededRng, who: Principal, provider_id: str, days: int) -> None:
    with database.write() as session:
        onboarding.add_evidence(
            session,
            clock,
            rng,
            who,
            provider_id,
            kind=EvidenceKind.INSURANCE,
            issuer="Insurer",
            scope="third parties",
            valid_from=clock.now() - timedelta(days=30),
            valid_to=clock.now() + timedelta(days=days),
            document_sha256="a" * 64,
        )


def test_every_change_of_status_is_a_row_that_stays(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    who, provider_id = enter(database, clock, rng)
    show(database, clock, rng, who, provider_id, days=10)
    with database.write() as session:
        onboarding.submit(session, clock, rng, who, provider_id)
    for event in (Event.VERIFY, Event.SUSPEND, Event.REINSTATE):
        clock.advance(timedelta(hours=1))
        with database.write() as session:
            onboarding.decide(session, clock, rng, HUB, provider_id, event, [f"because of {event}"])
    with database.read() as session:
        rows = session.exec(select(ProviderStatusEntry).order_by(col(ProviderStatusEntry.number))).all()
        assert [(row.number, row.event) for row in rows] == [
            (1, "register"),
            (2, "submit"),
            (3, "verify"),
            (4, "suspend"),
            (5, "reinstate"),
        ]
        assert rows[3].reasons == ["because of suspend"]
        assert len({row.at for row in rows}) == 4
        said = session.exec(select(AuditEntry.action).where(AuditEntry.subject == provider_id)).all()
        assert said.count("provider.suspend") == 1
        topics = session.exec(select(LogEntry).where(LogEntry.topic == "provider.status_changed")).all()
        assert [entry.payload["status"] for entry in topics] == [
            "draft",
            "submitted",
            "verified",
            "suspended",
            "verified",
        ]
        assert all("reasons" not in entry.payload for entry in topics)


def test_a_document_that_is_no_longer_in_force_does_not_count(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: asking only whether there is a document let an expired one through."""
    who, provider_id = enter(database, clock, rng)
    show(database, clock, rng, who, provider_id, days=10)
    clock.advance(timedelta(days=10))
    with database.write() as session, pytest.raises(Conflict, match="evidence_missing"):
        onboarding.submit(session, clock, rng, who, provider_id)


def test_rivals_are_not_told_and_planners_are(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Sabotage seen: a public marking told the rival that a competitor was verified."""
    with database.write() as session:
        rival = organisations.register(
            session, clock, rng, name="Rival", kind=OrganisationKind.PROVIDER, nation="FR"
        ).id
        planner = organisations.register(
            session, clock, rng, name="Ministry", kind=OrganisationKind.NATION, nation="DE"
        ).id
    who, provider_id = enter(database, clock, rng)
    show(database, clock, rng, who, provider_id, days=10)
    with database.write() as session:
        onboarding.submit(session, clock, rng, who, provider_id)
        onboarding.decide(session, clock, rng, HUB, provider_id, Event.VERIFY, ["fine"])

    def statuses(reader: Principal) -> list[str]:
        with database.read() as session:
            seen = session.exec(
                select(LogEntry).where(markings.visible(LogEntry.marking_id, reader)).order_by(col(LogEntry.id))
            ).all()
            return [entry.payload["status"] for entry in seen]

    assert statuses(who) == ["draft", "submitted", "verified"]
    assert statuses(principal(planner, OrganisationKind.NATION)) == ["verified"]
    assert statuses(principal(rival)) == []


def test_one_organisation_has_one_profile_and_touches_no_other(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    first, first_id = enter(database, clock, rng)
    second, _ = enter(database, clock, rng)
    with database.write() as session, pytest.raises(Conflict, match="profile_exists"):
        onboarding.register(session, clock, rng, first, PROFILE)
    with database.write() as session, pytest.raises(NotFound):
        onboarding.change(session, clock, second, first_id, PROFILE)


def test_a_nation_has_no_profile(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    with database.write() as session:
        made = organisations.register(session, clock, rng, name="M", kind=OrganisationKind.NATION, nation="DE")
        with pytest.raises(Conflict, match="not_a_provider"):
            onboarding.register(session, clock, rng, principal(made.id, OrganisationKind.NATION), PROFILE)
