"""The steps of an activation against tables of states and of seconds that were written beforehand."""

import itertools
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.activation.rules import (
    Act,
    Activation,
    Clock,
    Person,
    Promise,
    Ramp,
    Reached,
    clocks,
    measured,
    missed,
    step,
    turn,
    usable,
)
from catalog.activation.states import BINDING, FINAL, TABLE, Event, Side, State, next_state
from space_hub.errors import Conflict, Forbidden, HubError, Invalid

NOTICE_AT = datetime(2026, 3, 2, tzinfo=UTC)
ANNA, BRAM = Person("key_1", "Anna Berg"), Person("key_2", "Bram Visser")
DESK = Person("key_9", "Desk of the supplier")
PROMISE = Promise(
    acknowledge=timedelta(minutes=15),
    notice=timedelta(hours=1),
    ramp=(
        Ramp(timedelta(hours=2), Fraction(1, 3)),
        Ramp(timedelta(hours=4), Fraction(2, 3)),
        Ramp(timedelta(hours=6), Fraction(1)),
    ),
)


def at(clock: str) -> datetime:
    """`clock` as hours:minutes:seconds after the notice."""
    hours, minutes, seconds = map(int, clock.split(":"))
    return NOTICE_AT + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def act(event: Event, clock: str, parts: int | None = None, reason: str = "", side: Side = Side.SUPPLIER) -> Act:
    return Act(event, side, at(clock), DESK, parts, reason)


def approve(person: Person, parts: int, when: datetime = NOTICE_AT) -> Act:
    return Act(Event.APPROVE, Side.AUTHORITY, when, person, parts)


def notified(approved: int = 180, requested: int = 300, promise: Promise = PROMISE) -> Activation:
    first = step(Activation(promise, requested), approve(ANNA, approved, NOTICE_AT - timedelta(minutes=10)))
    return step(first, approve(BRAM, approved))


def played(*acts: Act, approved: int = 180) -> Activation:
    activation = notified(approved)
    for each in acts:
        activation = step(activation, each)
    return activation


STATES = "requested half_approved notified acknowledged ramping late at_capacity rejected withdrawn refused stood_down"
EXPECTED = {
    "approve": "half_approved notified - - - - - - - - -",
    "reject": "rejected rejected - - - - - - - - -",
    "withdraw": "withdrawn withdrawn - - - - - - - - -",
    "acknowledge": "- - acknowledged - - acknowledged - - - - -",
    "refuse_part": "- - - - - - - - - - -",
    "refuse": "- - refused refused refused refused - - - - -",
    "ramp": "- - - ramping ramping ramping - - - - -",
    "reach": "- - - at_capacity at_capacity at_capacity - - - - -",
    "miss": "- - late late late late - - - - -",
    "fall_short": "- - - - - - ramping - - - -",
    "stand_down": "- - stood_down stood_down stood_down stood_down stood_down - - - -",
}
WHOSE = {
    "approve": {"authority"},
    "reject": {"authority"},
    "withdraw": {"buyer"},
    "acknowledge": {"supplier"},
    "refuse": {"supplier"},
    "ramp": {"supplier"},
    "reach": {"supplier"},
    "miss": {"clock"},
    "fall_short": {"buyer", "supplier"},
    "stand_down": {"buyer"},
}


def test_every_state_meets_every_event_of_every_side_as_the_table_on_paper_says() -> None:
    """Sabotage seen: a refusal at capacity let through, and the buyer let acknowledge, each turned it red."""
    judged = 0
    assert set(EXPECTED) == set(Event) and STATES.split() == list(State)
    for event, row in EXPECTED.items():
        for (state, after), side in itertools.product(zip(State, row.split(), strict=True), Side):
            judged += 1
            if after == "-":
                with pytest.raises(Conflict) as refused:
                    next_state(state, Event(event), side)
                assert refused.value.code == "activation.not_possible"
            elif side.value not in WHOSE[event]:
                with pytest.raises(Forbidden) as forbidden:
                    next_state(state, Event(event), side)
                assert forbidden.value.code == "activation.step_of_other_side"
            else:
                assert next_state(state, Event(event), side) == after
    assert judged == 11 * 11 * 4


def test_nothing_leaves_an_end_and_what_binds_is_what_came_after_the_notice() -> None:
    assert not [state for state, _ in TABLE if state in FINAL]
    assert set(State) - FINAL - BINDING == {State.REQUESTED, State.HALF_APPROVED}


def test_every_clock_stands_at_the_second_written_beforehand() -> None:
    """Sabotage seen: the ramp counted from the end of the notice period turned it red."""
    assert clocks(PROMISE, NOTICE_AT, 100) == (
        Clock("acknowledge", at("00:15:00"), 0),
        Clock("start", at("01:00:00"), 1),
        Clock("ramp.1", at("02:00:00"), 33),
        Clock("ramp.2", at("04:00:00"), 66),
        Clock("full", at("06:00:00"), 100),
    )
    at_once = Promise(timedelta(minutes=5), timedelta(days=2))
    assert clocks(at_once, NOTICE_AT, 7) == (
        Clock("acknowledge", at("00:05:00"), 0),
        Clock("full", at("48:00:00"), 7),
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("00:15:00", ()),
        ("00:15:01", ("acknowledge",)),
        ("01:00:00", ("acknowledge",)),
        ("02:00:01", ("acknowledge", "start", "ramp.1")),
        ("99:00:00", ("acknowledge", "start", "ramp.1", "ramp.2", "full")),
    ],
)
def test_silence_misses_each_clock_once_its_second_is_over(asked: str, expected: tuple[str, ...]) -> None:
    """Sabotage seen: `<=` for `<` turned the first row red: the second itself is still in time."""
    silent = notified()
    assert tuple(miss.clock for miss in missed(silent.clocks, silent.entries, at(asked))) == expected


def test_a_late_supplier_stays_late_in_the_book_after_it_caught_up() -> None:
    """The whole history second by second. Sabotage seen: misses stamped with the second of the look, and the parts of
    an earlier clock taken for the entry, each turned it red."""
    activation = played(
        act(Event.ACKNOWLEDGE, "00:17:43", 180),
        act(Event.RAMP, "00:59:59", 20),
        act(Event.RAMP, "02:30:00", 119),
        act(Event.REACH, "05:00:00"),
        act(Event.FALL_SHORT, "07:00:00", 90, side=Side.BUYER),
        act(Event.REACH, "08:00:00", 180),
        act(Event.STAND_DOWN, "30:00:00", side=Side.BUYER),
    )
    told = [
        (entry.event, entry.state, entry.at, entry.parts, entry.clock, entry.late) for entry in activation.entries[2:]
    ]
    minutes = timedelta(minutes=1)
    assert told == [
        ("miss", "late", at("00:15:00"), 0, "acknowledge", None),
        ("acknowledge", "acknowledged", at("00:17:43"), 180, "acknowledge", timedelta(minutes=2, seconds=43)),
        ("ramp", "ramping", at("00:59:59"), 20, "start", timedelta(0)),
        ("miss", "late", at("02:00:00"), 60, "ramp.1", None),
        ("ramp", "ramping", at("02:30:00"), 119, "ramp.1", 30 * minutes),
        ("miss", "late", at("04:00:00"), 120, "ramp.2", None),
        ("reach", "at_capacity", at("05:00:00"), 180, "full", timedelta(0)),
        ("fall_short", "ramping", at("07:00:00"), 90, None, None),
        ("reach", "at_capacity", at("08:00:00"), 180, "full", 120 * minutes),
        ("stand_down", "stood_down", at("30:00:00"), None, None, None),
    ]
    assert [entry.clock for entry in activation.missed] == ["acknowledge", "ramp.1", "ramp.2"]
    assert activation.available == 0
    assert measured(activation.entries) == (
        Reached(20, timedelta(seconds=3599)),
        Reached(119, timedelta(hours=2.5)),
        Reached(180, timedelta(hours=5)),
    )


def test_what_was_there_and_had_gone_before_the_clock_struck_is_missed() -> None:
    """Sabotage seen: the most ever reported, in place of the last, turned it red."""
    activation = played(
        act(Event.ACKNOWLEDGE, "00:01:00", 180),
        act(Event.REACH, "00:30:00"),
        act(Event.FALL_SHORT, "01:30:00", 50),
        act(Event.RAMP, "02:00:00", 60),
    )
    assert turn(activation, at("04:00:01")).missed[0].clock == "ramp.2"
    assert [miss.clock for miss in activation.missed] == []


def test_accepting_less_is_a_refusal_in_part_and_lowers_the_clocks_that_follow() -> None:
    """Sabotage seen: clocks kept at the approved parts turned it red."""
    activation = played(act(Event.ACKNOWLEDGE, "00:05:00", 100, "two terminals in repair"))
    assert [(each.event, each.parts, each.reason) for each in activation.entries[2:]] == [
        ("acknowledge", 100, "two terminals in repair"),
        ("refuse_part", 80, "two terminals in repair"),
    ]
    assert (activation.requested, activation.approved, activation.accepted) == (300, 180, 100)
    assert [clock.parts for clock in activation.clocks] == [0, 1, 33, 66, 100]
    reached = step(activation, act(Event.REACH, "00:50:00"))
    assert (reached.state, reached.available) == (State.AT_CAPACITY, 100)


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (ANNA, "activation.second_person"),
        (Person("key_2", "Anna Berg"), "activation.second_person"),
        (Person("key_2", "  anna   BERG "), "activation.second_person"),
        (Person("key_1", "Bram Visser"), "activation.second_person"),
    ],
)
def test_two_persons_are_two_keys_and_two_names(second: Person, code: str) -> None:
    """Sabotage seen: the key alone compared, and the name alone compared, each turned rows red."""
    half = step(Activation(PROMISE, 300), approve(ANNA, 180))
    with pytest.raises(Forbidden) as refused:
        step(half, approve(second, 180))
    assert refused.value.code == code
    assert step(half, approve(BRAM, 180)).state is State.NOTIFIED


HALF = step(Activation(PROMISE, 300), approve(ANNA, 180))
ACCEPTED = played(act(Event.ACKNOWLEDGE, "00:05:00", 180))


@pytest.mark.parametrize(
    ("activation", "wanted", "code"),
    [
        (HALF, approve(BRAM, 179), "activation.other_figure"),
        (Activation(PROMISE, 300), approve(ANNA, 301), "activation.quantity_wrong"),
        (Activation(PROMISE, 300), approve(ANNA, 0), "activation.quantity_wrong"),
        (notified(), act(Event.ACKNOWLEDGE, "00:01:00", 181), "activation.quantity_wrong"),
        (notified(), act(Event.ACKNOWLEDGE, "00:01:00"), "activation.quantity_wrong"),
        (notified(), act(Event.ACKNOWLEDGE, "00:01:00", 179), "activation.reason_missing"),
        (notified(), act(Event.REFUSE, "00:01:00", reason="  "), "activation.reason_missing"),
        (HALF, Act(Event.REJECT, Side.AUTHORITY, NOTICE_AT, BRAM), "activation.reason_missing"),
        (notified(), act(Event.RAMP, "00:16:00", 10), "activation.acknowledge_first"),
        (notified(), act(Event.REACH, "00:16:00"), "activation.acknowledge_first"),
        (ACCEPTED, act(Event.ACKNOWLEDGE, "03:00:00", 180), "activation.already_acknowledged"),
        (ACCEPTED, act(Event.RAMP, "00:06:00", 180), "activation.quantity_wrong"),
        (ACCEPTED, act(Event.RAMP, "00:06:00", -1), "activation.quantity_wrong"),
        (ACCEPTED, act(Event.REACH, "00:06:00", 179), "activation.quantity_wrong"),
        (ACCEPTED, act(Event.RAMP, "00:04:59", 10), "activation.out_of_order"),
        (ACCEPTED, act(Event.MISS, "00:06:00", side=Side.CLOCK), "activation.step_of_other_side"),
        (notified(), act(Event.REFUSE_PART, "00:06:00", 10, "so"), "activation.not_possible"),
    ],
)
def test_what_cannot_be_is_refused_by_its_own_code(activation: Activation, wanted: Act, code: str) -> None:
    with pytest.raises(HubError) as refused:
        step(activation, wanted)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "promise",
    [
        lambda: Promise(timedelta(0), timedelta(hours=1)),
        lambda: Promise(timedelta(minutes=1), timedelta(hours=-1)),
        lambda: Promise(timedelta(minutes=1), timedelta(hours=1), (Ramp(timedelta(hours=2), Fraction(1, 2)),)),
        lambda: Promise(timedelta(minutes=1), timedelta(hours=1), (Ramp(timedelta(hours=1), Fraction(1)),)),
        lambda: Promise(
            timedelta(minutes=1),
            timedelta(hours=1),
            (Ramp(timedelta(hours=3), Fraction(1, 2)), Ramp(timedelta(hours=2), Fraction(1))),
        ),
    ],
)
def test_a_promise_whose_ramp_does_not_rise_to_the_whole_after_the_notice_is_refused(promise: object) -> None:
    assert callable(promise)
    with pytest.raises(Invalid) as refused:
        promise()
    assert refused.value.code == "activation.promise_wrong"


def test_nothing_is_missed_after_the_end_or_before_the_notice() -> None:
    """Sabotage seen: the end left out of `missed` turned it red."""
    stood_down = played(act(Event.STAND_DOWN, "00:10:00", side=Side.BUYER))
    asked = Activation(PROMISE, 300)
    assert turn(stood_down, at("90:00:00")) == stood_down
    assert turn(asked, at("90:00:00")) == asked
    assert stood_down.next_clock(at("00:11:00")) is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [("00:00:01", "start"), ("01:00:00", "start"), ("01:00:01", "ramp.1"), ("06:00:01", None)],
)
def test_the_next_clock_is_the_one_to_look_at_again(now: str, expected: str | None) -> None:
    found = ACCEPTED.next_clock(at(now))
    assert (found and found.name) == expected
    first = notified().next_clock(at("00:00:01"))
    assert first is not None and first.name == "acknowledge"


@pytest.mark.parametrize(
    ("now", "wanted", "expected"),
    [
        ("00:30:00", "01:59:59", 1),
        ("00:30:00", "02:00:00", 60),
        ("00:30:00", "06:00:00", 180),
        # 45 are there from 1:30 on: before the first level they are all, and behind what is owed they are the least.
        ("01:30:00", "01:59:59", 45),
        ("01:30:00", "04:00:00", 120),
        # What the first level owed is past and not made up for; the last one is still to come.
        ("05:00:00", "05:59:59", 45),
        ("05:00:00", "06:00:00", 180),
        ("07:00:00", "99:00:00", 45),
    ],
)
def test_what_may_be_ordered_is_what_is_there_or_still_owed_by_then(now: str, wanted: str, expected: int) -> None:
    """Sabotage seen: clocks that have passed counted as owed turned the first row of 5:00 red."""
    activation = played(act(Event.ACKNOWLEDGE, "00:10:00", 180))
    assert usable(notified(), at("00:10:00"), at(wanted)) == 0
    if at(now) >= at("01:30:00"):
        activation = step(activation, act(Event.RAMP, "01:30:00", 45))
    assert usable(activation, at(now), at(wanted)) == expected
    over = step(activation, act(Event.STAND_DOWN, now, side=Side.BUYER))
    assert usable(over, at(now), at(wanted)) == 0


@st.composite
def acts(draw: st.DrawFn) -> list[Act]:
    """What two desks might do within ten hours, in order of time; much of it is refused."""
    seconds = sorted(draw(st.lists(st.integers(0, 36_000), max_size=12)))
    events = [each for each in Event if each is not Event.MISS]
    return [
        Act(
            draw(st.sampled_from(events)),
            draw(st.sampled_from((Side.BUYER, Side.SUPPLIER, Side.SUPPLIER, Side.SUPPLIER))),
            NOTICE_AT + timedelta(seconds=each),
            DESK,
            draw(st.one_of(st.none(), st.integers(0, 10))),
            draw(st.sampled_from(("", "a reason"))),
        )
        for each in seconds
    ]


def attempted(activation: Activation, act: Act) -> Activation:
    try:
        return step(activation, act)
    except HubError:
        return activation


@settings(max_examples=150)
@given(wanted=acts(), looks=st.lists(st.integers(0, 40_000), max_size=8))
def test_looking_more_often_writes_the_same_book(wanted: list[Act], looks: list[int]) -> None:
    """Sabotage seen: `step` without its `turn`, and misses stamped with the second of the look, each turned it red."""
    end = NOTICE_AT + timedelta(seconds=40_001)
    seldom = often = notified(approved=9, requested=10)
    for each in wanted:
        seldom = attempted(seldom, each)
    between = [NOTICE_AT + timedelta(seconds=look) for look in looks]
    done = 0
    for moment in sorted({*between, *(each.at for each in wanted)}):
        # What arrives in a second arrives before anybody looks at what that second missed.
        while done < len(wanted) and wanted[done].at == moment:
            often, done = attempted(often, wanted[done]), done + 1
        if moment in between:
            often = turn(often, moment)
    assert turn(often, end) == turn(seldom, end)


@settings(max_examples=150)
@given(wanted=acts())
def test_laws_that_hold_whatever_is_tried(wanted: list[Act]) -> None:
    activation = notified(approved=9, requested=10)
    for each in wanted:
        before = activation
        activation = attempted(activation, each)
        assert activation.entries[: len(before.entries)] == before.entries
        assert 0 <= activation.available <= (activation.accepted or 0) <= 9
    activation = turn(activation, NOTICE_AT + timedelta(days=9))
    moments = [entry.at for entry in activation.entries]
    assert moments == sorted(moments)
    assert all(entry.at == entry.due_at for entry in activation.missed)
    assert len({entry.clock for entry in activation.missed}) == len(activation.missed)
    levels = [each.parts for each in measured(activation.entries)]
    assert levels == sorted(set(levels))
    assert (activation.state is State.AT_CAPACITY) <= (activation.available == activation.accepted)
