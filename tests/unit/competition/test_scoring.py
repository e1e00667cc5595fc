"""Points by frozen criteria: known margins, no rank reversal, equal totals decided by a rule nobody can bend."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.competition import scoring
from catalog.competition.scoring import Criterion, CriterionKind, Score, Scored
from space_hub.errors import Invalid

NOTICE = "9c" * 32
PRICE = Criterion("total", CriterionKind.PRICE, Decimal("0.5"), Decimal(80000), Decimal(40000), unit="EUR")
START = Criterion("start_h", CriterionKind.TIME, Decimal("0.3"), Decimal(72), Decimal(12), hard=True, unit="h")
SWATH = Criterion("swath", CriterionKind.ATTRIBUTE, Decimal("0.15"), Decimal(20), Decimal(50), unit="km")
RECORD = Criterion("record", CriterionKind.READINESS, Decimal("0.05"), Decimal(0), Decimal(1))
CRITERIA = (PRICE, START, SWATH, RECORD)
QUOTE = {"total": Decimal(50000), "start_h": Decimal(32), "swath": Decimal(29)}


def test_points_are_the_share_of_the_way_from_threshold_to_objective() -> None:
    """By hand: 30,000/40,000, 40/60, 9/30, and the record. Sabotage seen: objective and threshold changed over."""
    found = scoring.score(CRITERIA, QUOTE, {"record": Decimal("0.5")})
    assert found.points == {
        "total": Decimal("0.7500"),
        "start_h": Decimal("0.6667"),
        "swath": Decimal("0.3000"),
        "record": Decimal("0.5000"),
    }
    assert found.total == Decimal("0.6450")
    assert found.failed_hard == ()


def test_points_end_at_nothing_and_at_one_and_a_hard_threshold_excludes() -> None:
    """Sabotage seen: not clipped above; `share <= 0` failed a quote that just reaches its threshold."""
    best = scoring.score(CRITERIA, {"total": Decimal(1), "start_h": Decimal(1), "swath": Decimal(400)}, {})
    assert [best.points[name] for name in ("total", "start_h", "swath")] == [1, 1, 1]
    worst = scoring.score(CRITERIA, {"total": Decimal(90000), "start_h": Decimal("72.5"), "swath": Decimal(3)}, {})
    assert worst.total == 0
    assert worst.failed_hard == ("start_h",)
    assert scoring.score(CRITERIA, {**QUOTE, "start_h": Decimal(72)}, {}).failed_hard == ()


def test_what_a_quote_leaves_out_has_no_points_and_its_own_word_on_its_record_counts_nothing() -> None:
    """Sabotage seen: readiness read from the quote."""
    found = scoring.score(CRITERIA, {"total": Decimal(50000), "record": Decimal(1)}, {})
    assert {found.points["record"], found.points["swath"]} == {Decimal(0)}
    assert found.failed_hard == ("start_h",)


quotes = st.lists(
    st.tuples(st.integers(30000, 90000), st.integers(1, 100), st.integers(10, 60)), min_size=3, max_size=8, unique=True
)


def scored(place: int, quote: tuple[int, int, int]) -> Scored:
    given = dict(zip(("total", "start_h", "swath"), map(Decimal, quote), strict=True))
    return Scored(f"prv_{place}", given["total"], scoring.score(CRITERIA, given, {}))


@given(offered=quotes)
@settings(max_examples=60)
def test_a_quote_that_goes_turns_no_two_others_round(offered: list[tuple[int, int, int]]) -> None:
    """Sabotage seen: points of the price measured against the lowest price offered."""
    all_of_them = [scored(place, quote) for place, quote in enumerate(offered)]
    ranking = [each.provider_id for each in scoring.ranked(all_of_them, NOTICE)]
    for gone in all_of_them:
        left = scoring.ranked([each for each in reversed(all_of_them) if each is not gone], NOTICE)
        assert [each.provider_id for each in left] == [name for name in ranking if name != gone.provider_id]


def test_equal_totals_go_to_the_lower_price_and_then_to_a_lot_that_the_notice_draws() -> None:
    """Sabotage seen: ties by supplier's id, which is the same supplier in every competition."""
    even = Score({}, Decimal("0.7"), ())
    dear, cheap = Scored("prv_a", Decimal(51000), even), Scored("prv_b", Decimal(50000), even)
    assert scoring.ranked([dear, cheap], NOTICE) == [cheap, dear]
    twins = [Scored(f"prv_{name}", Decimal(50000), even) for name in "abcd"]
    leads = [scoring.ranked(twins, f"{number:064x}")[0].provider_id for number in range(400)]
    assert all(60 <= leads.count(each.provider_id) <= 140 for each in twins)


def test_whoever_fails_a_hard_criterion_is_not_ranked() -> None:
    out = Scored("prv_a", Decimal(1), Score({}, Decimal("0.9"), ("start_h",)))
    assert scoring.ranked([out], NOTICE) == []


def test_the_frozen_hash_changes_with_everything_that_judges_and_with_no_spelling() -> None:
    digest = scoring.freeze(CRITERIA)
    assert scoring.freeze((replace(PRICE, weight=Decimal("0.50"), threshold=Decimal("8E+4")), *CRITERIA[1:])) == digest
    changed = [
        (replace(PRICE, threshold=Decimal(80001)), *CRITERIA[1:]),
        (replace(PRICE, objective=Decimal(39999)), *CRITERIA[1:]),
        (replace(PRICE, hard=True), *CRITERIA[1:]),
        (replace(PRICE, weight=Decimal("0.3")), replace(START, weight=Decimal("0.5")), *CRITERIA[2:]),
        (PRICE, START, replace(SWATH, name="width"), RECORD),
        (PRICE, START, replace(SWATH, unit="m"), RECORD),
        (PRICE, START, replace(SWATH, kind=CriterionKind.READINESS, unit=""), RECORD),
        (START, PRICE, SWATH, RECORD),
    ]
    digests = [digest, *map(scoring.freeze, changed)]
    assert len(set(digests)) == len(digests)
    assert all(len(one) == len(other) == 64 for one, other in pairwise(digests))


@pytest.mark.parametrize(
    ("criteria", "code"),
    [
        ((), "scoring.no_criteria"),
        ((PRICE, START), "scoring.weights_sum"),
        ((*CRITERIA[:3], replace(RECORD, name="swath")), "scoring.criterion_twice"),
        ((replace(PRICE, objective=PRICE.threshold), *CRITERIA[1:]), "scoring.no_margin"),
        ((replace(PRICE, objective=Decimal(90000)), *CRITERIA[1:]), "scoring.wrong_way"),
        ((replace(PRICE, threshold=Decimal("NaN")), *CRITERIA[1:]), "scoring.weight_wrong"),
        (
            (replace(PRICE, weight=Decimal("-0.5")), replace(START, weight=Decimal("1.3")), *CRITERIA[2:]),
            "scoring.weight_wrong",
        ),
        ((replace(PRICE, unit=""), *CRITERIA[1:]), "scoring.unit_wrong"),
        ((PRICE, replace(START, unit="km"), *CRITERIA[2:]), "scoring.unit_wrong"),
        ((PRICE, START, replace(SWATH, unit="furlong"), RECORD), "scoring.unit_wrong"),
        ((*CRITERIA[:3], replace(RECORD, unit="%")), "scoring.unit_wrong"),
    ],
)
def test_criteria_that_judge_nothing_or_the_wrong_way_are_refused_by_name(
    criteria: tuple[Criterion, ...], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        scoring.freeze(criteria)
    assert [each.code for each in refused.value.causes] == [code]


def test_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        scoring.score(CRITERIA, {**QUOTE, "swath": Decimal("NaN")}, {})
    assert refused.value.code == "scoring.value_wrong"


def test_a_debrief_holds_the_suppliers_own_quote_and_nothing_that_a_rival_could_move() -> None:
    own = scoring.score(CRITERIA, QUOTE, {"record": Decimal("0.5")})
    facts = {"record": Decimal("0.5"), "of no criterion": Decimal(1)}
    told = scoring.debrief(CRITERIA, QUOTE, facts, own, awarded=False, reasons="Another quote met the criteria better.")
    assert (told.points, told.total, told.awarded) == (own.points, own.total, False)
    assert told.values == {**QUOTE, "record": Decimal("0.5")}
    assert sum(told.weights.values()) == 1
