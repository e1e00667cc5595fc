"""From the match to a contract in working days, and against the clock of the study."""

from datetime import UTC, datetime, timedelta

from catalog.dossier.dates import STEPS, slack, way
from catalog.dossier.study import Clock
from tests.unit.dossier.cases import AT, STATED


def test_the_way_to_a_contract_is_reckoned_in_working_days() -> None:
    """Sabotage seen: calendar days. 20 November 2024 is a Wednesday; Christmas and New Year lie between."""
    steps = {each.step: each.at.date().isoformat() for each in way(AT)}
    assert steps["ask"] == "2024-11-21"
    assert steps["answers"] == "2024-12-05"
    assert steps["study"] == "2024-12-17"
    assert steps["contract"] == "2025-02-21"
    assert [each.days for each in way(AT)] == [days for _, days in STEPS]


def test_slack_is_told_in_days_and_is_negative_when_it_is_too_late() -> None:
    due = Clock("study_done", 3, datetime(2025, 2, 4, tzinfo=UTC), None)
    assert slack(due, datetime(2024, 12, 17, tzinfo=UTC)) == 49
    assert slack(due, datetime(2025, 2, 6, tzinfo=UTC)) == -2
    assert STATED + timedelta(days=92) == datetime(2025, 2, 4, 9, 30, tzinfo=UTC)
