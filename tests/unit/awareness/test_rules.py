"""When a watch speaks, and when it is silent."""

from datetime import UTC, datetime, timedelta

import pytest

from space_hub.awareness.following.levels import Basis, Level, Thresholds
from space_hub.awareness.following.rules import AlertState, Before, Coverage, Decision, Look, Rule, decide, is_material
from space_hub.errors import Invalid

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


RISKS = Rule(miss_distance_m=0.0, window_h=48.0, level_from=Level.AMBER)


def risky(pc: float | None, *, pc_max: float = 1e-3, diluted: bool = False, miss_m: float = 3000.0) -> Look:
    return Look(miss_m, pc=pc, pc_max=pc_max, diluted=diluted)


def told(level: Level, miss_m: float = 3000.0) -> Before:
    return Before(AlertState.RAISED, miss_m, level)


def test_a_watch_speaks_from_its_level_on_at_any_distance_and_never_on_the_maximum_alone() -> None:
    """Sabotage seen: `risky` by `pc_max` raises the second look."""
    assert decide(RISKS, None, risky(1e-5), COVERED) == Decision(AlertState.RAISED, "alert.reason.first_risky")
    assert decide(RISKS, None, risky(9.9e-6, pc_max=0.1, diluted=True), COVERED) is None
    assert decide(RISKS, None, risky(None, miss_m=100.0), COVERED) is None, "a level by distance is not a probability"
    both = Rule(1000.0, 48.0, level_from=Level.RED)
    assert decide(both, None, risky(1e-9, miss_m=900.0), COVERED) == Decision(
        AlertState.RAISED, "alert.reason.first_seen"
    )
    assert decide(both, None, risky(9e-5), COVERED) is None


def test_another_level_is_news_and_the_same_level_is_silence() -> None:
    """Sabotage seen: with the levels exchanged in `_news` it rises when it falls."""
    assert decide(RISKS, told(Level.AMBER), risky(2e-4), COVERED) == Decision(
        AlertState.REVISED, "alert.reason.escalated"
    )
    assert decide(RISKS, told(Level.RED), risky(2e-5), COVERED) == Decision(
        AlertState.REVISED, "alert.reason.de_escalated"
    )
    assert decide(RISKS, told(Level.AMBER), risky(3e-5), COVERED) is None
    near = Rule(5000.0, 48.0)
    assert decide(near, told(Level.LOW), risky(1e-8), COVERED) == Decision(
        AlertState.REVISED, "alert.reason.de_escalated"
    )
    assert decide(near, Before(AlertState.RAISED, 3000.0), risky(1e-3), COVERED) is None, "told before levels were kept"


def test_a_diluted_probability_is_no_all_clear_and_an_undiluted_one_is() -> None:
    """Sabotage seen: without `open_question` the first look clears."""
    fallen = risky(1e-6, pc_max=1e-4, diluted=True)
    assert decide(RISKS, told(Level.AMBER), fallen, COVERED) == Decision(
        AlertState.REVISED, "alert.reason.de_escalated"
    )
    assert decide(RISKS, told(Level.LOW), fallen, COVERED) is None
    gone = Decision(AlertState.CLEARED, "alert.reason.below_watch")
    assert decide(RISKS, told(Level.LOW), risky(1e-6, pc_max=1e-4), COVERED) == gone
    assert decide(RISKS, told(Level.LOW), risky(1e-6, pc_max=9e-6, diluted=True), COVERED) == gone


def test_levels_follow_the_probability_and_say_what_they_rest_on() -> None:
    """Sabotage seen: with `diluted` left out of `level` the fourth is below the floor."""
    limits = Thresholds()
    cases = [(1e-4, False), (1e-5, False), (1e-7, False), (9e-8, True), (9e-8, False), (None, False)]
    assert [limits.level(2000.0, pc, diluted) for pc, diluted in cases] == [
        *(Level.RED, Level.AMBER, Level.LOW, Level.LOW, Level.BELOW, Level.LOW)
    ]
    assert [limits.basis(pc, diluted) for pc, diluted in cases[2:]] == [
        *(Basis.PROBABILITY, Basis.DILUTION, Basis.PROBABILITY, Basis.DISTANCE)
    ]
    assert limits.level(1000.0, None, False) is Level.AMBER


@pytest.mark.parametrize("limits", [(1e-5, 1e-4, 1e-7), (1e-4, 1e-5, 1e-4), (2.0, 1e-5, 1e-7), (1e-4, 1e-5, 0.0)])
def test_thresholds_out_of_order_are_refused(limits: tuple[float, float, float]) -> None:
    """Sabotage seen: without the comparison with 0 the last one passes."""
    with pytest.raises(Invalid, match=r"watch\.thresholds_wrong"):
        Thresholds(*limits).check()
