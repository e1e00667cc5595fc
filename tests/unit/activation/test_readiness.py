"""What evidence an activation gives, and the value made of it, against figures written beforehand."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.activation.readiness import (
    MISSED,
    Evidence,
    Outcome,
    Source,
    Tally,
    counts_at,
    outcome,
    parts_reached,
    score,
)
from catalog.activation.rules import Act, Activation, Person, Promise, Ramp, step, turn
from catalog.activation.states import Event, Side
from catalog.matching import fit
from space_hub.vocabulary.phases import Phase

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROMISE = Promise(
    timedelta(minutes=15),
    timedelta(hours=1),
    (Ramp(timedelta(hours=2), Fraction(1, 2)), Ramp(timedelta(hours=4), Fraction(1))),
)
WHOLE = 100


def activation(*steps: tuple[Event, float, int | None]) -> Activation:
    """An activation of 100 parts noticed at `NOW`; steps as (event, hours after the notice, parts)."""
    found = Activation(PROMISE, WHOLE)
    for number, name in enumerate(("Anna Berg", "Bram Visser")):
        found = step(found, Act(Event.APPROVE, Side.AUTHORITY, NOW, Person(f"key_{number}", name), WHOLE))
    for event, hours, parts in steps:
        side = Side.BUYER if event is Event.STAND_DOWN else Side.SUPPLIER
        act = Act(event, side, NOW + timedelta(hours=hours), Person("key_9", "Desk"), parts, "as reported")
        found = step(found, act)
    return found


ACK, RAMP, REACH, REFUSE = Event.ACKNOWLEDGE, Event.RAMP, Event.REACH, Event.REFUSE
FALL, STAND_DOWN = Event.FALL_SHORT, Event.STAND_DOWN
IN_TIME = ((ACK, 0.1, WHOLE), (RAMP, 0.9, 50), (REACH, 3.0, WHOLE))


@pytest.mark.parametrize(
    ("steps", "arrived", "expected", "reached"),
    [
        (IN_TIME, True, "met", 100),
        (IN_TIME, False, "met", 100),
        ((*IN_TIME, (STAND_DOWN, 3.5, None)), True, "met", 100),
        ((*IN_TIME, (FALL, 5.0, 40), (REACH, 6.0, WHOLE)), True, "short", 100),
        ((*IN_TIME, (FALL, 3.2, 60), (REACH, 3.9, WHOLE)), True, "met", 100),
        (((ACK, 0.3, WHOLE), (RAMP, 0.9, 50), (REACH, 3.0, WHOLE)), True, "late", 100),
        (((ACK, 0.3, WHOLE), (RAMP, 0.9, 50), (REACH, 3.0, WHOLE)), False, "excused", 100),
        (((ACK, 0.1, WHOLE), (RAMP, 0.9, 50), (REACH, 4.5, WHOLE)), True, "late", 100),
        (((ACK, 0.1, WHOLE), (RAMP, 0.9, 50), (RAMP, 3.0, 99)), True, "short", 99),
        (((ACK, 0.1, 80), (RAMP, 0.9, 50), (REACH, 3.0, 80)), True, "short", 80),
        (((ACK, 0.1, WHOLE), (REFUSE, 0.5, None)), True, "refused", 0),
        (((REFUSE, 0.1, None),), False, "refused", 0),
        ((), True, "short", 0),
        ((), False, "excused", 0),
        (((STAND_DOWN, 0.2, None),), True, None, 0),
        (((STAND_DOWN, 0.5, None),), True, "late", 0),
        (((ACK, 0.1, 80), (STAND_DOWN, 0.5, None)), True, "short", 0),
        (((ACK, 0.1, WHOLE), (RAMP, 0.9, 50), (STAND_DOWN, 2.5, None)), True, None, 50),
    ],
)
def test_each_history_says_what_was_written_beside_it(
    steps: tuple[tuple[Event, float, int | None], ...], arrived: bool, expected: str | None, reached: int
) -> None:
    """Sabotage seen: a dead dispatch not excusing, a partial acceptance taken for the whole, and a later fall not
    looked at, each turned a row red."""
    found = turn(activation(*steps), NOW + timedelta(hours=9))
    assert outcome(found, NOW + timedelta(hours=9), notice_arrived=arrived) == expected
    assert parts_reached(found) == reached


def test_what_is_not_over_or_was_never_notified_says_nothing() -> None:
    half = Activation(PROMISE, WHOLE)
    assert outcome(half, NOW, notice_arrived=True) is None
    ramping = activation(*IN_TIME[:2])
    assert outcome(ramping, NOW + timedelta(hours=1), notice_arrived=True) is None


def evidence(result: str, days_ago: float = 10, phase: Phase = Phase.CRISIS) -> Evidence:
    happened = NOW - timedelta(days=days_ago)
    return Evidence(Source.DRILL, phase, Outcome(result), happened, happened + timedelta(days=2))


@pytest.mark.parametrize(
    ("met", "missed", "excused", "value"),
    [
        (0, 0, 0, 0.5),
        (0, 0, 7, 0.5),
        (10, 0, 0, 0.75),
        (0, 10, 0, 0.25),
        (3, 2, 1, 8 / 15),
        (30, 0, 0, 0.875),
    ],
)
def test_the_value_starts_neutral_and_excused_counts_nowhere(met: int, missed: int, excused: int, value: float) -> None:
    """Sabotage seen: excused evidence counted in the denominator turned two rows red."""
    given_ = [evidence("met")] * met + [evidence("late")] * missed + [evidence("excused")] * excused
    assert score(given_, NOW).overall == Tally(value, met, missed, excused)


def test_the_prior_is_the_one_of_an_offerings_record() -> None:
    alone = score([evidence("met")], NOW).overall.value
    assert alone == (1 + fit.NEUTRAL_RECORD * fit.PRIOR_DELIVERIES) / (1 + fit.PRIOR_DELIVERIES)


def test_each_phase_is_told_by_itself_and_a_newcomer_stands_at_one_half_in_all() -> None:
    found = score([evidence("met"), evidence("short", phase=Phase.CONFLICT)], NOW)
    assert found.per_phase == {
        Phase.PEACE: Tally(),
        Phase.CRISIS: Tally(6 / 11, met=1),
        Phase.CONFLICT: Tally(5 / 11, missed=1),
    }
    assert score([], NOW).newest_age is None
    assert set(score([], NOW).per_phase.values()) == {Tally()}


def test_evidence_counts_at_the_reply_or_after_two_working_days() -> None:
    """A Friday at noon and two working days is Tuesday at noon. Sabotage seen: evidence that does not count yet let
    in, and two days that do not stand still at the weekend, each turned it red."""
    friday = datetime(2026, 3, 6, 12, tzinfo=UTC)
    tuesday = datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert counts_at(friday) == tuesday
    assert counts_at(friday, friday + timedelta(hours=1)) == friday + timedelta(hours=1)
    assert counts_at(friday, tuesday + timedelta(days=3)) == tuesday
    noted = Evidence(Source.DRILL, Phase.CRISIS, Outcome.REFUSED, friday, tuesday)
    assert score([noted], tuesday - timedelta(seconds=1)).overall == Tally()
    assert score([noted], tuesday).overall.missed == 1


some = st.lists(
    st.builds(evidence, st.sampled_from(list(Outcome)), st.floats(2, 4000), st.sampled_from(list(Phase))), max_size=12
)


@given(known=some, more=some.filter(bool), older=st.floats(0, 4000))
def test_laws_of_the_value(known: list[Evidence], more: list[Evidence], older: float) -> None:
    """Only a miss lowers it; age and order do not weigh. Sabotage seen: a value that halves each year turned it red."""
    before = score(known, NOW).overall.value
    assert 0 < before < 1
    after = score([*known, more[0]], NOW).overall.value
    if more[0].outcome in MISSED:
        assert after < before
    elif more[0].outcome is Outcome.MET:
        assert after > before
    else:
        assert after == before
    back = timedelta(days=older)
    aged = [
        Evidence(each.source, each.phase, each.outcome, each.happened_at - back, each.counts_at - back)
        for each in reversed(known)
    ]
    one, other = score(known, NOW), score(aged, NOW)
    assert (one.overall, one.per_phase) == (other.overall, other.per_phase)
    if one.newest_age is not None:
        assert other.newest_age == one.newest_age + back
