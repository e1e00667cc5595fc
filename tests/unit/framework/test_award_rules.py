"""When an award of another body stands for a new competition, and every way in which it does not."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.framework.award_rules import Buyers, EarlierAward, faults, months_later

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
POOL = Buyers(frozenset({"FR", "DE", "UA"}), "prv_a", "imagery.optical", NOW)
AWARD = EarlierAward(
    body_nation="DE",
    awarded_at=datetime(2024, 6, 1, tzinfo=UTC),
    by_competition=True,
    provider_id="prv_a",
    capability="imagery.optical",
    evidence_sha256="ab" * 32,
    evidence_in_force=True,
)


def test_an_award_of_a_participants_body_by_competition_may_be_used() -> None:
    assert faults(AWARD, POOL) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"by_competition": False}, "reuse.without_competition"),
        ({"body_nation": "PL"}, "reuse.body_not_participating"),
        ({"body_nation": "UA"}, "reuse.body_not_participating"),
        ({"evidence_sha256": ""}, "reuse.evidence_missing"),
        ({"evidence_in_force": False}, "reuse.evidence_not_in_force"),
        ({"provider_id": "prv_b"}, "reuse.other_supplier"),
        ({"capability": "radar.sar"}, "reuse.other_capability"),
        ({"awarded_at": datetime(2027, 3, 1, 12, 0, 1, tzinfo=UTC)}, "reuse.not_yet_awarded"),
        ({"awarded_at": datetime(2023, 3, 1, 11, 59, 59, tzinfo=UTC)}, "reuse.too_old"),
    ],
)
def test_each_fault_is_named_alone(change: dict[str, Any], code: str) -> None:
    """A partner's body is participating and no Ally. Sabotage seen: `not in ALLIES` left out; `<` turned round."""
    assert [each.code for each in faults(replace(AWARD, **change), POOL)] == [code]


def test_an_award_lasts_to_the_second_of_its_last_month() -> None:
    assert faults(replace(AWARD, awarded_at=datetime(2023, 3, 1, 12, tzinfo=UTC)), POOL) == []


def test_several_faults_are_all_named() -> None:
    wrong = replace(AWARD, by_competition=False, evidence_sha256="", provider_id="prv_b")
    assert [each.code for each in faults(wrong, POOL)] == [
        "reuse.without_competition",
        "reuse.evidence_missing",
        "reuse.other_supplier",
    ]


def test_a_month_that_is_shorter_ends_on_its_last_day() -> None:
    """From 29 February of a leap year four years lead to one, 47 months do not."""
    leap = datetime(2024, 2, 29, 8, tzinfo=UTC)
    assert months_later(leap, 48) == datetime(2028, 2, 29, 8, tzinfo=UTC)
    assert months_later(leap, 12) == datetime(2025, 2, 28, 8, tzinfo=UTC)
    assert months_later(datetime(2023, 12, 31, tzinfo=UTC), 2) == datetime(2024, 2, 29, tzinfo=UTC)
