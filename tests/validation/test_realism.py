"""`validate realism` on one satellite and on an invented one, and a judge that sees errors estimated too small."""

from dataclasses import replace
from pathlib import Path

import pytest

from space_hub.orbit.uncertainty.differences import Differences
from space_hub.orbit.uncertainty.growth import Growth
from space_hub.orbit.uncertainty.history import fit
from space_hub.validation import realism
from space_hub.validation.manoeuvre_cases import read
from space_hub.validation.realism import campaign, of_snapshots, run


def test_errors_of_a_real_satellite_are_as_large_as_estimated(shared: Path) -> None:
    history = next(one for one in read(shared / "data")[0] if one.name == "Sentinel-3A")
    report = campaign([history], "one")
    assert report.holds, report.rows()
    assert {(one.source, one.pairs) for one in report.found} == {
        (source, pairs) for source in ("history", "table") for pairs in ("all", "without burns")
    }
    by_pairs = {one.pairs: one for one in report.found if one.source == "history"}
    assert by_pairs["all"].count > by_pairs["without burns"].count > 10_000


def _too_small(found: Differences) -> Growth:
    growth = fit(found)
    return replace(growth, variance_km2=growth.variance_km2 / 9.0)


def test_errors_estimated_three_times_too_small_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(None).holds
    monkeypatch.setattr(realism, "fit", _too_small)
    report = run(None)
    assert report.found
    assert not report.holds


def test_what_was_not_tried_does_not_hold() -> None:
    assert not campaign([], "nothing").holds
    assert of_snapshots("none", [], []) == []
