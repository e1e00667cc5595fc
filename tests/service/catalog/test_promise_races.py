"""What two cannot do at the same moment, and what a refusal may not say of others."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from catalog.capacity import ledger
from catalog.capacity.rules import PARTS, day_slot
from catalog.promise import agreements, pools
from catalog.promise.access import Exclusivity, PhaseTerms
from catalog.promise.lifecycle import AgreementEvent
from jobs.proofs import supply
from jobs.proofs.supply import AUTHORITY, Supplier
from providers import onboarding
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Conflict, HubError
from space_hub.rng import SeededRng
from space_hub.trust import keys, organisations
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase
from tests.support.hub import Caller, Standing, stood
from tests.support.supply import profile


def offered(
    session: Session,
    clock: ManualClock,
    rng: SeededRng,
    supplier: Supplier,
    capacity: int,
    floor: str,
    exclusivity: Exclusivity = Exclusivity.NONE,
) -> tuple[Principal, str]:
    """A nation, and an agreement that waits for its signature."""
    lead = supply.principal(session, clock, rng, OrganisationKind.NATION, "FR", f"Lead {capacity}")
    pool = pools.create(
        session,
        clock,
        rng,
        lead,
        name="Pool",
        authority=AUTHORITY,
        mission_area=MissionArea.IMAGERY,
        opened=pools.Openness(suppliers=False),
    )
    drafted = agreements.draft(
        session,
        clock,
        rng,
        lead,
        pool_id=pool.id,
        offering_id=supplier.offering_id,
        period=Interval(clock.now(), clock.now() + timedelta(days=3)),
        terms={
            Phase.PEACE: PhaseTerms(
                *(capacity * PARTS, timedelta(), money("1", "EUR")),
                exclusivity=exclusivity,
                civil_floor=Decimal(floor),
            )
        },
    )
    agreements.step(session, clock, rng, supplier.principal, drafted.id, AgreementEvent.OFFER)
    return lead, drafted.id


def beside(held: Callable[[Session], object], database: Database, other: Callable[[], object]) -> None:
    """Run `other` while what `held` did is not committed yet; it commits once the other waits."""
    with database.write() as session:
        held(session)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.5)
    thread.join(20)
    assert not thread.is_alive()


def test_two_signatures_at_once_do_not_slip_past_the_civil_floor(
    postgres_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: without the lock on the offering the second signature does not see the floor of the first."""
    database = postgres_database
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        supplier = supply.supplier(session, clock, rng, offered=1000.0)
        first_lead, first = offered(session, clock, rng, supplier, 1, "0.1")
        floor_lead, floored = offered(session, clock, rng, supplier, 50, "0.2")
        greedy_lead, greedy = offered(session, clock, rng, supplier, 900, "0")
        agreements.step(session, clock, rng, first_lead, first, AgreementEvent.SIGN, AUTHORITY)
        agreements.step(session, clock, rng, first_lead, first, AgreementEvent.END, AUTHORITY)
    said: list[str] = []

    def greedily() -> None:
        try:
            with database.write() as session:
                agreements.step(session, clock, rng, greedy_lead, greedy, AgreementEvent.SIGN, AUTHORITY)
        except HubError as error:
            said.append(error.code)

    beside(
        lambda session: agreements.step(session, clock, rng, floor_lead, floored, AgreementEvent.SIGN, AUTHORITY),
        database,
        greedily,
    )
    assert said == ["agreement.capacity_promised"]
    with database.read() as session:
        today = day_slot(clock.now().date())
        held = ledger.buckets(session, agreements.offering_resource(supplier.offering_id, Phase.PEACE), today, today)
        assert held[today].committed == 50 * PARTS


def test_nobody_is_asked_into_a_pool_that_closes_at_that_moment(
    postgres_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: the pool that was read before its lock was waited for counted, which was open still."""
    database = postgres_database
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        lead, asked = (supply.principal(session, clock, rng, OrganisationKind.NATION, of, of) for of in ("FR", "DE"))
        pool_id = pools.create(
            *(session, clock, rng, lead),
            name="Pool",
            authority=AUTHORITY,
            mission_area=MissionArea.IMAGERY,
            opened=pools.Openness(suppliers=False),
        ).id
    said: list[str] = []

    def invite() -> None:
        try:
            with database.write() as session:
                pools.invite(session, clock, lead, pool_id, asked.organisation_id)
        except HubError as error:
            said.append(error.code)

    beside(lambda session: pools.close(session, clock, lead, pool_id, "done", AUTHORITY), database, invite)
    assert said == ["pool.closed"]


def test_a_refused_signature_does_not_count_what_others_were_promised(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: the ledger's own refusal tells what is left, and so what the other pools hold."""
    with any_database.write() as session:
        organisations.ensure_hub(session, clock)
        supplier = supply.supplier(session, clock, rng, offered=1000.0)
        other, theirs = offered(session, clock, rng, supplier, 777, "0")
        lead, mine = offered(session, clock, rng, supplier, 300, "0")
        agreements.step(session, clock, rng, other, theirs, AgreementEvent.SIGN, AUTHORITY)
    with pytest.raises(Conflict) as refusal, any_database.write() as session:
        agreements.step(session, clock, rng, lead, mine, AgreementEvent.SIGN, AUTHORITY)
    assert refusal.value.code == "agreement.capacity_promised"
    assert refusal.value.params == {"phase": "peace", "day": "2024-11-02"}


def test_full_exclusivity_takes_all_above_the_civil_share_and_does_not_say_for_whom(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: with the promised parts taken in place of the whole, the other agreement was signed."""
    with any_database.write() as session:
        organisations.ensure_hub(session, clock)
        supplier = supply.supplier(session, clock, rng, offered=1000.0)
        other, theirs = offered(session, clock, rng, supplier, 100, "0.2", Exclusivity.FULL)
        lead, mine = offered(session, clock, rng, supplier, 1, "0")
        agreements.step(session, clock, rng, other, theirs, AgreementEvent.SIGN, AUTHORITY)
        today = day_slot(clock.now().date())
        held = ledger.buckets(session, agreements.offering_resource(supplier.offering_id, Phase.PEACE), today, today)
        assert held[today].committed == held[today].capacity == 800 * PARTS
    with pytest.raises(Conflict) as refusal, any_database.write() as session:
        agreements.step(session, clock, rng, lead, mine, AgreementEvent.SIGN, AUTHORITY)
    assert refusal.value.code == "agreement.exclusive_elsewhere"
    assert refusal.value.params == {"phase": "peace", "day": "2024-11-02"}


def test_who_loses_a_race_for_one_name_is_told_so(
    postgres_database: Database, clock: ManualClock, rng: SeededRng, _standing: Standing
) -> None:
    """Sabotage seen: only races for the idempotency key were tried again, all others were faults (500)."""
    hub = stood(postgres_database, clock, rng, _standing)
    caller: Caller = hub.key("provider")
    answers: list[tuple[int, str]] = []

    def again() -> None:
        answer = caller.post("/v1/providers", profile("Second"))
        answers.append((answer.status_code, answer.json().get("code", "")))

    def first(session: Session) -> None:
        me = keys.authenticate(session, clock, caller.secret)
        made = onboarding.Profile(
            "First", "1", "FR", onboarding.SizeClass.SMALL, (onboarding.Contact("A", "a@example.org"),)
        )
        onboarding.register(session, clock, rng, me, made)

    beside(first, postgres_database, again)
    assert answers == [(409, "providers.profile_exists")]
