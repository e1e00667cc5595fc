"""A competition moves only as its table says, by whom it says, and closes by the clock alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from catalog.competition import states
from catalog.competition.states import Actor, Clocks, Event, Opener, State
from space_hub.errors import Conflict, Forbidden, HubError, Invalid

DEADLINE = datetime(2027, 3, 4, 15, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CLOCKS = Clocks(DEADLINE, DEADLINE + timedelta(days=14))

WAYS = """
draft publish authority open
open cancel authority cancelled
open close clock closed
closed release opener closed
closed open opener opened
closed cancel authority cancelled
closed no_quote clock unsuccessful
opened decide authority standstill
opened none_fits authority unsuccessful
standstill complaint_accepted authority opened
standstill cancel authority cancelled
standstill standstill_over clock awarded
"""
"""The contract's table, written down apart from the code."""


def test_every_pair_of_state_and_event_goes_where_the_contract_says_or_is_refused() -> None:
    """Sabotage seen: opened to cancelled added to the table; complaint leading to closed."""
    ways = {(one, two): (who, after) for one, two, who, after in map(str.split, WAYS.strip().splitlines())}
    for state, event, actor in product(State, Event, Actor):
        who, after = ways.get((state.value, event.value), (None, None))
        if who == actor.value:
            assert states.next_state(state, event, actor, "for a reason").value == after
        else:
            with pytest.raises((Conflict, Forbidden)):
                states.next_state(state, event, actor, "for a reason")


def test_what_has_ended_goes_nowhere() -> None:
    assert {state for state, _ in states.TRANSITIONS} & states.FINAL == set()
    assert {after for after, _ in states.TRANSITIONS.values()} | {State.DRAFT} == set(State)


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (State.OPEN, Event.CANCEL),
        (State.OPENED, Event.NONE_FITS),
        (State.STANDSTILL, Event.COMPLAINT_ACCEPTED),
    ],
)
def test_what_ends_or_turns_back_a_competition_is_given_a_reason(state: State, event: Event) -> None:
    with pytest.raises(Invalid) as refused:
        states.next_state(state, event, Actor.AUTHORITY, "  ")
    assert refused.value.code == "competition.reason_missing"


def test_a_competition_is_closed_at_its_deadline_though_no_loop_has_looked() -> None:
    """Sabotage seen: `>` for `>=` took a quote at the deadline itself; `standing` giving back the kept state."""
    states.quotable(State.OPEN, CLOCKS, DEADLINE - SECOND)
    for late in (DEADLINE, DEADLINE + SECOND):
        assert states.standing(State.OPEN, CLOCKS, late) is State.CLOSED
        with pytest.raises(Conflict) as refused:
            states.quotable(State.OPEN, CLOCKS, late)
        assert refused.value.code == "competition.takes_no_quotes"
    for other in set(State) - {State.OPEN}:
        with pytest.raises(Conflict):
            states.quotable(other, CLOCKS, DEADLINE - SECOND)


def test_nothing_is_opened_before_the_deadline_nor_twice() -> None:
    with pytest.raises(Conflict) as refused:
        states.openable(State.OPEN, CLOCKS, DEADLINE - SECOND)
    assert refused.value.code == "competition.not_due"
    states.openable(State.OPEN, CLOCKS, DEADLINE)
    states.openable(State.CLOSED, CLOCKS, DEADLINE)
    for opened in (State.OPENED, State.STANDSTILL, State.AWARDED):
        with pytest.raises(Conflict) as refused:
            states.openable(opened, CLOCKS, DEADLINE + SECOND)
        assert refused.value.code == "competition.already_opened"
    for ended in (State.CANCELLED, State.UNSUCCESSFUL):
        with pytest.raises(Conflict) as refused:
            states.openable(ended, CLOCKS, DEADLINE + SECOND)
        assert refused.value.code == "competition.step_not_possible"


def test_an_award_holds_from_the_end_of_the_standstill_on() -> None:
    assert CLOCKS.standstill_until is not None
    assert states.standing(State.STANDSTILL, CLOCKS, CLOCKS.standstill_until - SECOND) is State.STANDSTILL
    assert states.standing(State.STANDSTILL, CLOCKS, CLOCKS.standstill_until) is State.AWARDED
    assert states.standing(State.OPENED, CLOCKS, CLOCKS.standstill_until) is State.OPENED


HAAG = Opener("opn_haag", "org_lead", "Mila de Vries", "key_1", b"1", confirmed=True)
LYON = Opener("opn_lyon", "org_agency", "Paul Morel", "key_2", b"2", confirmed=True)
OSLO = Opener("opn_oslo", "org_agency", "Kari Dahl", "key_3", b"3", confirmed=True)


def test_two_confirmed_people_of_whom_one_is_of_the_lead_may_open() -> None:
    assert states.faults_of_openers([HAAG, LYON], "org_lead") == []
    assert states.faults_of_openers([OSLO, LYON, HAAG], "org_lead") == []
    assert [states.spare_keys([HAAG, LYON, OSLO][:number]) for number in (2, 3)] == [0, 1]


@pytest.mark.parametrize(
    ("openers", "code"),
    [
        ([HAAG], "competition.openers_number"),
        ([HAAG, replace(LYON, confirmed=False)], "competition.opener_not_ready"),
        ([HAAG, replace(LYON, retired=True)], "competition.opener_not_ready"),
        ([HAAG, replace(LYON, person_name="mila DE VRIES ")], "competition.opener_twice"),
        ([HAAG, replace(LYON, key_id="key_1")], "competition.opener_twice"),
        ([HAAG, replace(LYON, public_key=b"1")], "competition.opener_twice"),
        ([LYON, OSLO], "competition.opener_of_lead_missing"),
    ],
)
def test_openers_who_are_too_few_or_the_same_or_not_ready_are_refused(openers: list[Opener], code: str) -> None:
    """Sabotage seen: each of name, key and public key left out of the comparison."""
    assert [fault.code for fault in states.faults_of_openers(openers, "org_lead")] == [code]


def test_an_authority_may_leave_the_ranking_with_a_reason_but_not_the_quotes_that_were_ranked() -> None:
    states.check_award(["qte_a", "qte_b"], "qte_a", "")
    states.check_award(["qte_a", "qte_b"], "qte_b", "The first has withdrawn its satellite.")
    found = []
    for awarded in ("qte_b", "qte_c"):
        with pytest.raises(HubError) as refused:
            states.check_award(["qte_a", "qte_b"], awarded, " ")
        found.append(refused.value.code)
    assert found == ["competition.award_reason_missing", "competition.award_not_ranked"]
