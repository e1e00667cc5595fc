"""The provider's states: only the table's transitions exist."""

from itertools import product

import pytest

from providers.lifecycle import EDITABLE, TRANSITIONS, Event, Status, after
from space_hub.errors import Conflict


def test_only_a_submitted_provider_can_be_verified_and_only_a_suspended_one_reinstated() -> None:
    to_verified = {pair for pair, status in TRANSITIONS.items() if status is Status.VERIFIED}
    assert to_verified == {(Status.SUBMITTED, Event.VERIFY), (Status.SUSPENDED, Event.REINSTATE)}


@pytest.mark.parametrize(("status", "event"), list(product(Status, Event)))
def test_every_other_step_is_refused_and_says_what_is_possible(status: Status, event: Event) -> None:
    if (status, event) in TRANSITIONS:
        assert after(status, event) is TRANSITIONS[(status, event)]
        return
    with pytest.raises(Conflict) as caught:
        after(status, event)
    for possible in (each for state, each in TRANSITIONS if state is status):
        assert possible.value in str(caught.value.params["possible"])


def test_no_state_is_left_for_ever() -> None:
    reached = {Status.DRAFT}
    while more := {end for (start, _), end in TRANSITIONS.items() if start in reached} - reached:
        reached |= more
    assert reached == set(Status)
    assert {start for start, _ in TRANSITIONS} == set(Status)


def test_a_profile_is_fixed_while_it_is_judged_or_relied_on() -> None:
    assert EDITABLE.isdisjoint({Status.SUBMITTED, Status.VERIFIED, Status.SUSPENDED})
