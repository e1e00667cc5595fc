"""When a watch speaks, and when it is silent."""

from datetime import UTC, datetime, timedelta

import pytest

from space_hub.awareness.following.rules import AlertState, Before, Coverage, Decision, Look, Rule, decide, is_material

RULE = Rule(miss_distance_m=1000.0, window_h=48.0)
COVERED = Coverage(tca_inside=True, objects_followed=True, objects_retired=False, threshold_m=5000.0)
RAISED = Before(AlertState.RAISED, 800.0)


def state_of(decision: Decision | None) -> AlertState | None:
    return None if decision is None else decision.state


def test_a_first_look_within_the_distance_raises_and_one_beyond_it_is_silent() -> None:
    assert state_of(decide(RULE, None, Look(1000.0), COVERED)) is AlertState.RAISED
    assert decide(RULE, None, Look(1000.1), COVERED) is None
    assert decide(RULE, None, None, COVERED) is None


def test_a_look_that_changes_little_is_silence_and_a_material_change_speaks() -> None:
    """Sabotage seen: `is_material` answering True turned the first assertion red."""
    assert decide(RULE, RAISED, Look(779.0), COVERED) is None
    assert decide(RULE, RAISED, Look(550.0), COVERED) == Decision(AlertState.REVISED, "alert.reason.nearer")
    far = Before(AlertState.REVISED, 500.0)
    assert decide(RULE, far, Look(760.0), COVERED) == Decision(AlertState.REVISED, "alert.reason.farther")
    assert is_material(90.0, 45.0)
    assert not is_material(90.0, 46.0)


def test_an_encounter_that_moved_away_is_taken_back() -> None:
    assert decide(RULE, RAISED, Look(1200.0), COVERED) == Decision(AlertState.CLEARED, "alert.reason.beyond_watch")
    assert decide(RULE, RAISED, None, COVERED) == Decision(AlertState.CLEARED, "alert.reason.not_found")


@pytest.mark.parametrize(
    "coverage",
    [
        Coverage(False, True, False, 5000.0),
        Coverage(True, False, False, 5000.0),
        Coverage(True, True, False, 999.0),
    ],
    ids=["time outside the window", "an object was not followed", "a narrower radius than the watch"],
)
def test_a_run_that_could_not_have_found_it_clears_nothing(coverage: Coverage) -> None:
    """Sabotage seen: dropping any one of the three conditions in `decide` turned its case red."""
    assert decide(RULE, RAISED, None, coverage) is None


def test_an_identity_that_ended_closes_its_alerts_with_that_reason() -> None:
    gone = Coverage(True, False, True, 5000.0)
    assert decide(RULE, RAISED, None, gone) == Decision(AlertState.CLEARED, "alert.reason.identity_ended")


def test_what_was_cleared_is_raised_again_when_it_returns_and_is_cleared_once() -> None:
    cleared = Before(AlertState.CLEARED, None)
    assert decide(RULE, cleared, Look(400.0), COVERED) == Decision(AlertState.RAISED, "alert.reason.returned")
    assert decide(RULE, cleared, None, COVERED) is None
    assert decide(RULE, cleared, Look(3000.0), COVERED) is None


def test_a_look_that_the_window_cuts_tells_that_they_come_nearer_and_never_an_all_clear() -> None:
    """Sabotage seen: without the look at `cut` the distance at the window's edge clears the alert."""
    assert decide(RULE, RAISED, Look(4000.0, cut=True), COVERED) is None
    assert decide(RULE, Before(AlertState.REVISED, 500.0), Look(900.0, cut=True), COVERED) is None
    assert state_of(decide(RULE, RAISED, Look(300.0, cut=True), COVERED)) is AlertState.REVISED
    assert state_of(decide(RULE, None, Look(300.0, cut=True), COVERED)) is AlertState.RAISED


def test_a_watch_reaches_its_window_and_no_farther() -> None:
    start = datetime(2024, 11, 2, tzinfo=UTC)
    assert RULE.reaches(start + timedelta(hours=48), start)
    assert not RULE.reaches(start + timedelta(hours=48, seconds=1), start)
    assert not RULE.reaches(start - timedelta(seconds=1), start)
