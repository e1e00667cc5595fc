"""The states of providers and applications: only the tables' transitions exist."""

from itertools import product

import pytest

from providers.lifecycle import (
    EDITABLE,
    OPEN,
    STEPS,
    TRANSITIONS,
    Event,
    State,
    Status,
    Step,
    after,
    step,
)
from space_hub.errors import Conflict


def test_a_provider_becomes_verified_by_a_rule_a_person_an_appeal_or_new_papers_and_no_other_way() -> None:
    into = {pair for pair, end in TRANSITIONS.items() if end is Status.VERIFIED and pair[0] is not Status.VERIFIED}
    assert into == {
        (Status.SUBMITTED, Event.AUTO),
        (Status.SUBMITTED, Event.VERIFY),
        (Status.APPEALED, Event.OVERTURN),
        (Status.SUSPENDED, Event.REINSTATE),
        (Status.LAPSED, Event.RENEW),
    }


@pytest.mark.parametrize(("status", "event"), list(product(Status, Event)))
def test_every_other_event_is_refused_and_says_what_is_possible(status: Status, event: Event) -> None:
    if (status, event) in TRANSITIONS:
        assert after(status, event) is TRANSITIONS[(status, event)]
        return
    with pytest.raises(Conflict) as caught:
        after(status, event)
    for possible in (each for state, each in TRANSITIONS if state is status):
        assert possible.value in str(caught.value.params["possible"])


@pytest.mark.parametrize(("state", "taken"), list(product(State, Step)))
def test_every_other_step_is_refused_and_says_what_is_possible(state: State, taken: Step) -> None:
    if (state, taken) in STEPS:
        assert step(state, taken) is STEPS[(state, taken)]
        return
    with pytest.raises(Conflict) as caught:
        step(state, taken)
    for possible in (each for start, each in STEPS if start is state):
        assert possible.value in str(caught.value.params["possible"])


def test_no_status_of_a_provider_is_left_for_ever_and_every_one_is_reached() -> None:
    reached = {Status.DRAFT}
    while more := {end for (start, _), end in TRANSITIONS.items() if start in reached} - reached:
        reached |= more
    assert reached == set(Status)
    assert {start for start, _ in TRANSITIONS} == set(Status)


def test_every_open_application_can_end_and_nothing_that_ended_is_judged_without_an_appeal() -> None:
    """Sabotage seen: (REJECTED, APPROVE) in the table made a rejection something that may be taken back in silence."""
    for state in OPEN:
        seen = {state}
        while more := {end for (start, _), end in STEPS.items() if start in seen} - seen:
            seen |= more
        assert seen - OPEN
    over = set(State) - OPEN
    assert {pair for pair in STEPS if pair[0] in over} == {
        (State.REJECTED, Step.DEBRIEF),
        (State.REJECTED, Step.APPEAL),
        (State.APPROVED, Step.EXPIRE),
    }


def test_a_profile_is_fixed_while_it_is_judged() -> None:
    assert EDITABLE.isdisjoint({Status.SUBMITTED, Status.APPEALED, Status.SUSPENDED})
