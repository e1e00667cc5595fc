"""Damaged element lines, 20,000 that must be refused and 20,000 that a checksum can miss."""

import json
from pathlib import Path

import pytest

from space_hub.orbit.plausibility import Judgement
from space_hub.text import LANGUAGES, say
from space_hub.validation import formats
from space_hub.validation.formats import FormatsReport, campaign, real_pairs


def check(report: FormatsReport) -> None:
    assert report.cases >= 40_000
    assert sum(one.cases for one in report.damages) == 20_000
    assert [one.another_value for one in report.damages] == [0, 0, 0, 0]
    assert [one.neighbours_lost for one in report.damages] == [0, 0, 0, 0]
    for disguise in report.disguises:
        assert disguise.passed > 0, "nothing slipped through: the campaign tries nothing"
        assert disguise.unflagged == 0
    assert sum(one.departed for one in report.disguises) > 100
    assert report.crashes == []
    assert report.holds


def test_20_000_damaged_real_lines_none_is_accepted_with_another_value(shared: Path) -> None:
    """Turns red when `_check_line` in orbit/tle.py leaves out the length, the columns or the checksum, or `judge`
    leaves out the comparison with its limit (each tried)."""
    check(campaign(7, 20_000, real_pairs(shared / "data")))


def test_the_campaign_runs_without_any_data() -> None:
    report = campaign(8, 400)
    assert (report.lines, report.holds, report.cases) == ("synthetic", True, 800)
    assert campaign(8, 400).as_dict() == report.as_dict()
    assert json.loads(json.dumps(report.as_dict()))["holds"] is True


def test_the_campaign_sees_a_gate_that_lets_everything_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "judge", lambda new, predecessor, limit_km: Judgement(0.0))
    report = campaign(8, 400)
    assert report.failed > 0
    assert not report.holds


def test_a_crash_is_counted_and_does_not_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("planted")

    (tmp_path / "gp").mkdir()
    (tmp_path / "gp" / "page.html").write_text("<html>")
    assert [one.refused for one in formats.read_files(tmp_path / "gp")] == ["gp.markup"]
    monkeypatch.setattr(formats, "read_text", crash)
    report = formats.run(8, tmp_path, 40, scale=10)
    assert (report.cases, report.crashed) == (80, 81)
    assert not report.holds


def test_every_kind_of_damage_has_its_label() -> None:
    for row in campaign(8, 40).rows():
        assert all(say(f"formats.{row['kind']}", language) for language in LANGUAGES)


def test_the_table_puts_every_case_into_one_column() -> None:
    rows = campaign(8, 400).rows()
    for row in rows:
        counted = [row[name] for name in ("refused", "same_value", "held_back", "unseen", "failed")]
        assert sum(count for count in counted if isinstance(count, int)) == row["cases"], row
    assert any(row["unseen"] for row in rows), "what no checksum can see is not passed over in silence"


def test_every_real_file_is_read_or_refused_and_none_crashes(shared: Path) -> None:
    files = {one.name: one for one in formats.read_files(shared / "data" / "gp")}
    assert len(files) == 12
    assert [one.name for one in files.values() if one.crashed] == []
    assert all(one.offered == one.accepted + one.rejected for one in files.values())
    assert [name for name, one in files.items() if one.refused] == ["gp_supgp_satcat_merged_20250111.csv.gz"]
    assert files["celestrak_on_orbit_20241101.csv.gz"].accepted == 26_834
