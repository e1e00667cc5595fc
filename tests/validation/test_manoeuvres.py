"""`validate manoeuvres` on the three satellites that nothing was tuned on, and a judge that sees faults."""

from pathlib import Path

import numpy as np
import pytest

from space_hub.orbit.manoeuvres.evidence import evidence
from space_hub.orbit.times import DAY
from space_hub.validation import manoeuvres
from space_hub.validation.manoeuvre_cases import History, made_up, matched, read
from space_hub.validation.manoeuvres import TUNED_ON, campaign, run, threshold


def test_satellites_that_nothing_was_tuned_on_gain_what_is_claimed(shared: Path) -> None:
    """Sabotage seen: the crossing left out, the middle of the gap in its place."""
    histories, left_out = read(shared / "data")
    assert not left_out
    tested = [one for one in histories if one.name not in TUNED_ON]
    report = campaign(tested, "tested")
    assert len(report.satellites) == 3
    assert report.holds, report.rows()
    assert not report.tuned


def test_without_data_an_invented_satellite_is_tried() -> None:
    report = run(None)
    assert report.source == "synthetic"
    assert report.satellites[0].score.f1 > 0.9
    assert report.holds


def test_a_detector_no_better_than_the_baseline_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    history = made_up()
    monkeypatch.setattr(manoeuvres, "instants", lambda _seen, _settings: threshold(history, 5e-5))
    assert not campaign([history], "same").holds
    assert not campaign([], "nothing").holds


def test_each_instant_belongs_to_one_manoeuvre_at_the_most() -> None:
    """Sabotage seen: an instant used twice."""
    asked = [(0.0, 0.0), (0.4 * DAY, 0.4 * DAY), (9.0 * DAY, 9.1 * DAY)]
    found = np.array([10.05, 0.9, 20.0]) * DAY
    assert matched(found, asked) == [(1, 0), (0, 2)]


def test_a_pair_that_cannot_be_read_is_left_out_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "manoeuvres_A.yaml").write_text("manoeuvre_timestamps: [2020-01-01 00:00:00]\n")
    (tmp_path / "manoeuvres_B.yaml").write_text("manoeuvre_timestamps: [soon]\n")
    (tmp_path / "B.tle").write_text("no sets")
    histories, left_out = read(tmp_path)
    assert histories == []
    assert [each.split(":")[0] for each in left_out] == ["A", "B"]
    assert not run(tmp_path).holds


def test_equal_values_come_out_of_tuning_whatever_the_order() -> None:
    cases = [(each, evidence(each.sets)) for each in (made_up(80.0, 3, 1), made_up(80.0, 3, 2))]
    assert isinstance(cases[0][0], History)
    assert manoeuvres.tune(cases) == manoeuvres.tune(cases[::-1])
