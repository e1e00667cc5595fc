"""Message files against the verdicts written beforehand, there and back in every form; messages made to harm."""

from pathlib import Path

import pytest

from space_hub.orbit.ndm import Limits, to_kvn
from space_hub.orbit.ndm.message import Comment
from space_hub.validation import messages
from space_hub.validation.formats import FormatsReport
from space_hub.validation.hostile import CASES, OCTETS, SECONDS, Hostile, attack, attacks
from space_hub.validation.messages import judge, read_messages, verdicts
from tests.support import messages as written


def test_154_files_are_read_or_refused_as_the_standard_has_it_and_come_back_as_they_were(shared: Path) -> None:
    """Every accepted file is equal after its own form, comments included, and says the same after the others.

    Sabotage seen: a repeated line of an ephemeris refused; a document type let pass; comments of an ephemeris
    read into the place behind its lines.
    """
    found = list(read_messages(shared / "data" / "messages"))
    assert len(found) == len(verdicts()) == 154
    assert [one for one in found if one.failed or not one.expected] == []
    accepted = [one for one in found if one.verdict == "accept"]
    assert (len(accepted), len(found) - len(accepted)) == (145, 9)
    combined = [one for one in accepted if one.kind == "ndm"]
    assert all(len(one.same) == 3 for one in accepted if one.kind != "ndm")
    assert all("xml" in one.same for one in combined) and len(combined) == 3
    assert {one.kind for one in accepted} == {"cdm", "omm", "oem", "opm", "ocm", "tdm", "rdm", "ndm"}


def test_a_message_that_loses_a_comment_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    leaf = to_kvn._leaf
    data = written.cdm().encode()
    assert judge("x", data).same == ("kvn", "xml", "json")
    monkeypatch.setattr(to_kvn, "_leaf", lambda item: "COMMENT" if isinstance(item, Comment) else leaf(item))
    assert judge("x", data).changed == ("kvn",)
    assert judge("x", data).failed


def test_a_verdict_that_is_not_met_fails(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(written.cdm())
    (tmp_path / "bad.txt").write_text(written.without(written.cdm(), "TCA"))
    (tmp_path / "notes.md").write_text("no message")
    assert {one.name: (one.verdict, one.failed) for one in read_messages(tmp_path)} == {
        "bad.txt": ("refuse", False),
        "good.txt": ("accept", False),
    }
    (tmp_path / "verdicts.tsv").write_text("good.txt\trefuse\nbad.txt\trefuse\n")
    report = FormatsReport(1, "synthetic", 25.0, [], [], messages=list(read_messages(tmp_path)))
    assert [one.name for one in report.messages if one.failed] == ["good.txt"]
    assert report.failed == 1 and report.as_dict()["messages_failed"] == "good.txt"


def test_a_crash_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(messages, "read", crash)
    assert judge("x", b"").crashed and judge("x", b"").failed


def test_messages_made_to_harm_are_refused_within_bounds() -> None:
    """The small form of the campaign. Sabotage seen: the handler of document types not set; the depth not counted."""
    found = list(attacks(2_000))
    assert len(found) > 25
    assert [one for one in found if one.failed] == []
    codes = {one.name: one.code for one in found}
    assert codes["billion laughs"] == codes["document type"] == "ndm.document_type"
    assert codes["nesting of XML"] == codes["nesting of JSON"] == "ndm.too_deep"
    assert codes["1e999"] == codes["NaN"] == codes["digits beyond ASCII"] == "ndm.not_number"
    assert max(one.seconds for one in found) < 3


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("blanks in values", "ndm.keyword_missing"),
        ("blanks in elements", "ndm.empty"),
        ("text among elements", "ndm.line_too_long"),
        ("escaped keywords", "ndm.keyword_missing"),
    ],
)
def test_what_could_cost_its_square_costs_its_length(name: str, code: str) -> None:
    """Megabytes of each. Sabotage seen: patterns for units and for breaks that begin anew at each blank; text
    counted anew behind each child; every keyword that is spelt in escapes looked for.
    """
    one = attack(name, CASES[name](125_000), Limits())
    assert (one.code, one.failed) == (code, False)
    assert one.seconds < 3


def test_what_costs_too_much_fails() -> None:
    assert Hostile("x", 1, "ndm.empty", SECONDS + 1, 0).failed
    assert Hostile("x", 1, "ndm.empty", 0.0, OCTETS + 1).failed
    assert Hostile("x", 1, "", 0.0, 0).failed
    assert not Hostile("x", 1, "ndm.empty", 0.0, 0).failed
