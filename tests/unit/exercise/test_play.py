"""A drill against a table of seconds written beforehand, and laws for whatever is drawn."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import inf, nan
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.activation.rules import Person, Promise, Ramp
from catalog.activation.states import FINAL
from catalog.exercise.play import Agreement, Behaviour, Draw, Scenario, play
from space_hub.errors import Invalid

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PROMISE = Promise(15 * MINUTE, 60 * MINUTE, (Ramp(120 * MINUTE, Fraction(1, 2)), Ramp(240 * MINUTE, Fraction(1))))
STATE = {name: Agreement(parts, PROMISE) for name, parts in (("A", 100), ("B", 100), ("C", 60), ("D", 100))}
SCENARIO = Scenario(
    wanted=250,
    rank=("A", "B", "C", "D"),
    begins_at=BEGIN,
    ends_at=BEGIN + 24 * 60 * MINUTE,
    persons=(Person("key_1", "Anna Berg"), Person("key_2", "Bram Visser")),
    asker=Person("key_3", "Chiara Conti"),
    approvals=(2 * MINUTE, 5 * MINUTE),
    behaviour={
        "A": Behaviour(answers=(10 * MINUTE, 10 * MINUTE)),
        "B": Behaviour(refuses=1.0, answers=(12 * MINUTE, 12 * MINUTE)),
        "C": Behaviour(answers=(20 * MINUTE, 20 * MINUTE), accepts=(0.6, 0.6), pace=(1.5, 1.5)),
    },
)


def halves(*names: str) -> dict[str, Draw]:
    """Draws that are always one half."""
    return {name: lambda: 0.5 for name in names}


def seeded(seed: int) -> dict[str, Draw]:
    return {name: Random(f"{seed}/{name}").random for name in STATE}


def test_a_drill_runs_by_the_table_of_minutes_written_beforehand() -> None:
    """250 wanted: A 100, B 100 refused after twelve minutes, C 50 accepted 30 and late. What B refused D takes up at
    that minute; what C refused nobody is left to cover. Sabotage seen: gaps called at the beginning, and the pace left
    out, each turned it red."""
    report = play(SCENARIO, STATE, halves(*STATE))
    told = {
        name: [
            (entry.event.value, round((entry.at - BEGIN) / MINUTE), entry.parts, entry.clock)
            for entry in each.activation.entries[1:]
        ]
        for name, each in report.played.items()
    }
    assert told == {
        "A": [
            ("approve", 5, 100, None),
            ("acknowledge", 15, 100, "acknowledge"),
            ("ramp", 65, 1, "start"),
            ("ramp", 125, 50, "ramp.1"),
            ("reach", 245, 100, "full"),
            ("stand_down", 1440, None, None),
        ],
        "B": [("approve", 5, 100, None), ("refuse", 17, None, None)],
        "C": [
            ("approve", 5, 50, None),
            ("miss", 20, 0, "acknowledge"),
            ("acknowledge", 25, 30, "acknowledge"),
            ("refuse_part", 25, 20, None),
            ("miss", 65, 1, "start"),
            ("ramp", 95, 1, "start"),
            ("miss", 125, 15, "ramp.1"),
            ("ramp", 185, 15, "ramp.1"),
            ("miss", 245, 30, "full"),
            ("reach", 365, 30, "full"),
            ("stand_down", 1440, None, None),
        ],
        "D": [
            ("approve", 22, 100, None),
            ("acknowledge", 22, 100, "acknowledge"),
            ("ramp", 82, 1, "start"),
            ("ramp", 142, 50, "ramp.1"),
            ("reach", 262, 100, "full"),
            ("stand_down", 1440, None, None),
        ],
    }
    assert {name: each.outcome for name, each in report.played.items()} == {
        "A": "met",
        "B": "refused",
        "C": "short",
        "D": "met",
    }
    assert [(round((each.at - BEGIN) / MINUTE), each.parts) for each in report.levels] == [
        (65, 1),
        (82, 2),
        (95, 3),
        (125, 52),
        (142, 101),
        (185, 115),
        (245, 165),
        (262, 215),
        (365, 230),
        (1440, 0),
    ]
    assert (report.uncovered, report.reached_at) == (20, None)


def test_punctual_suppliers_reach_the_wanted_at_the_last_second_of_the_ramp() -> None:
    report = play(replace(SCENARIO, behaviour={}), STATE, halves(*STATE))
    assert set(report.played) == {"A", "B", "C"}
    assert report.reached_at == BEGIN + 245 * MINUTE
    assert report.uncovered == 0


def test_a_notice_that_does_not_arrive_is_never_answered_and_excused() -> None:
    """Sabotage seen: an arrival taken for granted in the outcome turned it red."""
    report = play(replace(SCENARIO, behaviour={"A": Behaviour(unreached=1.0)}), STATE, halves(*STATE))
    found = report.played["A"]
    assert (found.outcome, len(found.activation.missed)) == ("excused", 4)


def test_an_approval_that_comes_after_the_end_leaves_a_call_withdrawn() -> None:
    report = play(replace(SCENARIO, approvals=(MINUTE, 9000 * MINUTE)), STATE, halves(*STATE))
    assert {each.activation.state for each in report.played.values()} == {"withdrawn"}
    assert {each.outcome for each in report.played.values()} == {None}


@pytest.mark.parametrize(
    ("scenario", "state", "code"),
    [
        (replace(SCENARIO, rank=("A", "A")), STATE, "exercise.agreements_wrong"),
        (replace(SCENARIO, rank=("A", "E")), STATE, "exercise.agreements_wrong"),
        (replace(SCENARIO, behaviour={"F": Behaviour()}), STATE, "exercise.agreements_wrong"),
        (replace(SCENARIO, ends_at=BEGIN), STATE, "exercise.period_wrong"),
    ],
)
def test_a_scenario_that_cannot_be_played_is_refused(
    scenario: Scenario, state: Mapping[str, Agreement], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        play(scenario, state, halves(*STATE))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "wrong",
    [
        {"refuses": 1.1},
        {"answers": (MINUTE, timedelta(0))},
        {"accepts": (0.9, 0.1)},
        {"pace": (-1.0, 1.0)},
        {"pace": (1.0, inf)},
        {"refuses": nan},
    ],
)
def test_a_behaviour_that_nobody_can_have_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        Behaviour(**wrong)  # type: ignore[arg-type]
    assert refused.value.code == "exercise.behaviour_wrong"


WILD = Behaviour(0.3, 0.2, (timedelta(0), 40 * MINUTE), (0.0, 1.0), (0.5, 3.0))


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), wanted=st.integers(1, 400))
def test_laws_of_a_drill(seed: int, wanted: int) -> None:
    scenario = replace(SCENARIO, wanted=wanted, behaviour=dict.fromkeys(STATE, WILD))
    report = play(scenario, STATE, seeded(seed))
    assert report == play(scenario, STATE, seeded(seed))
    assert all(each.activation.state in FINAL for each in report.played.values())
    assert all(0 <= level.parts <= wanted for level in report.levels)
    assert not report.levels or report.levels[-1].parts == 0
    asked = sum(each.activation.requested for each in report.played.values())
    assert wanted <= asked + report.uncovered
    assert (report.uncovered > 0) <= (set(report.played) == set(STATE))


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30)
def test_what_one_supplier_draws_shifts_no_other(seed: int) -> None:
    """D does the same whether A is called before it or not. Sabotage seen: one stream for all turned it red."""
    behaviour = {"A": WILD, "D": WILD}
    both = play(replace(SCENARIO, wanted=200, rank=("A", "D"), behaviour=behaviour), STATE, seeded(seed))
    alone = play(replace(SCENARIO, wanted=100, rank=("D",), behaviour=behaviour), STATE, seeded(seed))
    assert both.played["D"] == alone.played["D"]
