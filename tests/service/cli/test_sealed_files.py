"""Quotes sealed and opened by commands on files, as a supplier and two openers would, without any hub."""

import json
import os
import pty
import select
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from nacl import bindings as na

from catalog.competition import keyfile, sealing
from catalog.competition.keyfile import Cost
from space_hub.cli.app import run
from tests.support.source import ROOT
from tests.support.terminal import answer, said
from tests.unit.competition import notices, second_sealer
from tests.unit.competition.second_sealer import Keys

PASSPHRASE = "harbour lantern four"
CHEAP = Cost(1, 8192)
NOW = datetime.now(UTC).replace(microsecond=0)
AFTER = ("--hub-offset", str(3 * 24 * 3600))


class Table:
    """Two or more openers, their keys and the notice, in a folder."""

    def __init__(self, folder: Path, names: tuple[str, ...] = ("opn_haag", "opn_lyon", "opn_oslo")) -> None:
        self.folder = folder
        self.secret = self.kept("passphrase", f"{PASSPHRASE}\n".encode())
        self.keys: Keys = {}
        for name in names:
            raw = keyfile.new(PASSPHRASE, CHEAP)
            self.kept(name, raw)
            self.keys[name] = keyfile.public_key(raw), keyfile.private_key(raw, PASSPHRASE)
        self.notice = self.wrote("notice.json", notices.handed_out(self.keys, NOW + timedelta(days=2)))

    def kept(self, name: str, raw: bytes) -> Path:
        file = self.folder / name
        file.touch(0o600)
        file.write_bytes(raw)
        return file

    def wrote(self, name: str, content: Any) -> str:
        file = self.folder / name
        file.write_text(json.dumps(content))
        return str(file)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_bytes())

    def seal(self, number: int = 1, revision: int = 1) -> tuple[str, ...]:
        words = ("quote", "seal", self.path(f"quote{number}"), "--notice", self.notice)
        return (*words, "--invitation", f"inv_{number}", "--revision", str(revision), "--out", self.path("envelope"))

    def gather(self, *envelopes: Any) -> str:
        return self.wrote("envelopes.json", list(envelopes))

    def release(self, one: str = "opn_haag", other: str = "opn_lyon", *more: str) -> tuple[str, ...]:
        words = ("opener", "release", self.notice, self.path("envelopes.json"), "--key", self.path(one))
        to = ("--to", self.keys[other][0].hex(), "--out", self.path("release.json"))
        return (*words, *to, "--passphrase-file", str(self.secret), *more)

    def open(self, one: str = "opn_lyon", *more: str) -> tuple[str, ...]:
        words = ("opener", "open", self.notice, self.path("envelopes.json"), self.path("release.json"))
        rest = ("--key", self.path(one), "--out", self.path("opened.json"), "--passphrase-file", str(self.secret))
        return (*words, *rest, *more)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    monkeypatch.setenv("SPACE_HUB_LANG", "en")
    made = Table(tmp_path)
    made.wrote("quote1", notices.quote())
    return made


def refused(capsys: pytest.CaptureFixture[str], *words: str, status: int = 2) -> str:
    code: str = answer(capsys, *words, status=status)["error"]["code"]
    return code


def test_a_quote_goes_from_its_maker_through_two_openers_by_commands_alone(
    table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed = answer(capsys, *table.seal())
    notice = table.read("notice.json")
    assert (sealed["notice_sha256"], sealed["revision"]) == (notice["notice_sha256"], 1)
    assert [each["id"] for each in sealed["openers"]] == list(table.keys)
    table.gather(table.read("envelope"))
    released = answer(capsys, *table.release("opn_haag", "opn_lyon", *AFTER))
    assert (released["from"], released["to"], released["released"]) == ("opn_haag", "opn_lyon", 1)
    opened = answer(capsys, *table.open("opn_lyon", *AFTER))
    assert (opened["opened"], opened["faults"], opened["aside"]) == (1, [], [])
    quote = table.read("opened.json")["opened"][0]
    assert quote["quote"]["lines"][0] == {"criterion": "total", "value": "48117.25", "unit": "EUR"}
    assert quote["envelope"] == sealed["envelope_sha256"]
    for private in ("envelope", "release.json", "opened.json"):
        assert (table.folder / private).stat().st_mode & 0o777 == 0o600


def test_the_second_implementation_opens_what_the_command_sealed_and_the_commands_what_it_sealed(
    table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(capsys, *table.seal())
    ours = table.read("envelope")
    plain = second_sealer.unseal(ours, "opn_oslo", "opn_haag", table.keys)
    assert json.loads(plain)["lines"][0]["value"] == "48117.25"
    public = [(name, pair[0]) for name, pair in table.keys.items()]
    theirs = second_sealer.seal(ours["notice"], "inv_2", 1, plain, public)
    table.gather(ours, theirs)
    answer(capsys, *table.release("opn_oslo", "opn_haag", *AFTER))
    assert answer(capsys, *table.open("opn_haag", *AFTER))["opened"] == 2


@pytest.mark.parametrize("garbled", [1, 2, 3])
def test_a_quote_whose_key_a_pair_would_not_give_back_is_not_written(
    table: Table, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, garbled: int
) -> None:
    """A bit that turns over while the shares of one pair are made. Sabotage seen: `seal` that rebuilds nothing."""
    calls, joined = count(1), sealing._joined  # The one step that makes a share out of the key.

    def once_wrong(one: bytes, other: bytes) -> bytes:
        found = joined(one, other)
        return bytes([found[0] ^ 1]) + found[1:] if next(calls) == garbled else found

    monkeypatch.setattr(sealing, "_joined", once_wrong)
    assert refused(capsys, *table.seal(), status=1) == "quote.not_rebuilt"
    assert not (table.folder / "envelope").exists()
    answer(capsys, *table.seal())


def test_nothing_is_released_or_opened_before_the_deadline_and_no_key_is_touched_for_it(
    table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sabotage seen: `due` left out of the commands, which then asked for the key first; left out of `opening`."""
    answer(capsys, *table.seal())
    table.gather(table.read("envelope"))
    table.wrote("release.json", {})
    table.secret.unlink()  # Whoever asks for the passphrase first would fall over this.
    for words in (table.release(), table.open()):
        assert refused(capsys, *words, status=1) == "competition.not_due"
    just_before = ("--hub-offset", str(2 * 24 * 3600 - 600))
    assert refused(capsys, *table.open("opn_lyon", *just_before), status=1) == "competition.not_due"
    assert not (table.folder / "opened.json").exists()


def test_a_quote_is_not_sealed_after_the_deadline(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, *table.seal(), *AFTER, status=1) == "competition.takes_no_quotes"
    assert refused(capsys, *table.seal(), "--hub-offset", str(10**18)) == "cli.offset_wrong"


def test_a_notice_that_was_changed_is_refused_by_all_three(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, *table.seal())
    table.gather(table.read("envelope"))
    table.wrote("release.json", {})
    changed = table.read("notice.json")
    changed["notice"]["quotes_until"] = (NOW - timedelta(days=1)).isoformat()
    table.wrote("notice.json", changed)
    (table.folder / "envelope").unlink()
    for words in (table.seal(), table.release(), table.open()):
        assert refused(capsys, *words) == "competition.notice_changed"


def test_an_earlier_deadline_under_a_hash_of_its_own_opens_nothing_that_was_sealed_for_the_true_one(
    table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hub that hands openers a notice which is over, to have them open early. Sabotage seen: the envelope's notice
    not compared with the one at hand."""
    answer(capsys, *table.seal())
    table.gather(table.read("envelope"))
    table.wrote("notice.json", notices.handed_out(table.keys, NOW - timedelta(days=1)))
    found = answer(capsys, *table.release(), status=1)
    assert (found["released"], [each["code"] for each in found["aside"]]) == (0, ["quote.of_another_notice"])


def test_what_is_bad_is_set_aside_with_its_reason_and_the_others_are_opened(
    table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sabotage seen: every revision opened; the first fault ending the run."""
    digest = table.read("notice.json")["notice_sha256"]
    public = [(name, pair[0]) for name, pair in table.keys.items()]
    plain = json.dumps(notices.quote()).encode()

    def made(invitation: str, revision: int = 1, text: bytes = plain, turned: bool = False) -> Any:
        return second_sealer.seal(digest, invitation, revision, text, public[::-1] if turned else public)

    garbled = made("inv_3")
    garbled["shares"][0]["sealed"][0] = garbled["shares"][1]["sealed"][0]
    table.gather(
        made("inv_1", 1),
        {"no": "envelope"},
        made("inv_1", 2),
        garbled,
        made("inv_4"),
        made("inv_4"),
        made("inv_5", turned=True),
        made("inv_6", text=b'{"v": 1, "lines": [], "note": "cheap"}'),
        made("inv_7", text=b"\xff not a quote"),
    )
    released = answer(capsys, *table.release("opn_haag", "opn_oslo", *AFTER), status=1)
    aside = {each["number"]: each["code"] for each in released["aside"]}
    assert aside == {
        1: "quote.replaced",
        2: "quote.envelope_members_wrong",
        5: "quote.revision_twice",
        6: "quote.revision_twice",
        7: "quote.for_other_openers",
    }
    opened = answer(capsys, *table.open("opn_oslo", *AFTER), status=1)
    codes = {each["number"]: each["code"] for each in opened["aside"]}
    assert codes == {**aside}
    assert {each["invitation"] for each in opened["faults"]} == {"inv_6", "inv_7"}
    shown = {each["invitation"]: each["quote"] for each in table.read("opened.json")["opened"]}
    assert shown["inv_6"] is None
    assert (set(shown), shown["inv_1"]["v"]) == ({"inv_1", "inv_3", "inv_6", "inv_7"}, 1)


def test_a_release_serves_only_the_opener_and_the_notice_that_it_was_made_for(
    table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sabotage seen: `to` of the release not compared with the own id."""
    answer(capsys, *table.seal())
    table.gather(table.read("envelope"))
    answer(capsys, *table.release("opn_haag", "opn_lyon", *AFTER))
    assert refused(capsys, *table.open("opn_oslo", *AFTER)) == "opener.release_to_another"
    made = table.read("release.json")
    for change, code in (
        ({"notice": "00" * 32}, "opener.release_of_another_notice"),
        ({"v": 2}, "opener.release_wrong"),
        ({"from": "opn_rome"}, "opener.release_wrong"),
        ({"from": ["opn_haag"]}, "opener.release_wrong"),
        ({"from": "opn_lyon"}, "competition.opener_twice"),
        ({"shares": {}}, "opener.release_wrong"),
        ({"shares": [{"envelope": made["shares"][0]["envelope"], "sealed": "é"}]}, "opener.release_wrong"),
    ):
        table.wrote("release.json", {**made, **change})
        assert refused(capsys, *table.open("opn_lyon", *AFTER)) == code
    table.wrote("release.json", {**made, "shares": []})
    found = answer(capsys, *table.open("opn_lyon", *AFTER), status=1)
    assert [each["code"] for each in found["aside"]] == ["quote.not_released"]
    (table.folder / "release.json").unlink()
    assert refused(capsys, *table.release("opn_haag", "opn_haag", *AFTER)) == "competition.opener_twice"


def test_a_key_that_the_notice_does_not_name_neither_releases_nor_is_released_to(
    table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    table.gather()
    stranger = keyfile.new(PASSPHRASE, CHEAP)
    table.kept("opn_rome", stranger)
    table.keys["opn_rome"] = keyfile.public_key(stranger), b""
    for one, other in (("opn_rome", "opn_lyon"), ("opn_lyon", "opn_rome")):
        assert refused(capsys, *table.release(one, other, *AFTER), status=1) == "opener.not_named"
    words = table.release("opn_lyon", "opn_haag", *AFTER)
    wrong = [("09" if each == table.keys["opn_haag"][0].hex() else each) for each in words]
    assert refused(capsys, *wrong) == "opener.key_wrong"


def test_a_key_is_made_for_its_owner_alone_and_nothing_is_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyfile, "new", lambda passphrase: keyfile.sealed(*na.crypto_box_keypair(), passphrase, CHEAP))
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text(PASSPHRASE)
    out = tmp_path / "opener.json"
    words = ("opener", "new", "--out", str(out), "--passphrase-file", str(secret))
    before = os.umask(0)
    try:
        made = answer(capsys, *words)
    finally:
        os.umask(before)
    assert out.stat().st_mode & 0o777 == 0o600
    assert answer(capsys, "opener", "show", str(out)) == made
    assert refused(capsys, *words) == "cli.file_unwritable"
    assert answer(capsys, "opener", "show", str(out)) == made
    assert len(made["fingerprint"].split()) == 8
    secret.chmod(0o640)
    assert refused(capsys, *words[:3], str(tmp_path / "new"), *words[4:]) == "cli.file_open_to_others"
    out.chmod(0o604)
    assert refused(capsys, "opener", "show", str(out)) == "cli.file_open_to_others"


def test_a_passphrase_is_typed_twice_for_a_new_key_and_never_shown(tmp_path: Path) -> None:
    """At a terminal of its own, as a person types it. Sabotage seen: `hide_input` left out."""
    out = tmp_path / "opener.json"
    command = [sys.executable, "-m", "space_hub.cli", "opener", "new", "--out", str(out)]
    ours, theirs = pty.openpty()
    environment = os.environ | {"SPACE_HUB_LANG": "en", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=environment, start_new_session=True
    ) as started:
        os.close(theirs)
        shown = b""
        for asked in (b"Passphrase: ", b"once more: ", b"Fingerprint: "):
            while asked not in shown:
                assert select.select([ours], [], [], 30)[0], shown
                shown += os.read(ours, 4096)
            if asked != b"Fingerprint: ":  # What is typed before the question stands there whole is thrown away.
                os.write(ours, f"{PASSPHRASE}\n".encode())
        assert started.wait(60) == 0, shown
    assert PASSPHRASE.encode() not in shown
    os.close(ours)
    assert keyfile.private_key(out.read_bytes(), PASSPHRASE)


def test_without_a_terminal_or_with_a_wrong_passphrase_the_key_stays_shut(
    table: Table, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table.gather()
    with Path(os.devnull).open() as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        assert refused(capsys, *table.release("opn_haag", "opn_lyon", *AFTER)[:-4], *AFTER) == "cli.no_passphrase"
    table.secret.write_text("another lantern five")
    assert refused(capsys, *table.release("opn_haag", "opn_lyon", *AFTER), status=1) == "opener.passphrase_wrong"
    table.secret.write_bytes(b"\xff" * 20)
    assert refused(capsys, *table.release("opn_haag", "opn_lyon", *AFTER)) == "cli.file_unreadable"
    table.secret.write_text("short")
    words = ("opener", "new", "--out", table.path("new"), "--passphrase-file", str(table.secret))
    assert refused(capsys, *words) == "opener.passphrase_short"


def test_a_quote_that_is_wrong_is_refused_without_a_word_of_what_it_says(
    table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    for content, code in (
        ({**notices.quote("48117.2512345"), "note": 7}, "quote.refused"),
        ({**notices.quote(), "valid_until": NOW.isoformat()}, "quote.ends_before_opening"),
    ):
        table.wrote("quote1", content)
        assert refused(capsys, *table.seal()) == code
        assert "48117" not in said(capsys, *table.seal(), status=2)
    (table.folder / "quote1").write_text('{"v": 1, "lines": [{"value": 48117.25}')
    assert refused(capsys, *table.seal()) == "cli.json_unreadable"
    assert "48117" not in said(capsys, *table.seal(), status=2)
    assert not (table.folder / "envelope").exists()


def test_the_example_is_a_quote_and_the_commands_speak_both_languages(
    table: Table, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["quote", "seal", "--example"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [line["criterion"] for line in shown["lines"]] == ["total", "start"]
    assert "fingerprints" in said(capsys, *table.seal())
    (table.folder / "envelope").unlink()
    monkeypatch.setenv("SPACE_HUB_LANG", "fr")
    assert "empreintes" in said(capsys, *table.seal())


def test_help_and_every_other_command_start_without_libsodium() -> None:
    """Sabotage seen: `from catalog.competition import sealing` at the top of `space_hub/cli/quote.py`."""
    script = "import sys, space_hub.cli.app\nprint(*(name for name in ('nacl', 'cffi') if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
