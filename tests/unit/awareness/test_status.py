"""What becomes of an encounter, step by step, and why."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

import pytest

from space_hub.awareness.following.levels import Level
from space_hub.awareness.following.status import TABLE, Absence, Event, Sighting, Status, Step, history
from space_hub.text import say

NOW = datetime(2024, 11, 1, tzinfo=UTC)
TCA = NOW + timedelta(days=3)


def look(hour: float, miss_m: float = 2_000.0, pc: float | None = None, *, cut: bool = False) -> Sighting:
    at = NOW + timedelta(hours=hour)
    return Sighting(at, f"run_{hour}", TCA + timedelta(seconds=hour / 100), miss_m, pc, cut=cut)


def absence(hour: float, *, ended: bool = False) -> Absence:
    return Absence(NOW + timedelta(hours=hour), f"run_{hour}", 5_000.0, ended)


def told(*evidence: Sighting | Absence, until_h: float = 48.0) -> list[Step]:
    looks = [one for one in evidence if isinstance(one, Sighting)]
    absences = [one for one in evidence if isinstance(one, Absence)]
    return history(looks, absences, NOW + timedelta(hours=until_h))


def statuses(*evidence: Sighting | Absence, until_h: float = 48.0) -> list[str]:
    return [step.status.value for step in told(*evidence, until_h=until_h)]


def test_the_probability_leads_where_there_is_one() -> None:
    """Sabotage seen: with the limits of red and amber exchanged the second step is no escalation."""
    steps = told(look(0, pc=3e-6), look(8, pc=2e-4), look(16, pc=3e-5), look(24, pc=2e-5), look(32, pc=1e-9))
    assert [step.status.value for step in steps] == ["new", "escalated", "de_escalated", "updated", "cleared"]
    assert [step.level.value for step in steps] == ["low", "red", "amber", "amber", "below"]
    assert [step.source for step in steps][:2] == ["run_0", "run_8"]


def test_a_distance_alone_escalates_but_neither_makes_red_nor_clears() -> None:
    """Sabotage seen: with BELOW for a distance without probability the last step is `cleared`."""
    steps = told(look(0, 4_000.0), look(8, 600.0), look(16, 0.5), look(24, 4_900.0))
    assert [step.status.value for step in steps] == ["new", "escalated", "updated", "de_escalated"]
    assert {step.level for step in steps} == {Level.LOW, Level.AMBER}


def test_a_small_probability_that_is_diluted_does_not_clear() -> None:
    """Sabotage seen: without `diluted` in the level the step is `cleared`."""
    diluted = Sighting(NOW + timedelta(hours=8), "run_8", TCA, 400.0, 1e-9, diluted=True)
    assert statuses(look(0, pc=3e-5), diluted) == ["new", "de_escalated"]


def test_what_a_run_no_longer_finds_vanishes_unless_it_was_near_the_radius_anyway() -> None:
    """Sabotage seen: with a margin of 0 m the encounter at 4,800 m vanishes and asks for an eye."""
    assert statuses(look(0, 900.0), absence(8)) == ["new", "vanished"]
    assert statuses(look(0, 4_800.0), absence(8), absence(16)) == ["new", "cleared"]
    assert told(look(0), absence(8, ended=True))[-1].reason == "conjunction.reason.identity_ended"


def test_what_was_gone_and_is_seen_again_is_not_new() -> None:
    assert statuses(look(0, 4_900.0), absence(8), look(16, 4_800.0)) == ["new", "cleared", "updated"]
    assert statuses(look(0, 4_900.0), absence(8), look(16, 300.0)) == ["new", "cleared", "escalated"]
    assert statuses(look(0, 900.0), absence(8), absence(16), look(24, 900.0)) == ["new", "vanished", "updated"]


def test_a_look_cut_by_the_edge_of_a_window_never_lowers_a_level() -> None:
    """Sabotage seen: without the guard the second step is `de_escalated`."""
    assert statuses(look(0, 300.0), look(8, 4_000.0, cut=True)) == ["new", "updated"]


def test_two_sources_that_disagree_do_not_take_turns() -> None:
    """Sabotage seen: with one line for all, the run after the message is `de_escalated`."""
    message = Sighting(NOW + timedelta(hours=4), "msg", TCA, 300.0, 3e-4, line="cdm")
    steps = told(look(0), message, look(8), absence(16))
    assert [step.status.value for step in steps] == ["new", "escalated", "updated", "updated"]
    assert {step.level for step in steps[1:]} == {Level.RED}
    assert steps[3].reason == "conjunction.reason.not_found"
    assert statuses(message, absence(16)) == ["new"]


def test_time_ends_it_once_and_what_comes_later_is_late() -> None:
    """Sabotage seen: without the look at the clock before each piece of evidence the late look is `updated`."""
    steps = told(look(0), look(8), look(80), until_h=90)
    assert [step.status.value for step in steps] == ["new", "updated", "expired", "expired"]
    assert steps[2].at == TCA + timedelta(seconds=0.08)
    assert steps[3].reason == "conjunction.reason.late"
    assert statuses(look(0), absence(80), until_h=90) == ["new", "expired"]
    assert statuses(look(80), until_h=90) == ["new", "expired"]


def test_without_a_look_there_is_no_status() -> None:
    assert told(absence(8)) == []


def test_the_order_in_which_evidence_is_given_is_no_matter() -> None:
    evidence: list[Sighting | Absence] = [look(0, pc=1e-6), look(8, pc=1e-3), absence(16), look(24, pc=1e-9)]
    assert told(*evidence) == told(*reversed(evidence))


def test_whatever_comes_has_a_transition_and_a_sentence() -> None:
    """Sabotage seen: a row left out of the table ends this with a KeyError."""
    levels = product((None, 1e-9, 1e-6, 1e-3), (9.0, 4_900.0))
    choices: list[Callable[[float], Sighting | Absence]] = [
        *(partial(look, miss_m=miss_m, pc=pc) for pc, miss_m in levels),
        absence,
        partial(absence, ended=True),
    ]
    for some in product(choices, repeat=4):
        for step in told(*(make(hour) for hour, make in zip((0, 8, 16, 80), some, strict=True)), until_h=90):
            for language in ("en", "fr"):
                assert say(step.reason, language, **step.params)


@pytest.mark.parametrize("event", [event for event in Event if event is not Event.LATE])
def test_what_is_over_stays_over(event: Event) -> None:
    assert (Status.EXPIRED, event) not in TABLE
