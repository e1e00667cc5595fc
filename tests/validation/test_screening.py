"""The screening against brute force on position alone, on a part of the real catalogue and on the sample."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from space_hub.orbit.gp import read_text
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.screening import ScreeningResult
from space_hub.orbit.screening import screen as real_screen
from space_hub.validation import screening
from space_hub.validation.screening import REAL, START, ScreeningReport, campaign, run


def test_a_real_shell_deep_space_and_all_groups_are_screened_without_loss(shared: Path) -> None:
    """A reduced form of `validate screening`: 300 objects of the 700-900 km shell, 100 of deep space, all groups, 6 h.

    Turns red when slow pairs are not traced, or when one piece of work is skipped (each tried).
    """
    with gzip.open(shared / "data" / REAL, "rt", encoding="utf-8") as file:
        elements = [line.elements for line in read_text(file.read(), now=START).accepted]
    report = campaign(elements, START, 6.0, shell=300, deep_space=100, required_cases=50, required_near_edge=20)
    assert report.comparisons[0].missed == []
    assert (report.recall, report.spurious, report.failed) == (1.0, 0, 0)
    assert report.near_edge >= 20
    assert report.max_tca_error_ms <= 1.0
    assert report.max_miss_error_m <= 1.0
    assert report.same_bytes
    assert report.holds
    assert [row["failed"] for row in report.rows()] == [0, 0]


def test_without_data_the_campaign_is_on_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    hours: list[float] = []
    whole = screening.campaign

    def shorter(*given: Any, **settings: Any) -> ScreeningReport:
        hours.append(settings.get("hours", 24.0))
        return whole(*given, **settings | {"hours": 3.0})

    monkeypatch.setattr(screening, "campaign", shorter)
    report = run(None)
    assert hours == [24.0]
    assert (report.catalogue, report.failed, report.holds) == ("synthetic", 0, True)
    assert json.loads(json.dumps(report.as_dict()))["recall"] == 1.0


def test_a_campaign_that_sees_a_loss_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(*given: Any, **settings: Any) -> ScreeningResult:
        result = real_screen(*given, **settings)
        del result.encounters[::3]
        return result

    monkeypatch.setattr(screening, "screen", forgetful)
    report = campaign(sample_catalogue(START, 1), START, 2.0, required_cases=1, required_near_edge=1)
    assert report.recall < 1.0
    assert report.failed > 0
    assert not report.holds
