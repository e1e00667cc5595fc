"""Pre-emption and replanning over random ledgers: few fall, only less important ones, and the written order decides.

A ledger is made by promising call-offs one after another, so that its state is what they hold.
"""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.capacity.held import Held, precedence
from catalog.capacity.preemption import Preemption, Verdict, bar, preempt
from catalog.capacity.replanning import Replan, replan, seating
from catalog.capacity.rules import Ask, Bucket, Refusal

SLOTS = 6
NOON = datetime(2024, 11, 2, 12, tzinfo=UTC)
ROUNDS = settings(max_examples=150, deadline=None)


def call_off(
    name: str,
    first: int,
    last: int,
    parts: int,
    level: int = 9,
    *,
    preemptible: bool = True,
    protected: bool = False,
    share: Fraction = Fraction(1, 2),
    minute: int = 0,
    begun: bool = False,
    cancellable: bool = True,
) -> Held:
    at = NOON + timedelta(minutes=minute)
    return Held(name, Ask(first, last, parts), level, preemptible, protected, share, at, begun, cancellable)


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    first = draw(st.integers(0, SLOTS - 1))
    return Ask(first, draw(st.integers(first, SLOTS - 1)), draw(st.integers(1, 12)))


@st.composite
def holders(draw: st.DrawFn) -> list[Held]:
    """Mostly such as may fall, else every example would be a refusal."""
    rarely = st.sampled_from([False, False, False, False, True])
    return [
        Held(
            f"cal_{number}",
            draw(asks()),
            draw(st.integers(1, 15)),
            not draw(rarely),
            draw(rarely),
            draw(st.sampled_from([Fraction(1, 7), Fraction(1, 3), Fraction(2, 3)])),
            NOON + timedelta(minutes=draw(st.integers(0, 3))),
            draw(rarely),
            not draw(rarely),
        )
        for number in range(draw(st.integers(0, 8)))
    ]


def committed(held: list[Held], slot: int) -> int:
    return sum(each.ask.parts for each in held if slot in each.ask.slots)


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[dict[int, Bucket], list[Held]]:
    held = draw(holders())
    state = {}
    for slot in range(SLOTS):
        used = committed(held, slot)
        state[slot] = Bucket(used + draw(st.integers(0, 5)), used)
    return state, held


def fits(state: dict[int, Bucket], ask: Ask, victims: list[Held]) -> bool:
    return all(state[slot].left + committed(victims, slot) >= ask.parts for slot in ask.slots)


@ROUNDS
@given(ledger=ledgers(), ask=asks(), level=st.integers(1, 15))
def test_whoever_falls_is_less_important_and_without_any_one_of_them_the_ask_fails(
    ledger: tuple[dict[int, Bucket], list[Held]], ask: Ask, level: int
) -> None:
    """Sabotage seen: equals let fall; pass 2 left out."""
    state, held = ledger
    said = preempt(state, ask, level, held)
    may_fall = [each for each in held if bar(each, level) is None]
    if isinstance(said, Refusal):
        assert not fits(state, ask, may_fall)
        assert said.left == state[said.slot].left + committed(may_fall, said.slot) < said.asked == ask.parts
        return
    victims = list(said.victims)
    assert fits(state, ask, victims)
    for victim in victims:
        assert victim.level > level
        assert victim.preemptible
        assert victim.cancellable
        assert not victim.protected
        assert not victim.begun
        assert not fits(state, ask, [each for each in victims if each is not victim])
    stay = [each for each in held if each not in victims]
    for slot, bucket in said.state.items():
        assert bucket.capacity == state[slot].capacity
        assert bucket.committed == committed(stay, slot) + (ask.parts if slot in ask.slots else 0)


@ROUNDS
@given(ledger=ledgers(), ask=asks(), level=st.integers(1, 15), data=st.data())
def test_the_order_in_which_holders_are_read_changes_nothing(
    ledger: tuple[dict[int, Bucket], list[Held]], ask: Ask, level: int, data: st.DataObject
) -> None:
    state, held = ledger
    shuffled = data.draw(st.permutations(held))
    assert preempt(state, ask, level, held) == preempt(state, ask, level, shuffled)
    capacities = {slot: bucket.committed // 2 for slot, bucket in state.items()}
    assert replan(capacities, held) == replan(capacities, shuffled)


@ROUNDS
@given(ledger=ledgers(), ask=asks(), level=st.integers(1, 15), data=st.data())
def test_other_names_for_the_holders_make_the_same_ones_fall_when_the_clock_tells_them_apart(
    ledger: tuple[dict[int, Bucket], list[Held]], ask: Ask, level: int, data: st.DataObject
) -> None:
    """With equal levels and quota shares the later promise falls: no holder's name decides, and so no nation's rank.

    Sabotage seen: with the time left out of the order, the identifiers decided.
    """
    state, drawn = ledger
    names = data.draw(st.permutations([each.id for each in drawn]))
    one, other = (
        [
            call_off(name, each.ask.first, each.ask.last, each.ask.parts, level=12, minute=minute)
            for minute, (each, name) in enumerate(zip(drawn, called, strict=True))
        ]
        for called in ([each.id for each in drawn], names)
    )
    said, again = preempt(state, ask, level, one), preempt(state, ask, level, other)
    if isinstance(said, Preemption):
        assert isinstance(again, Preemption)
        assert [each.at for each in said.victims] == [each.at for each in again.victims]
    else:
        assert said == again


def test_the_least_important_falls_first_then_the_fullest_quota_then_the_latest() -> None:
    """Each neighbour in the list differs in the one criterion that decides between the two.

    Sabotage seen: the earliest promise first, instead of the latest.
    """
    written = [
        call_off("z", 0, 0, 4, level=15, share=Fraction(1, 9)),
        call_off("y", 0, 0, 4, level=11, share=Fraction(8, 9)),
        call_off("x", 0, 0, 4, level=11, share=Fraction(1, 3), minute=30),
        call_off("v", 0, 0, 4, level=11, share=Fraction(1, 3), minute=10),
        call_off("w", 0, 0, 4, level=11, share=Fraction(1, 3), minute=10),
        call_off("a", 0, 0, 4, level=3, share=Fraction(8, 9), minute=59),
    ]
    assert precedence(written[::-1]) == written
    state = {0: Bucket(24, 24)}
    for wanted in range(1, 6):
        said = preempt(state, Ask(0, 0, 4 * wanted), 3, written[::-1])
        assert isinstance(said, Preemption)
        assert list(said.victims) == written[:wanted]
    assert preempt(state, Ask(0, 0, 24), 3, written) == Refusal(0, 24, 20)


def test_one_that_a_later_victim_makes_needless_is_given_back() -> None:
    """Sabotage seen: without pass 2 the small call-off fell for nothing."""
    small, large = call_off("small", 3, 3, 2, level=14), call_off("large", 3, 4, 5, level=9)
    kept = call_off("kept", 5, 5, 5, level=15)
    state = {3: Bucket(7, 7), 4: Bucket(5, 5), 5: Bucket(5, 5)}
    said = preempt(state, Ask(3, 4, 2), 4, [small, large, kept])
    assert isinstance(said, Preemption)
    assert said.victims == (large,)
    assert {each.held.id: each.verdict for each in said.judged} == {
        "kept": Verdict.NOT_REACHED,
        "small": Verdict.GIVEN_BACK,
        "large": Verdict.FALLS,
    }
    assert said.state == {3: Bucket(7, 4), 4: Bucket(5, 2), 5: Bucket(5, 5)}


@pytest.mark.parametrize(
    ("holder", "why"),
    [
        (call_off("hospital", 2, 2, 5, protected=True), Verdict.PROTECTED),
        (call_off("firm", 2, 2, 5, preemptible=False), Verdict.NOT_PREEMPTIBLE),
        (call_off("equal", 2, 2, 5, level=6), Verdict.AS_IMPORTANT),
        (call_off("running", 2, 2, 5, begun=True), Verdict.BEGUN),
        (call_off("tasked", 2, 2, 5, cancellable=False), Verdict.NOT_CANCELLABLE),
    ],
)
def test_what_may_not_fall_stays_and_the_refusal_names_the_slot(holder: Held, why: Verdict) -> None:
    """Sabotage seen: `held.level < level` in `bar` let an equal fall."""
    assert bar(holder, 6) is why
    assert preempt({2: Bucket(5, 5)}, Ask(2, 2, 3), 6, [holder]) == Refusal(2, 3, 0)


def test_nobody_falls_where_there_is_room_nor_for_a_slot_that_does_not_exist() -> None:
    holder = call_off("cal_1", 2, 2, 5)
    said = preempt({2: Bucket(8, 5)}, Ask(2, 2, 3), 1, [holder])
    assert isinstance(said, Preemption)
    assert said.victims == ()
    assert said.state == {2: Bucket(8, 8)}
    assert preempt({2: Bucket(8, 5)}, Ask(2, 3, 8), 1, [holder]) == Refusal(3, 8, 0)


@ROUNDS
@given(held=holders(), capacities=st.lists(st.integers(0, 25), min_size=SLOTS - 1, max_size=SLOTS))
def test_nobody_dropped_could_have_been_seated_beside_all_who_outrank_it(
    held: list[Held], capacities: list[int]
) -> None:
    said = replan(dict(enumerate(capacities)), held)
    assert sorted((*said.kept, *said.dropped), key=lambda each: each.id) == held
    for slot, bucket in said.state.items():
        assert bucket == Bucket(capacities[slot], committed(list(said.kept), slot))
    order = seating(held)
    for each in held:
        before = [other for other in said.kept if order.index(other) < order.index(each)]
        there = all(
            slot < len(capacities) and capacities[slot] - committed(before, slot) >= each.ask.parts
            for slot in each.ask.slots
        )
        assert there is (each in said.kept)
    again = replan(dict(enumerate(capacities)), said.kept)
    assert again == Replan(said.kept, (), said.state)


def test_civil_use_is_seated_first_and_the_rest_from_the_most_important_down() -> None:
    """Sabotage seen: protected use seated by its level alone was dropped."""
    clinic = call_off("clinic", 7, 8, 3, level=15, protected=True)
    first, second, third = (call_off(name, 7, 7, 4, level=level) for name, level in (("a", 2), ("b", 5), ("c", 11)))
    small = call_off("small", 8, 8, 2, level=14)
    said = replan({7: 8, 8: 5}, [third, small, second, clinic, first])
    assert said.kept == (clinic, first, small)
    assert said.dropped == (second, third)
    assert said.state == {7: Bucket(8, 7), 8: Bucket(5, 5)}


def test_the_same_call_off_twice_or_a_level_that_does_not_exist_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="given twice: cal_1"):
        precedence([call_off("cal_1", 0, 0, 1), call_off("cal_2", 0, 0, 1), call_off("cal_1", 0, 0, 1, level=3)])
    with pytest.raises(ValueError, match="level 16"):
        call_off("cal_2", 0, 0, 1, level=16)
