"""From need to adoption: dates that are written once, and the clocks that are read from them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalog.demand.adoption import Step, clocks, months_later
from tests.support.demand import state
from tests.support.hub import Caller, Hub
from tests.support.supply import good

START = datetime(2025, 1, 31, tzinfo=UTC)


def take(planner: Caller, requirement_id: str, step: str) -> Any:
    return planner.post(f"/v1/requirements/{requirement_id}/adoption", {"step": step})


def test_a_step_is_dated_when_it_is_taken_and_never_again(hub: Hub) -> None:
    """Sabotage seen: a second stamp overwrote the first."""
    planner = hub.key("nation", "FR")
    stated = state(planner)
    hub.clock.advance(timedelta(days=10))
    good(take(planner, stated, "study_started"))
    hub.clock.advance(timedelta(days=10))
    refused = take(planner, stated, "study_started")
    assert (refused.status_code, refused.json()["code"]) == (409, "adoption.step_stamped")
    found = good(planner.get(f"/v1/requirements/{stated}/adoption"), 200)
    assert [(each["step"], each["at"]) for each in found["steps"]] == [
        ("need_stated", "2024-11-02T00:00:00Z"),
        ("study_started", "2024-11-12T00:00:00Z"),
    ]
    assert [(each["step"], each["due"]) for each in found["clocks"]] == [
        ("study_done", "2025-02-02T00:00:00Z"),
        ("trial_done", "2025-11-02T00:00:00Z"),
        ("adopted", "2026-11-02T00:00:00Z"),
    ]


@pytest.mark.parametrize(
    ("before", "step", "code"),
    [
        ([], "need_stated", "adoption.step_refused"),
        ([], "candidates_found", "adoption.step_refused"),
        ([], "study_done", "adoption.step_before_missing"),
        ([], "resumed", "adoption.step_refused"),
        (["paused"], "paused", "adoption.step_refused"),
        (["abandoned"], "study_started", "adoption.step_refused"),
    ],
)
def test_a_step_out_of_order_is_refused(hub: Hub, before: list[str], step: str, code: str) -> None:
    planner = hub.key("nation", "FR")
    stated = state(planner)
    for each in before:
        good(take(planner, stated, each))
    refused = take(planner, stated, step)
    assert (refused.status_code, refused.json()["code"]) == (409, code)


def test_a_pause_moves_what_is_due_and_no_date() -> None:
    """Sabotage seen: an open pause counted nothing."""
    steps = [
        (Step.NEED_STATED, START),
        (Step.PAUSED, START + timedelta(days=10)),
        (Step.RESUMED, START + timedelta(days=30)),
        (Step.STUDY_DONE, START + timedelta(days=100)),
        (Step.PAUSED, START + timedelta(days=200)),
    ]
    study, trial, adopted = clocks(steps, START + timedelta(days=240))
    assert study.due == datetime(2025, 4, 30, tzinfo=UTC) + timedelta(days=20)
    assert not study.late
    assert trial.due == datetime(2026, 1, 31, tzinfo=UTC) + timedelta(days=20 + 40)
    assert (trial.done_at, trial.late, adopted.months) == (None, False, 24)
    assert clocks(steps[:1], START + timedelta(days=100))[0].late


def test_the_same_day_months_later_is_the_last_of_a_shorter_month() -> None:
    assert months_later(START, 1) == datetime(2025, 2, 28, tzinfo=UTC)
    assert months_later(START, 24) == datetime(2027, 1, 31, tzinfo=UTC)
    assert months_later(datetime(2024, 2, 29, tzinfo=UTC), 12) == datetime(2025, 2, 28, tzinfo=UTC)
