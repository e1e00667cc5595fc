"""The campaign of `validate screening`, on a part of the real catalogue and on the sample."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.screening import ScreeningResult
from space_hub.orbit.screening import screen as real_screen
from space_hub.orbit.screening.result import Encounters
from space_hub.validation import screening, skies
from space_hub.validation.screening import PARTS, SAMPLE, START, Size, campaign, run

SMALL = Size(days=0.25, shell=300, shell_hours=6.0, minima=300, every_sort=900, settings_hours=3.0, required=20)


def test_a_part_of_the_real_catalogue_is_screened_without_loss(shared: Path) -> None:
    """Turns red when slow pairs are not followed, or when one piece of work is skipped (each tried)."""
    elements, too_old = skies.real_catalogue(shared / "data", START)
    report = campaign(elements, SMALL, parts=("shell", "minima", "settings", "ends"), too_old=too_old)
    assert [(one.part, one.failed, one.notes) for one in report.parts if one.failed] == []
    assert report.max_tca_error_ms <= 0.01
    assert report.max_miss_error_m <= 0.01
    hashes = next(one.figures["sha256"] for one in report.parts if one.part == "settings")
    assert isinstance(hashes, dict)
    assert len(hashes) == 11
    assert len(set(hashes.values())) == 1
    assert report.holds


def test_without_data_every_part_of_the_campaign_is_on_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(SAMPLE, days=0.125, shell_hours=3.0, minima=200, every_sort=300, settings_hours=1.0)
    monkeypatch.setattr(screening, "SAMPLE", small)
    report = run(None)
    assert [one.part for one in report.parts] == list(PARTS)
    assert (report.catalogue, report.failed) == ("synthetic", 0)
    assert json.loads(json.dumps(report.as_dict()))["cases"] > 50


def test_a_campaign_that_sees_a_loss_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(*given: Any, **settings: Any) -> ScreeningResult:
        result = real_screen(*given, **settings)
        kept = [one for n, one in enumerate(result.encounters) if n % 3]
        return replace(result, encounters=Encounters.of(kept))

    monkeypatch.setattr(screening, "screen", forgetful)
    report = campaign(sample_catalogue(START, 1), SAMPLE, parts=("shell", "belt"))
    assert sum(one.missed for one in report.parts) > 0
    assert not report.holds
