"""A supplier with a spreadsheet comes in by commands alone, and an office answers by commands alone."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from jobs import deliver, react
from providers import submissions
from providers.desk_tables import Submission
from providers.tables import Provider
from space_hub.cli.app import run
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery import mail
from space_hub.rng import SeededRng
from space_hub.settings import load
from space_hub.text import say
from space_hub.trust import organisations
from space_hub.trust.scopes import OrganisationKind
from tests.support.supply import requirement
from tests.support.terminal import answer, said

SUPPLIER = "Clear Sky"


@pytest.fixture(autouse=True)
def people(installed: Database, clock: ManualClock, rng: SeededRng) -> None:
    with installed.write() as session:
        for name, kind in (("Desk", OrganisationKind.BROKER), ("Planning", OrganisationKind.NATION)):
            organisations.register(session, clock, rng, name=name, kind=kind, nation="BE")


@pytest.fixture
def extract(tmp_path: Path) -> str:
    file = tmp_path / "extract.pdf"
    file.write_bytes(b"an extract")
    return str(file)


def register(capsys: pytest.CaptureFixture[str], nation: str = "FR", name: str = SUPPLIER) -> dict[str, Any]:
    who = ("--legal-id", f"RCS {name}", "--nation", nation, "--owner-nation", nation)
    reach = ("--contact", "A. Person", "--email", "sales@example.org")
    return answer(capsys, "provider", "register", name, *who, *reach)


def confirm(capsys: pytest.CaptureFixture[str], database: Database, provider_id: str) -> None:
    with database.read() as session:
        letter = mail.waiting(session, provider_id)[-1]
        code = (letter.params or {})["code"]
    answer(capsys, "provider", "confirm", code)


def settle(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """What the two other processes would do in the meantime."""
    for _ in range(3):
        deliver.order(database, clock, rng)
        while react.turn(database, clock, rng):
            deliver.order(database, clock, rng)


def test_from_nothing_to_the_first_match_notice_by_commands_and_a_spreadsheet(
    capsys: pytest.CaptureFixture[str],
    installed: Database,
    clock: ManualClock,
    rng: SeededRng,
    extract: str,
    tmp_path: Path,
) -> None:
    """Sabotage seen: without the principal in `notices`, a rival's application stood among them."""
    came = register(capsys)
    assert came["secret"].startswith("sh_")
    confirm(capsys, installed, came["provider_id"])
    shown = answer(capsys, "provider", "evidence", extract, "--issuer", "Greffe", "--as", SUPPLIER)
    assert shown["valid_from"] == "2024-11-02T00:00:00.000Z", "today in hub time, where nothing is said"
    application = answer(capsys, "provider", "apply", "--area", "imagery", "--as", SUPPLIER)
    assert application["state"] == "approved"
    register(capsys, name="Rival")
    answer(capsys, "provider", "apply", "--area", "imagery", "--as", "Rival")

    file = tmp_path / "offerings.xlsx"
    answer(capsys, "offer", "template", str(file), "--area", "imagery")
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    place = {cell.value.split(" [")[0]: cell.column for cell in sheet[1]}
    row = {"reference": "CS-50", "title": "Imagery", "capability": "imagery.optical", "attribute:gsd": 0.5}
    for heading, value in (row | {"capacity:peace": 2000, "price:peace": "9 EUR/km2", "coverage": "global"}).items():
        sheet.cell(2, place[heading], value)
    book.save(file)
    assert answer(capsys, "offer", "submit", str(file), "--as", SUPPLIER)["refused"] == []

    need = tmp_path / "need.json"
    need.write_text(json.dumps(requirement()))
    stated = answer(capsys, "match", str(need), "--as", "Planning")["requirement_id"]
    publish = ("need", "publish", stated, "--as", "Planning")
    seen = answer(capsys, *publish)
    assert seen["state"] == "preview"
    assert answer(capsys, *publish, "--consent", "0" * 64, status=1)["error"]["code"] == "demand.consent_differs"
    assert answer(capsys, *publish, "--consent", seen["consent_ref"])["level"] == "named"
    assert answer(capsys, *publish, "--consent", "1234", status=1)["error"]["code"] == "demand.consent_differs"
    assert "is now published by name" in said(capsys, *publish, "--consent", seen["consent_ref"])

    settle(installed, clock, rng)
    told = answer(capsys, "provider", "notices", "--as", SUPPLIER)["items"]
    met = [item for item in told if item["topic"] == "gap.changed"]
    assert [(item["outcome"], item["misses"]) for item in met] == [("meets", 0)]
    applied = {item["subject"] for item in told if item["topic"] == "application.status_changed"}
    assert applied == {application["id"]}
    report = answer(capsys, "offer", "gaps", "CS-50", "--as", SUPPLIER)
    assert (report["meets"], report["misses"]) == (1, 0)
    notices = said(capsys, "provider", "notices", "--as", SUPPLIER)
    assert "CS-50 meets the published need" in notices
    assert "need show NEED --as NAME" in notices
    published = answer(capsys, "need", "show", met[0]["need"], "--as", SUPPLIER)
    assert published["text"] == report["entries"][0]["text"]
    assert answer(capsys, "need", "list", "--as", SUPPLIER)["items"] == [published]
    assert answer(capsys, "need", "list", "--capability", "radar.sar", "--as", SUPPLIER) == {"items": []}
    assert published["text"] in said(capsys, "need", "show", met[0]["need"], "--as", SUPPLIER)
    table = said(capsys, "offer", "gaps", "CS-50", "--as", SUPPLIER)
    assert report["entries"][0]["office"]["name"].split()[0] in table
    assert "offer submit FILE --as NAME" in table
    assert "cleared for imagery, tier listed" in said(capsys, "provider", "status", "--as", SUPPLIER)
    last = told[-1]["id"]
    assert answer(capsys, "provider", "notices", "--as", SUPPLIER, "--after", last) == {"items": [], "next": last}


def ask_why(database: Database, clock: ManualClock, rng: SeededRng, provider_id: str) -> str:
    """Something that is answered in words; its id."""
    with database.write() as session:
        provider = session.get_one(Provider, provider_id)
        made = submissions.open_one(
            session,
            clock,
            rng,
            kind="debrief",
            subject="app_none",
            provider=provider,
            organisation=provider.organisation_id,
            title="Why",
        )
        return made.id


def test_a_door_is_opened_and_asked_at_once(
    capsys: pytest.CaptureFixture[str], installed: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_HUB_EGRESS_ALLOW", "127.0.0.1:9")
    load.cache_clear()
    register(capsys)
    opened = answer(capsys, "provider", "door", "http://127.0.0.1:9/", "--as", SUPPLIER)
    assert (opened["adapter"], opened["state"]) == ("stapi", "open")
    stands = answer(capsys, "provider", "status", "--as", SUPPLIER)
    assert (stands["door"]["url"], stands["last_listing"]) == ("http://127.0.0.1:9/", None)
    error = answer(capsys, "provider", "door", "http://127.0.0.1:10/", "--as", SUPPLIER, status=2)["error"]
    assert "127.0.0.1" in error["detail"]


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("provider", "confirm", "nothing"), 2, "onboarding.code_refused"),
        (("provider", "apply", "--area", "farming", "--as", SUPPLIER), 2, "cli.code_unknown"),
        (("provider", "apply", "--area", "imagery", "--tier", "best", "--as", SUPPLIER), 2, "cli.code_unknown"),
        (("provider", "apply", "--area", "imagery", "--as", "Desk"), 1, "cli.no_profile"),
        (("provider", "evidence", "absent.pdf", "--issuer", "G", "--as", SUPPLIER), 2, "cli.file_unreadable"),
        (("offer", "gaps", "CS-1", "--as", SUPPLIER), 1, "cli.reference_unknown"),
        (("need", "publish", "req_none", "--as", "Planning"), 1, "catalog.requirement_unknown"),
        (("need", "show", "pbn_none", "--as", SUPPLIER), 1, "cli.need_unknown"),
        (("desk", "show", "sub_none", "--as", "Desk"), 1, "submission.unknown"),
        (("desk", "queue", "--office", "ofc_none", "--as", "Desk"), 1, "office.unknown"),
        (("desk", "queue", "--as", SUPPLIER), 1, "cli.organisation_may_not"),
        (("desk", "decide", "sub_none", "apply", "--reason", "x", "--as", "Desk"), 2, "application.decision_unknown"),
    ],
)
def test_what_is_wrong_is_said(
    words: tuple[str, ...], status: int, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    register(capsys)
    assert answer(capsys, *words, status=status)["error"]["code"] == code


def test_an_office_sees_what_waits_with_its_clock_and_decides_it(
    capsys: pytest.CaptureFixture[str], installed: Database, extract: str
) -> None:
    came = register(capsys, "BR")
    answer(capsys, "provider", "evidence", extract, "--issuer", "Junta", "--as", SUPPLIER)
    lacks = answer(capsys, "provider", "apply", "--area", "imagery", "--as", SUPPLIER)
    assert (lacks["state"], [each["code"] for each in lacks["missing"]]) == ("submitted", ["email_verified"])
    [waiting] = answer(capsys, "desk", "queue", "--as", "Desk")["items"]
    assert "48 h of working days left" in said(capsys, "desk", "queue", "--as", "Desk")
    decide = ("desk", "decide", waiting["id"], "approve", "--reason", "Papers in order.", "--as", "Desk")
    assert answer(capsys, *decide, status=1)["error"]["code"] == "application.incomplete"
    confirm(capsys, installed, came["provider_id"])
    assert answer(capsys, *decide)["state"] == "approved"
    assert answer(capsys, "desk", "queue", "--as", "Desk")["items"] == []
    shown = answer(capsys, "desk", "show", waiting["id"], "--as", "Desk")
    assert [step["event"] for step in shown["history"]] == ["opened", "answered"]
    assert shown["application"]["state"] == "approved"
    assert "Papers in order." in said(capsys, "desk", "show", waiting["id"], "--as", "Desk")


def test_an_office_answers_asks_back_and_refers(
    capsys: pytest.CaptureFixture[str], installed: Database, clock: ManualClock, rng: SeededRng
) -> None:
    came = register(capsys, "BR")
    answer(capsys, "provider", "apply", "--area", "imagery", "--as", SUPPLIER)
    [application] = answer(capsys, "desk", "queue", "--as", "Desk")["items"]
    why = answer(capsys, "desk", "answer", application["id"], "Yes.", "--as", "Desk", status=1)["error"]["code"]
    assert why == "cli.decided_not_answered"
    debrief = ask_why(installed, clock, rng, came["provider_id"])
    assert answer(capsys, "desk", "answer", debrief, "Which year?", "--ask-back", "--as", "Desk")["state"] == (
        "waiting_for_asker"
    )
    assert "stands still" in said(capsys, "desk", "show", debrief, "--as", "Desk")
    found = answer(capsys, "desk", "decide", debrief, "approve", "--reason", "x", "--as", "Desk", status=1)
    assert found["error"]["code"] == "cli.not_decided_here"
    again = ask_why(installed, clock, rng, came["provider_id"])
    [front] = answer(capsys, "desk", "offices", "--as", "Desk")["items"]
    assert answer(capsys, "desk", "refer", again, front["office_id"], "Yours.", "--as", "Desk")["state"] == "open"
    assert answer(capsys, "desk", "answer", again, "Because of the papers.", "--as", "Desk")["answer"] == (
        "Because of the papers."
    )


def test_the_queue_begins_with_what_has_waited_longest_whatever_its_due_time(
    capsys: pytest.CaptureFixture[str], installed: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """A due time moves where a clock stood still.

    Sabotage seen: ordered by due time, the second to come stood first.
    """
    provider_id = register(capsys)["provider_id"]
    first = ask_why(installed, clock, rng, provider_id)
    clock.advance(timedelta(minutes=1))
    second = ask_why(installed, clock, rng, provider_id)
    with installed.write() as session:
        session.get_one(Submission, first).due_at += timedelta(days=3)
    waiting = answer(capsys, "desk", "queue", "--as", "Desk")["items"]
    assert [each["id"] for each in waiting] == [first, second]


def test_the_three_groups_speak_french(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_HUB_LANG", "fr")
    register(capsys)
    assert "À montrer encore" in said(capsys, "provider", "apply", "--area", "imagery", "--as", SUPPLIER)
    assert "En attente de réponse" in said(capsys, "desk", "queue", "--as", "Desk")


def letters(database: Database, about: str) -> list[tuple[str, str]]:
    """Subject and body of what was written about something, the oldest first."""
    with database.read() as session:
        return [
            (
                say(f"mail.{row.template}.subject", row.language, **(row.params or {})),
                say(f"mail.{row.template}.body", row.language, **(row.params or {})),
            )
            for row in mail.waiting(session, about)
        ]


def test_a_rejected_firm_reads_why_and_appeals_by_commands(
    capsys: pytest.CaptureFixture[str], installed: Database, extract: str
) -> None:
    """Sabotage seen: `outcome=` left out of the letter; the reasons left out of `application_of`."""
    came = register(capsys, "BR")
    answer(capsys, "provider", "evidence", extract, "--issuer", "Junta", "--as", SUPPLIER)
    applied = answer(capsys, "provider", "apply", "--area", "imagery", "--as", SUPPLIER)
    waits = applied["submission_id"]
    seen = answer(capsys, "desk", "show", waits, "--as", "Desk")["applicant"]
    assert (seen["nation"], [each["issuer"] for each in seen["evidence"]]) == ("BR", ["Junta"])
    shown = said(capsys, "desk", "show", waits, "--as", "Desk")
    assert "extract of the company register" in shown and "Brazil" in shown
    decide = ("desk", "decide", waits, "reject", "--reason", "The extract is old.", "--as", "Desk")
    assert "rejected, tier listed" in said(capsys, *decide)

    subject, body = letters(installed, waits)[-1]
    assert subject == "Answer (rejected): Clear Sky: application for imagery, tier listed"
    assert "The extract is old." in body and f"space-hub provider appeal {applied['id']} GROUNDS" in body
    stands = said(capsys, "provider", "status", "--as", SUPPLIER)
    assert "rejected" in stands and "Reason: The extract is old." in stands and "due" not in stands
    assert answer(capsys, "provider", "debrief", applied["id"], "--as", SUPPLIER)["kind"] == "debrief"
    appealed = answer(capsys, "provider", "appeal", applied["id"], "It is of this year.", "--as", SUPPLIER)
    assert (appealed["state"], appealed["appeal_until"]) == ("appealed", None)
    mine = answer(capsys, "provider", "follow", "--as", SUPPLIER)["items"]
    assert sorted(each["kind"] for each in mine) == ["appeal", "application", "debrief"]
    assert came["provider_id"] == appealed["provider_id"]


def test_an_application_that_the_rule_decides_brings_a_letter_that_says_so(
    capsys: pytest.CaptureFixture[str], installed: Database, extract: str
) -> None:
    """Sabotage seen: the empty text of the rule handed on, and the letter held an empty line for it."""
    came = register(capsys)
    [(_, code)] = letters(installed, came["provider_id"])
    assert "space-hub provider confirm" in code and "POST /v1/front-door/verifications" in code
    confirm(capsys, installed, came["provider_id"])
    answer(capsys, "provider", "evidence", extract, "--issuer", "Greffe", "--as", SUPPLIER)
    applied = answer(capsys, "provider", "apply", "--area", "imagery", "--as", SUPPLIER)
    subject, body = letters(installed, applied["submission_id"])[-1]
    assert subject == "Réponse (approuvé)\u00a0: Clear Sky\u00a0: demande pour imagerie, niveau inscrit"
    assert "La règle l'a décidé" in body and "\n\n\n" not in body


def test_what_an_office_asked_back_is_answered_by_command(
    capsys: pytest.CaptureFixture[str], installed: Database, clock: ManualClock, rng: SeededRng
) -> None:
    came = register(capsys, "BR")
    asked = ask_why(installed, clock, rng, came["provider_id"])
    answer(capsys, "desk", "answer", asked, "Which year?", "--ask-back", "--as", "Desk")
    assert f"space-hub provider reply {asked} TEXT" in letters(installed, asked)[-1][1]
    assert "Which year?" in said(capsys, "provider", "follow", asked, "--as", SUPPLIER)
    assert answer(capsys, "provider", "reply", asked, "This one.", "--as", SUPPLIER)["state"] == "open"
    waits = answer(capsys, "provider", "apply", "--area", "imagery", "--as", SUPPLIER)["submission_id"]
    words = ("provider", "reply", waits, "Here.", "--as", SUPPLIER)
    assert answer(capsys, *words, status=1)["error"]["code"] == "cli.resubmit_not_reply"


def test_a_second_registration_of_the_same_number_is_refused_with_what_to_do(
    capsys: pytest.CaptureFixture[str], installed: Database
) -> None:
    """Sabotage seen: the number compared as it is written, so that "rcs-clear sky" made a twin."""
    came = register(capsys)
    who = ("--legal-id", "rcs-CLEAR sky", "--nation", "FR", "--contact", "A. Person", "--email", "sales@example.org")
    words = ("provider", "register", "Other", *who)
    error = answer(capsys, *words, status=1)["error"]
    assert error["code"] == "cli.registered_already" and came["organisation_id"] in error["detail"]
    answer(capsys, "provider", "code", "sales@example.org")
    assert len(letters(installed, came["provider_id"])) == 2
    confirm(capsys, installed, came["provider_id"])
    twin = answer(capsys, *words, "--anyway")
    assert letters(installed, came["provider_id"])[-1][0].startswith("Votre entreprise a été inscrite une fois de plus")
    assert len(letters(installed, twin["provider_id"])) == 1, "who comes second is told nothing but its code"
    waits = answer(capsys, "provider", "apply", "--area", "imagery", "--as", twin["organisation_id"])
    shown = said(capsys, "desk", "show", waits["submission_id"], "--as", "Desk")
    assert f"Clear Sky ({came['provider_id']})" in shown


def test_a_secret_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Sabotage seen: `print` without regard to `--json`: the secret stood on both streams."""
    who = ("--legal-id", "RCS 9", "--nation", "FR", "--contact", "A. Person", "--email", "sales@example.org")
    assert run(["provider", "register", "Other", *who, "--json"]) == 0
    both = capsys.readouterr()
    assert json.loads(both.out)["secret"].startswith("sh_") and "sh_" not in both.err


def test_french_holds_no_code_and_no_english(
    capsys: pytest.CaptureFixture[str], installed: Database, extract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage seen: `Matter(...)` left off the queue; `EvidenceKind(...)` left off the documents."""
    monkeypatch.setenv("SPACE_HUB_LANG", "fr")
    came = register(capsys, "BR", "Estrella")
    confirm(capsys, installed, came["provider_id"])
    answer(capsys, "provider", "evidence", extract, "--issuer", "Junta", "--as", "Estrella")
    applied = answer(capsys, "provider", "apply", "--area", "imagery", "--as", "Estrella")
    desk = ("desk", "show", applied["submission_id"], "--as", "Desk")
    reject = ("desk", "decide", applied["submission_id"], "reject", "--reason", "Non.", "--as", "Desk")
    heard = "".join(
        said(capsys, *words)
        for words in (
            ("desk", "queue", "--as", "Desk"),
            ("desk", "offices", "--as", "Desk"),
            desk,
            reject,
            desk,
            ("provider", "status", "--as", "Estrella"),
            ("provider", "follow", "--as", "Estrella"),
            ("provider", "follow", applied["submission_id"], "--as", "Estrella"),
        )
    )
    assert "Estrella\u00a0: demande pour imagerie, niveau inscrit" in heard
    assert "rejetée" in heard and "extrait du registre du commerce" in heard
    codes = r"\b(application|imagery|listed|submitted|rejected|refused|answered|opened|shown|open|company_register)\b"
    assert re.findall(codes, heard) == []


def test_what_is_held_already_is_not_applied_for_again(
    capsys: pytest.CaptureFixture[str], installed: Database, extract: str
) -> None:
    """Sabotage seen: `_held` empty: a second application and a second letter."""
    came = register(capsys)
    confirm(capsys, installed, came["provider_id"])
    answer(capsys, "provider", "evidence", extract, "--issuer", "Greffe", "--as", SUPPLIER)
    words = ("provider", "apply", "--area", "imagery", "--as", SUPPLIER)
    answer(capsys, *words)
    assert answer(capsys, *words, status=1)["error"]["code"] == "application.held_already"
    assert answer(capsys, *words, "--area", "radar")["state"] == "approved"


def test_a_file_that_is_not_there_is_said_in_the_reader_s_language(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPACE_HUB_LANG", "fr")
    words = ("provider", "evidence", str(tmp_path / "absent.pdf"), "--issuer", "G", "--as", SUPPLIER)
    assert "il n'existe pas" in said(capsys, *words, status=2)
