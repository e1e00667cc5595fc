"""Offices, clocks, escalation, papers that end, and letters: in virtual time, against both databases."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path

import pytest
from sqlmodel import col, select

from providers import applications, clearances, clocks, fairness, offices, onboarding, recheck, submissions
from providers.desk_tables import Office, Submission, SubmissionEntry
from providers.lifecycle import Step
from providers.offices import FRONT_DESK, Matter, OfficeKind, Remit
from providers.onboarding import Profile, SizeClass
from providers.submissions import Outcome
from providers.tables import EmailCheck, Evidence, Provider
from providers.vetting import EvidenceKind, Tier
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery import mail
from space_hub.delivery.log import LogEntry
from space_hub.delivery.mail import Mail
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import SeededRng
from space_hub.settings import Settings
from space_hub.trust import organisations
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from tests.service.providers.test_onboarding import BROKER, FULL, PROFILE, Door, principal
from tests.support.smtp_sink import listening


@pytest.fixture
def door(database: Database, clock: ManualClock, rng: SeededRng) -> Door:
    clock.current = datetime(2024, 11, 1, 10, tzinfo=UTC)  # A Friday.
    return Door(database, clock, rng)


def office(door: Door, nation: str = "DE", **more: object) -> Office:
    """An office of a ministry that takes everything, unless told otherwise."""
    given: dict[str, object] = {
        "matters": tuple(Matter),
        "officer_email": "officer@example.org",
        "deputy_email": "deputy@example.org",
        "head_email": "head@example.org",
    }
    with door.database.write() as session:
        holder = organisations.register(
            session, door.clock, door.rng, name=f"Ministry {nation}", kind=OrganisationKind.NATION, nation=nation
        )
        remit = Remit(OfficeKind.OFFICE, "Space office", "Bureau de l'espace", "", "", **(given | more))  # type: ignore[arg-type]
        return offices.save(session, door.clock, door.rng, BROKER, remit, organisation_id=holder.id)


def letters(door: Door, template: str) -> list[str]:
    with door.database.read() as session:
        rows = session.exec(select(Mail).where(Mail.template == template).order_by(col(Mail.created_at), col(Mail.id)))
        return [row.to_address for row in rows]


def turn(door: Door) -> int:
    with door.database.write() as session:
        return clocks.turn(session, door.clock, door.rng)


def test_the_lowest_rank_that_covers_matter_areas_and_nation_is_asked_else_the_front_desk(door: Door) -> None:
    """Sabotage seen: accepting one common mission area routed a radar matter to the imagery office."""
    wide = office(door, rank=50)
    narrow = office(door, rank=10, mission_areas=(MissionArea.IMAGERY,), matters=(Matter.APPLICATION,))
    french = office(door, rank=5, nations=("FR",), matters=(Matter.QUESTION,))

    def routed(matter: Matter, areas: list[str], nation: str) -> str:
        with door.database.write() as session:
            return offices.route(session, door.clock, matter, areas, nation).id

    assert routed(Matter.APPLICATION, ["imagery"], "FR") == narrow.id
    assert routed(Matter.APPLICATION, ["imagery", "radar"], "FR") == wide.id
    assert routed(Matter.QUESTION, [], "FR") == french.id
    assert routed(Matter.QUESTION, [], "NO") == wide.id
    with door.database.write() as session:
        closed = Remit(OfficeKind.OFFICE, "Space office", "Bureau", "", "", tuple(Matter), active=False)
        offices.save(session, door.clock, door.rng, BROKER, closed, office_id=wide.id)
    assert routed(Matter.QUESTION, [], "NO") == FRONT_DESK
    with door.database.write() as session, pytest.raises(Invalid, match="front_desk_takes_all"):
        offices.save(session, door.clock, door.rng, BROKER, closed, office_id=FRONT_DESK)


def test_a_late_answer_rises_to_deputy_head_and_broker_to_the_second(door: Door) -> None:
    """Friday at ten, two working days: due on Tuesday at ten. Sabotage seen: `due_at < now` missed the second."""
    desk = office(door)
    who, provider_id = door.enter()
    made = door.apply(who, provider_id)
    with door.database.read() as session:
        waited = submissions.of_subject(session, made.id, Matter.APPLICATION)
        assert waited is not None and waited.office_id == desk.id
        assert waited.due_at == datetime(2024, 11, 5, 10, tzinfo=UTC)
    reached = []
    for moment in ("2024-11-05T09:59:59", "2024-11-05T10:00:00", "2024-11-06T10:00:00", "2024-11-08T10:00:00"):
        door.clock.current = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        turn(door)
        turn(door)
        with door.database.read() as session:
            reached.append(session.get_one(Submission, waited.id).level)
    assert reached == [0, 1, 2, 3]
    assert letters(door, "submission_late") == ["deputy@example.org", "head@example.org"]
    assert letters(door, "submission_delayed") == ["a@example.org"]
    with door.database.read() as session:
        rows = select(SubmissionEntry).where(col(SubmissionEntry.event).startswith("late"))
        stamped = [(row.event, row.at.isoformat()) for row in session.exec(rows.order_by(col(SubmissionEntry.number)))]
    assert stamped == [
        ("late_1", "2024-11-05T10:00:00+00:00"),
        ("late_2", "2024-11-06T10:00:00+00:00"),
        ("late_3", "2024-11-08T10:00:00+00:00"),
    ]


def test_hub_time_that_jumped_stamps_every_level_and_never_moves_the_due_time(door: Door) -> None:
    who, provider_id = door.enter()
    door.apply(who, provider_id)
    door.clock.advance(timedelta(days=30))
    assert turn(door) == 3
    assert turn(door) == 0
    with door.database.read() as session:
        assert session.exec(select(Submission.due_at)).one() == datetime(2024, 11, 5, 10, tzinfo=UTC)


def test_a_clock_that_stands_still_raises_nothing_and_goes_on_with_what_was_left(door: Door) -> None:
    """Sabotage seen: starting anew at the reply gave the office two more days."""
    who, provider_id = door.enter()
    with door.database.write() as session:
        provider = session.get_one(Provider, provider_id)
        asked = submissions.open_one(
            session,
            door.clock,
            door.rng,
            kind="debrief",
            subject="opp_1",
            provider=provider,
            organisation=who.organisation_id,
            title="What is a revisit?",
        ).id
    door.clock.advance(timedelta(hours=4))
    with door.database.write() as session:
        submissions.ask_back(session, door.clock, door.rng, BROKER, asked, text="Of what?")
    door.clock.advance(timedelta(days=40))
    assert turn(door) == 0
    with door.database.write() as session:
        row = submissions.reply(session, door.clock, who, asked, text="Of radar.")
        assert row.due_at == datetime(2024, 12, 13, 10, tzinfo=UTC)  # Wednesday at 14:00 and 44 working hours.
        answered = submissions.answer(
            session, door.clock, door.rng, BROKER, asked, outcome=Outcome.ANSWERED, text="Hours."
        )
        assert (answered.state, answered.answer) == ("answered", "Hours.")
    with door.database.write() as session, pytest.raises(Conflict, match="not_open"):
        submissions.answer(session, door.clock, door.rng, BROKER, asked, outcome=Outcome.ANSWERED, text="Twice.")


def test_only_the_office_answers_and_a_decision_is_not_answered_beside_itself(door: Door) -> None:
    """Sabotage seen: without `stands_with` another ministry answered for the office."""
    mine, other = office(door, "DE", rank=1), office(door, "NO", rank=2)
    who, provider_id = door.enter()
    rival, _ = door.enter()
    made = door.apply(who, provider_id)
    with door.database.write() as session:
        waited = submissions.of_subject(session, made.id, Matter.APPLICATION)
        assert waited is not None
        clerk = principal(mine.organisation_id, OrganisationKind.NATION, "DE")
        stranger = principal(other.organisation_id, OrganisationKind.NATION, "NO")
        with pytest.raises(Conflict, match="decided_elsewhere"):
            submissions.answer(session, door.clock, door.rng, clerk, waited.id, outcome=Outcome.ANSWERED, text="yes")
        for nobody in (stranger, rival):
            with pytest.raises(NotFound):
                submissions.one(session, nobody, waited.id)
        with pytest.raises(NotFound):
            submissions.answer(session, door.clock, door.rng, stranger, waited.id, outcome=Outcome.ANSWERED, text="yes")
        referred = submissions.refer(session, door.clock, door.rng, clerk, waited.id, office_id=other.id, text="Yours.")
        assert referred.due_at == waited.due_at
        assert submissions.one(session, stranger, waited.id).office_id == other.id
        with pytest.raises(NotFound):
            submissions.one(session, clerk, waited.id)
    assert door.decide(made, Step.LOOK, stranger).state == "in_review"


def test_papers_that_end_take_the_shelf_with_them_and_new_ones_bring_it_back(door: Door) -> None:
    """Sabotage seen: without the comparison with `valid_to` in `in_force` it stayed until the daily turn."""
    who, provider_id = door.enter()
    door.confirm(provider_id)
    door.show(who, provider_id, days=40)
    door.apply(who, provider_id)

    def on_shelf() -> bool:
        with door.database.read() as session:
            condition = clearances.in_force(MissionArea.IMAGERY.value, door.clock.now())
            return session.exec(select(Provider.id).where(Provider.id == provider_id, condition)).first() is not None

    def day() -> None:
        with door.database.read() as session:
            ids = recheck.due(session, door.clock)
        for each in ids:
            with door.database.write() as session:
                recheck.turn(session, door.clock, door.rng, each)

    warned = []
    for _ in range(39):
        door.clock.advance(timedelta(days=1))
        day()
        warned.append(len(letters(door, "evidence_expiring")))
    assert [warned.index(number) + 1 for number in (1, 2, 3)] == [10, 26, 37]
    assert on_shelf()
    door.clock.advance(timedelta(days=1))
    assert not on_shelf(), "the moment it ends, before anybody has looked"
    assert door.provider(provider_id).status == "verified"
    day()
    assert door.provider(provider_id).status == "lapsed"
    assert set(door.cleared(provider_id).values()) == {("listed", "expired")}
    door.show(who, provider_id)
    assert on_shelf()
    assert door.provider(provider_id).status == "verified"
    with door.database.read() as session:
        said = session.exec(select(LogEntry).where(LogEntry.topic == "evidence.expiring")).all()
        assert [entry.payload["days"] for entry in said] == [30, 14, 3]


def test_new_papers_renew_by_rule_what_a_rule_gave_and_not_what_persons_gave(door: Door) -> None:
    """Sabotage seen: without asking for accepted documents an audit that nobody had read renewed `verified`."""
    who, provider_id = door.enter(FULL)
    door.confirm(provider_id)
    for kind in EvidenceKind:
        door.show(who, provider_id, kind, days=20, recognised_by=["DE"])
    door.decide(door.apply(who, provider_id, Tier.VERIFIED), Step.APPROVE)
    door.clock.advance(timedelta(days=21))
    for kind in EvidenceKind:
        door.show(who, provider_id, kind, recognised_by=["DE"])
    assert set(door.cleared(provider_id).values()) == {("verified", "expired")}
    assert door.provider(provider_id).status == "lapsed"
    door.decide(door.apply(who, provider_id, Tier.VERIFIED), Step.APPROVE)
    assert set(door.cleared(provider_id).values()) == {("verified", "active")}


def test_a_document_that_is_withdrawn_ends_at_once_what_rested_on_it(door: Door) -> None:
    who, provider_id = door.enter()
    door.confirm(provider_id)
    shown = door.show(who, provider_id)
    door.apply(who, provider_id)
    with door.database.write() as session:
        onboarding.withdraw_evidence(session, door.clock, door.rng, who, provider_id, shown)
    assert door.provider(provider_id).status == "lapsed"
    with door.database.read() as session:
        assert session.get_one(Evidence, shown).state == "withdrawn"


def test_an_application_that_nobody_hands_in_again_is_over_after_a_month(door: Door) -> None:
    who, provider_id = door.enter()
    made = door.apply(who, provider_id)
    door.decide(made, Step.RETURN)
    for days, found in ((29, 0), (1, 1)):
        door.clock.advance(timedelta(days=days))
        with door.database.write() as session:
            rows = recheck.forgotten(session, door.clock)
            assert len(rows) == found
            for row in rows:
                applications.expire_returned(session, door.clock, door.rng, row)
    assert door.application(made.id).state == "withdrawn"
    assert door.provider(provider_id).status == "draft"


def test_a_registration_that_nobody_verifies_loses_its_personal_data_after_a_week(door: Door) -> None:
    """Sabotage seen: leaving the letter kept the address of somebody who never asked for one."""
    who, provider_id = door.enter()
    _, known = door.enter()
    door.confirm(known)
    for days, lapsed in ((6, 0), (1, 1), (1, 0)):
        door.clock.advance(timedelta(days=days))
        with door.database.write() as session:
            assert recheck.lapse(session, door.clock, door.rng) == lapsed
    assert (door.provider(provider_id).status, door.provider(provider_id).contacts) == ("lapsed", [])
    assert door.provider(known).contacts
    with door.database.read() as session:
        assert session.exec(select(EmailCheck).where(EmailCheck.provider_id == provider_id)).all() == []
        assert mail.waiting(session, provider_id) == []
    with door.database.write() as session:
        onboarding.change(session, door.clock, door.rng, who, provider_id, PROFILE)
    door.confirm(provider_id)
    door.show(who, provider_id)
    assert door.apply(who, provider_id).state == "approved"


class Broken:
    """A mail server that refuses to answer."""

    def __init__(self, error: Exception) -> None:
        self.error, self.sent = error, 0

    def send(self, mail_id: str, message: EmailMessage) -> None:
        self.sent += 1
        raise self.error


def test_a_letter_becomes_a_file_once_and_its_code_is_forgotten(door: Door, tmp_path: Path) -> None:
    """Sabotage seen: keeping `params` after the letter was sent left the code in the database."""
    _, provider_id = door.enter()
    code = door.code(provider_id)
    settings = Settings(data=tmp_path)
    assert mail.send_due(door.database, door.clock, door.rng, settings) == 1
    assert mail.send_due(door.database, door.clock, door.rng, settings) == 0
    (file,) = (tmp_path / "mail").glob("*.eml")
    letter = message_from_bytes(file.read_bytes(), policy=modern)
    assert (letter["To"], letter["Content-Language"]) == ("a@example.org", "fr")
    assert code in letter.get_content()
    assert file.stat().st_mode & 0o077 == 0
    with door.database.read() as session:
        row = session.exec(select(Mail)).one()
        assert (row.state, row.params, row.attempts) == ("sent", None, 1)


def test_a_server_that_fails_is_tried_eight_times_and_one_that_refuses_once(door: Door, tmp_path: Path) -> None:
    """Sabotage seen: giving up on a refusal only, the eighth failure had no next time."""
    settings = Settings(data=tmp_path)
    door.enter()
    down = Broken(ConnectionRefusedError("nobody there"))
    for _ in range(40):
        mail.send_due(door.database, door.clock, door.rng, settings, sink=down)
        door.clock.advance(timedelta(minutes=30))
    assert down.sent == 8
    door.enter()
    unwilling = Broken(mail.Refused("550"))
    for _ in range(3):
        mail.send_due(door.database, door.clock, door.rng, settings, sink=unwilling)
        door.clock.advance(timedelta(hours=3))
    assert unwilling.sent == 1
    with door.database.read() as session:
        rows = session.exec(select(Mail)).all()
        assert [(row.state, row.params) for row in rows] == [("dead", None), ("dead", None)]
        assert all(row.error for row in rows)


def test_a_mail_server_gets_the_letter_and_one_that_refuses_the_address_is_asked_once(
    door: Door, tmp_path: Path
) -> None:
    """Sabotage seen: taking a 550 for an outage left the letter waiting for another try."""
    door.enter()
    with listening() as sink:
        assert mail.send_due(door.database, door.clock, door.rng, Settings(data=tmp_path, mail_url=sink.url)) == 1
    (letter,) = sink.letters
    assert b"To: a@example.org" in letter
    assert not (tmp_path / "mail").exists()
    door.enter()
    with listening(refuse=True) as sink:
        assert mail.send_due(door.database, door.clock, door.rng, Settings(data=tmp_path, mail_url=sink.url)) == 0
    with door.database.read() as session:
        assert sorted(session.exec(select(Mail.state)).all()) == ["dead", "sent"]


def test_a_sender_that_died_between_claim_and_mark_is_followed_by_another(door: Door, tmp_path: Path) -> None:
    door.enter()
    with pytest.raises(ZeroDivisionError):
        mail.send_due(door.database, door.clock, door.rng, Settings(data=tmp_path), sink=Broken(ZeroDivisionError()))
    assert mail.send_due(door.database, door.clock, door.rng, Settings(data=tmp_path)) == 0
    door.clock.advance(timedelta(minutes=6))
    assert mail.send_due(door.database, door.clock, door.rng, Settings(data=tmp_path)) == 1


def test_a_letter_that_cannot_be_written_does_not_hold_up_the_others(door: Door, tmp_path: Path) -> None:
    door.enter()
    with door.database.write() as session:
        row = session.exec(select(Mail)).one()
        row.template = "of_another_version"
        session.add(row)
    door.clock.advance(timedelta(seconds=1))
    door.enter()
    assert mail.send_due(door.database, door.clock, door.rng, Settings(data=tmp_path)) == 1


def test_fairness_is_published_once_a_quarter_and_never_of_fewer_than_five(door: Door) -> None:
    """Sabotage seen: LEAST = 1 published the one micro enterprise."""
    for _ in range(6):
        door.listed(Profile("S", "1", "FR", SizeClass.SMALL, PROFILE.contacts, "FR"))
    door.listed(Profile("M", "1", "FR", SizeClass.MICRO, PROFILE.contacts, "FR"))
    for moment, cells in (("2024-12-31", 0), ("2025-01-01", 0), ("2025-01-02", 3), ("2025-01-03", 0)):
        door.clock.current = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        with door.database.write() as session:
            assert fairness.release(session, door.clock) == cells, moment
    with door.database.read() as session:
        shown = {(row.period, row.dimension, row.value): row.decided for row in fairness.published(session)}
    assert shown == {
        ("2024-Q4", "nation", "FR"): 7,
        ("2024-Q4", "newcomer", "yes"): 7,
        ("2024-Q4", "standing", "ally"): 7,
    }


def test_what_is_hidden_in_one_grouping_cannot_be_subtracted_from_another() -> None:
    """Six small and one micro: the small ones are hidden too, or seven French ones would give the micro away."""

    def decided(size: str, count: int) -> list[fairness.Decided]:
        return [fairness.Decided((size, "FR", "yes", "ally"), 1.0, "approved", False, False)] * count

    def sizes(**counts: int) -> set[str]:
        rows = [row for size, count in counts.items() for row in decided(size, count)]
        return {cell.value for cell in fairness.cells(rows) if cell.dimension == "size"}

    assert sizes(small=6, micro=1) == set()
    assert sizes(small=6, micro=1, large=9) == {"large"}
    assert sizes(small=6, micro=5) == {"small", "micro"}
    assert sizes(small=6, micro=3, medium=2) == {"small"}
