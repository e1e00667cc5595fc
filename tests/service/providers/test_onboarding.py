"""The front door against both databases: history, audit, log, codes, and who is told."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from providers import applications, cases, national, onboarding, submissions
from providers.front_door import arrive
from providers.lifecycle import Event, Step
from providers.offices import Matter
from providers.onboarding import Contact, Dependency, DependencyKind, Profile, SizeClass
from providers.tables import Application, Clearance, EmailCheck, Evidence, Provider, ProviderStatusEntry
from providers.vetting import EvidenceKind, Tier
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery import mail
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, Forbidden, HubError, Invalid, NotFound
from space_hub.rng import SeededRng
from space_hub.trust import markings, organisations
from space_hub.trust.audit import AuditEntry
from space_hub.trust.principal import HUB, Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind
from space_hub.vocabulary.codes import MissionArea

PROFILE = Profile("Clear Sky", "RCS 1", "FR", SizeClass.MICRO, (Contact("A", "a@example.org"),), "FR")
FULL = Profile(
    "Clear Sky",
    "RCS 1",
    "FR",
    SizeClass.MICRO,
    (Contact("A", "a@example.org"),),
    "FR",
    "A. Owner",
    (Dependency(DependencyKind.LAUNCH, "Launcher", "US", 80.0),),
)
BROKER = Principal("org_hub", OrganisationKind.BROKER, "", "key_1", SCOPES_OF[OrganisationKind.BROKER])
COLLEAGUE = Principal("org_hub", OrganisationKind.BROKER, "", "key_2", SCOPES_OF[OrganisationKind.BROKER])


def principal(id: str, kind: OrganisationKind = OrganisationKind.PROVIDER, nation: str = "FR") -> Principal:
    return Principal(id, kind, nation, "key_x", SCOPES_OF[kind])


class Door:
    """One database with the front door's functions, each in a transaction of its own."""

    def __init__(self, database: Database, clock: ManualClock, rng: SeededRng) -> None:
        self.database, self.clock, self.rng = database, clock, rng
        with database.write() as session:
            organisations.ensure_hub(session, clock)

    def enter(self, profile: Profile = PROFILE) -> tuple[Principal, str]:
        with self.database.write() as session:
            organisation, provider, _, _ = arrive(session, self.clock, self.rng, profile)
            return principal(organisation.id), provider.id

    def code(self, provider_id: str) -> str:
        with self.database.read() as session:
            return str((mail.waiting(session, provider_id)[-1].params or {})["code"])

    def confirm(self, provider_id: str) -> None:
        with self.database.write() as session:
            onboarding.verify_email(session, self.clock, self.rng, self.code(provider_id))

    def show(
        self,
        who: Principal,
        provider_id: str,
        kind: EvidenceKind = EvidenceKind.COMPANY_REGISTER,
        days: int | None = None,
        **more: Any,
    ) -> str:
        with self.database.write() as session:
            return onboarding.add_evidence(
                session,
                self.clock,
                self.rng,
                who,
                provider_id,
                kind=kind,
                issuer="Issuer",
                scope="existence",
                valid_from=self.clock.now() - timedelta(days=30),
                valid_to=None if days is None else self.clock.now() + timedelta(days=days),
                document_sha256="a" * 64,
                **more,
            ).id

    def apply(
        self, who: Principal, provider_id: str, tier: Tier = Tier.LISTED, areas: tuple[MissionArea, ...] = ()
    ) -> Application:
        with self.database.write() as session:
            return applications.apply(
                session,
                self.clock,
                self.rng,
                who,
                provider_id,
                tier=tier,
                mission_areas=areas or (MissionArea.IMAGERY, MissionArea.SDA),
            )

    def decide(self, application: Application, step: Step, by: Principal = BROKER, **more: Any) -> Application:
        with self.database.write() as session:
            return applications.decide(
                session, self.clock, self.rng, by, application.id, step, [f"because of {step}"], **more
            )

    def provider(self, provider_id: str) -> Provider:
        with self.database.read() as session:
            return session.get_one(Provider, provider_id)

    def application(self, application_id: str) -> Application:
        with self.database.read() as session:
            return session.get_one(Application, application_id)

    def cleared(self, provider_id: str) -> dict[str, tuple[str, str]]:
        with self.database.read() as session:
            rows = session.exec(select(Clearance).where(Clearance.provider_id == provider_id)).all()
            return {row.mission_area: (row.tier, row.state) for row in rows}

    def listed(self, profile: Profile = PROFILE) -> tuple[Principal, str]:
        """A provider that the rule has listed for imagery and space-domain awareness."""
        who, provider_id = self.enter(profile)
        self.confirm(provider_id)
        self.show(who, provider_id)
        assert self.apply(who, provider_id).state == "approved"
        return who, provider_id

    def complete(self, who: Principal, provider_id: str) -> None:
        """Everything that the shipped rules may ask of anyone."""
        for kind in EvidenceKind:
            self.show(who, provider_id, kind, recognised_by=["DE"])


@pytest.fixture
def door(database: Database, clock: ManualClock, rng: SeededRng) -> Door:
    return Door(database, clock, rng)


def test_a_complete_file_is_approved_by_rule_and_no_person_is_asked(door: Door) -> None:
    """Sabotage seen: `by_rule=False` for the submission wrote a letter to the office."""
    _, provider_id = door.listed()
    assert (door.provider(provider_id).status, door.provider(provider_id).tier) == ("verified", "listed")
    assert door.cleared(provider_id) == {"imagery": ("listed", "active"), "sda": ("listed", "active")}
    with door.database.read() as session:
        rows = session.exec(select(ProviderStatusEntry).order_by(col(ProviderStatusEntry.number))).all()
        assert [(row.event, row.status, row.due_to) for row in rows] == [
            ("register", "draft", "person"),
            ("apply", "submitted", "person"),
            ("auto", "verified", "rule"),
        ]
        templates = session.exec(select(mail.Mail.template).order_by(col(mail.Mail.id))).all()
        assert sorted(templates) == ["submission_answered", "verify_email"]


def test_the_same_file_without_its_extract_waits_names_what_is_missing_and_is_approved_when_it_comes(
    door: Door,
) -> None:
    who, provider_id = door.enter()
    made = door.apply(who, provider_id)
    assert (made.state, made.missing) == ("submitted", ["email_verified", "company_register"])
    with pytest.raises(Conflict, match="incomplete"):
        door.decide(made, Step.APPROVE)
    door.confirm(provider_id)
    assert door.application(made.id).missing == ["company_register"]
    door.show(who, provider_id)
    assert door.application(made.id).state == "approved"
    assert door.provider(provider_id).status == "verified"


def test_a_code_works_once_for_two_days_and_every_wrong_one_reads_the_same(door: Door) -> None:
    """Sabotage seen: without the check of `expires_at` a code of last week verified the address."""

    def refusal(code: str) -> tuple[str, dict[str, object]]:
        with pytest.raises(HubError) as caught, door.database.write() as session:
            onboarding.verify_email(session, door.clock, door.rng, code)
        return caught.value.code, caught.value.params

    _, first = door.enter()
    code = door.code(first)
    door.confirm(first)
    _, second = door.enter()
    late = door.code(second)
    door.clock.advance(timedelta(hours=48))
    assert refusal(code) == refusal(late) == refusal("a" * 26) == ("onboarding.code_refused", {})
    with door.database.read() as session:
        hashes = session.exec(select(EmailCheck.code_sha256)).all()
        assert code not in hashes and late not in hashes


def test_another_code_is_sent_five_times_a_day_and_only_to_who_waits_for_one(door: Door) -> None:
    _, provider_id = door.enter()

    def again(address: str) -> int:
        with door.database.write() as session:
            onboarding.send_code_again(session, door.clock, door.rng, address)
        with door.database.read() as session:
            return len(session.exec(select(EmailCheck)).all())

    assert again("nobody@example.org") == 1
    assert [again("A@Example.org") for _ in range(6)] == [2, 3, 4, 5, 5, 5]
    door.confirm(provider_id)
    door.clock.advance(timedelta(days=2))
    assert again("a@example.org") == 5


def test_a_person_decides_where_the_rule_may_not_and_two_where_it_matters_most(door: Door) -> None:
    """Sabotage seen: comparing organisations only let nobody complete it; comparing nothing let one person do both."""
    who, provider_id = door.enter(FULL)
    door.confirm(provider_id)
    door.complete(who, provider_id)
    made = door.apply(who, provider_id, Tier.ASSURED)
    assert (made.state, made.missing) == ("submitted", [])
    assert door.decide(made, Step.LOOK).state == "in_review"
    assert door.decide(made, Step.APPROVE).state == "half_approved"
    assert door.provider(provider_id).status == "submitted"
    with pytest.raises(Forbidden, match="another_person"):
        door.decide(made, Step.APPROVE)
    assert door.decide(made, Step.APPROVE, COLLEAGUE).state == "approved"
    assert door.cleared(provider_id) == {"imagery": ("assured", "active"), "sda": ("assured", "active")}
    with door.database.read() as session:
        assert "accepted" in session.exec(select(Evidence.state)).all()


def test_a_returned_application_keeps_its_clock_and_is_the_same_one_when_it_comes_back(door: Door) -> None:
    who, provider_id = door.enter(FULL)
    made = door.apply(who, provider_id, Tier.VERIFIED)
    door.decide(made, Step.RETURN)
    assert door.provider(provider_id).status == "returned"
    door.confirm(provider_id)
    door.complete(who, provider_id)
    again = door.apply(who, provider_id, Tier.VERIFIED)
    assert (again.id, again.state, again.missing) == (made.id, "submitted", [])
    assert door.decide(again, Step.APPROVE).state == "approved"


def test_one_application_is_open_at_a_time_and_a_rejected_one_may_be_followed_by_another(door: Door) -> None:
    who, provider_id = door.enter()
    made = door.apply(who, provider_id)
    with pytest.raises(Conflict, match="application_open"):
        door.apply(who, provider_id)
    door.decide(made, Step.REJECT)
    assert door.provider(provider_id).status == "refused"
    assert door.apply(who, provider_id).id != made.id


def test_an_appeal_is_judged_by_another_person_once_and_in_time(door: Door) -> None:
    """Sabotage seen: leaving out `_need_another` let the first judge uphold its own rejection."""
    who, provider_id = door.enter()
    door.confirm(provider_id)
    made = door.apply(who, provider_id)
    door.decide(made, Step.REJECT)
    with door.database.write() as session:
        applications.appeal(session, door.clock, door.rng, who, made.id, "The extract was there.")
    assert door.provider(provider_id).status == "appealed"
    with pytest.raises(Forbidden, match="another_person"):
        door.decide(made, Step.UPHOLD)
    with pytest.raises(Conflict, match="incomplete"):
        door.decide(made, Step.OVERTURN, COLLEAGUE)
    door.show(who, provider_id)
    assert door.decide(made, Step.OVERTURN, COLLEAGUE).state == "approved"
    assert door.provider(provider_id).status == "verified"


def test_an_appeal_that_comes_late_or_twice_is_refused(door: Door) -> None:
    who, provider_id = door.enter()
    made = door.apply(who, provider_id)
    door.decide(made, Step.REJECT)

    def appeal() -> None:
        with door.database.write() as session:
            applications.appeal(session, door.clock, door.rng, who, made.id, "Look again.")

    appeal()
    door.decide(made, Step.UPHOLD, COLLEAGUE)
    with pytest.raises(Conflict, match="appealed_already"):
        appeal()
    other, other_id = door.enter()
    made, who = door.apply(other, other_id), other
    door.decide(made, Step.REJECT)
    door.clock.advance(timedelta(days=15))
    with pytest.raises(Conflict, match="appeal_late"):
        appeal()


@pytest.mark.parametrize("step", [None, Step.LOOK, Step.RETURN])
def test_who_asks_may_ask_no_longer_and_ask_again_later(door: Door, step: Step | None) -> None:
    """Sabotage seen: the submission left open kept a clock running that nobody could answer."""
    who, provider_id = door.enter()
    made = door.apply(who, provider_id)
    if step is not None:
        door.decide(made, step)
    with door.database.write() as session:
        applications.withdraw(session, door.clock, door.rng, who, made.id)
    assert (door.application(made.id).state, door.provider(provider_id).status) == ("withdrawn", "draft")
    with door.database.read() as session:
        assert cases.history(session, door.application(made.id))[-1].event == "withdraw"
        lay = submissions.of_subject(session, made.id, Matter.APPLICATION)
        assert lay is not None and (lay.state, lay.clock_left_s) == ("withdrawn", None)
        assert cases.waiting(session, door.application(made.id)) is None
    with door.database.write() as session, pytest.raises(Conflict, match="step_illegal"):
        applications.withdraw(session, door.clock, door.rng, who, made.id)
    assert door.apply(who, provider_id).id != made.id


def test_an_appeal_that_is_withdrawn_leaves_the_rejection(door: Door) -> None:
    who, provider_id = door.enter()
    made = door.apply(who, provider_id)
    door.decide(made, Step.REJECT)
    with door.database.write() as session:
        applications.appeal(session, door.clock, door.rng, who, made.id, "The extract was there.")
        assert session.get_one(Provider, provider_id).status == "appealed"
        applications.withdraw(session, door.clock, door.rng, who, made.id)
    assert (door.application(made.id).state, door.provider(provider_id).status) == ("rejected", "refused")


def test_a_stranger_withdraws_nothing_and_a_changed_identity_is_judged_in_any_case(door: Door) -> None:
    """Sabotage seen: withdrawn, the new owner stayed on the shelf and nobody had looked."""
    who, provider_id = door.listed()
    sold = Profile("Clear Sky", "RCS 1", "FR", SizeClass.MICRO, PROFILE.contacts, "DE")
    with door.database.write() as session:
        onboarding.change(session, door.clock, door.rng, who, provider_id, sold)
        waiting = cases.open_of(session, provider_id)
    assert waiting is not None
    stranger, _ = door.enter()
    for by, refused in ((who, "recheck_stays"), (stranger, "application.unknown")):
        with door.database.write() as session, pytest.raises((Conflict, NotFound), match=refused):
            applications.withdraw(session, door.clock, door.rng, by, waiting.id)
    assert door.application(waiting.id).state == "submitted"


def test_a_verified_provider_that_changes_its_owner_stays_on_the_shelf_and_is_looked_at_again(door: Door) -> None:
    """Sabotage seen: leaving the old extract in force approved the change by rule in the same moment."""
    who, provider_id = door.listed()
    sold = Profile("Clear Sky", "RCS 1", "FR", SizeClass.MICRO, PROFILE.contacts, "DE")
    with door.database.write() as session:
        onboarding.change(session, door.clock, door.rng, who, provider_id, sold)
        waiting = cases.open_of(session, provider_id)
        assert waiting is not None and waiting.missing == ["company_register"]
    assert door.provider(provider_id).status == "verified"
    assert set(door.cleared(provider_id).values()) == {("listed", "active")}
    door.decide(waiting, Step.REJECT)
    assert door.provider(provider_id).status == "suspended"
    assert set(door.cleared(provider_id).values()) == {("listed", "suspended")}


def test_a_new_name_needs_no_new_look_and_a_new_address_needs_a_new_code(door: Door) -> None:
    who, provider_id = door.listed()
    renamed = Profile("Clearer Sky", "RCS 1", "FR", SizeClass.MICRO, (Contact("B", "b@example.org"),), "FR")
    with door.database.write() as session:
        onboarding.change(session, door.clock, door.rng, who, provider_id, renamed)
        assert cases.open_of(session, provider_id) is None
    assert door.provider(provider_id).email_verified_at is None
    door.confirm(provider_id)
    assert door.provider(provider_id).email_verified_at is not None


def test_a_further_tier_that_is_rejected_leaves_what_was_granted(door: Door) -> None:
    who, provider_id = door.listed()
    made = door.apply(who, provider_id, Tier.VERIFIED, (MissionArea.SDA,))
    door.decide(made, Step.REJECT)
    assert door.provider(provider_id).status == "verified"
    assert set(door.cleared(provider_id).values()) == {("listed", "active")}


def test_a_suspension_takes_every_clearance_and_a_reinstatement_gives_them_back(door: Door) -> None:
    _, provider_id = door.listed()
    for event, state in ((Event.SUSPEND, "suspended"), (Event.REINSTATE, "active")):
        with door.database.write() as session:
            onboarding.decide(session, door.clock, door.rng, HUB, provider_id, event, ["because"])
        assert set(door.cleared(provider_id).values()) == {("listed", state)}
    with door.database.read() as session:
        said = session.exec(select(AuditEntry.action).where(AuditEntry.subject == provider_id)).all()
        assert said.count("provider.suspend") == 1
        numbers = session.exec(select(Clearance.shelf_generation)).all()
        assert min(numbers) > 0


def test_rivals_are_told_nothing_planners_what_is_on_the_shelf_and_brokers_all(door: Door) -> None:
    """Sabotage seen: a public marking told the rival that a competitor was verified."""
    with door.database.write() as session:
        made = [
            organisations.register(session, door.clock, door.rng, name=kind, kind=kind, nation="DE").id
            for kind in (OrganisationKind.PROVIDER, OrganisationKind.NATION, OrganisationKind.BROKER)
        ]
    rival, planner, broker = (
        principal(id, kind)
        for id, kind in zip(
            made, (OrganisationKind.PROVIDER, OrganisationKind.NATION, OrganisationKind.BROKER), strict=True
        )
    )
    who, provider_id = door.listed()

    def told(reader: Principal) -> list[str]:
        with door.database.read() as session:
            seen = select(LogEntry).where(markings.visible(LogEntry.marking_id, reader))
            return [
                f"{entry.topic}:{entry.payload.get('event', '')}"
                for entry in session.exec(seen.order_by(col(LogEntry.id))).all()
            ]

    assert told(rival) == []
    assert told(planner) == ["provider.status_changed:auto", "clearance.changed:"]
    for everything in (told(who), told(broker)):
        assert [each for each in everything if not each.startswith("submission")] == [
            "provider.status_changed:register",
            "application.status_changed:apply",
            "provider.status_changed:apply",
            "provider.status_changed:auto",
            "application.status_changed:auto_approve",
            "clearance.changed:",
        ]
    assert door.provider(provider_id).shelf_generation > 0


def test_an_application_is_read_by_its_owner_and_its_office_and_by_nobody_else(door: Door) -> None:
    """Sabotage seen: asking for the scope alone let every ministry read every file."""
    who, provider_id = door.enter()
    rival, _ = door.enter()
    made = door.apply(who, provider_id)
    ministry = principal(rival.organisation_id, OrganisationKind.NATION)
    with door.database.read() as session:
        assert cases.one(session, who, made.id).id == made.id
        assert cases.one(session, BROKER, made.id).id == made.id
        for stranger in (rival, ministry):
            with pytest.raises(NotFound):
                cases.one(session, stranger, made.id)
    with pytest.raises(NotFound):
        door.decide(made, Step.APPROVE, ministry)


def test_one_organisation_has_one_profile_and_touches_no_other(door: Door) -> None:
    first, first_id = door.enter()
    second, _ = door.enter()
    with door.database.write() as session, pytest.raises(Conflict, match="profile_exists"):
        onboarding.register(session, door.clock, door.rng, first, PROFILE)
    with door.database.write() as session, pytest.raises(NotFound):
        onboarding.change(session, door.clock, door.rng, second, first_id, PROFILE)


def test_a_nation_has_a_national_profile_that_no_broker_vets(door: Door) -> None:
    with door.database.write() as session:
        made = organisations.register(
            session, door.clock, door.rng, name="M", kind=OrganisationKind.NATION, nation="FR"
        )
        nation = principal(made.id, OrganisationKind.NATION)
        with pytest.raises(Conflict, match="not_a_provider"):
            onboarding.register(session, door.clock, door.rng, nation, PROFILE)
        with pytest.raises(Invalid, match="other_nation"):
            foreign = Profile("M", "1", "DE", SizeClass.LARGE, PROFILE.contacts)
            national.open_national(session, door.clock, door.rng, nation, foreign)
        provider = national.open_national(session, door.clock, door.rng, nation, PROFILE)
        assert (provider.kind, provider.status, provider.tier) == ("national", "verified", "listed")
    assert len(door.cleared(provider.id)) == len(MissionArea)
    with pytest.raises(Conflict, match="national_needs_none"):
        door.apply(nation, provider.id)
