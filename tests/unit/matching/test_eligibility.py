"""Gates: pass, fail, or a question."""

from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.matching.eligibility import gates, judge, overall
from catalog.matching.fit import NEUTRAL_RECORD, fit, margin
from catalog.matching.values import Clause, Operator, Outcome
from space_hub.vocabulary.attributes import Measured
from tests.unit.matching.cases import CRISIS, PEACE, SHARP, need, offer

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("operator", "low", "high", "outcome"),
    [
        (Operator.AT_MOST, 0.3, 0.5, P),
        (Operator.AT_MOST, 0.4, 0.6, U),
        (Operator.AT_MOST, 0.51, 0.6, F),
        (Operator.AT_LEAST, 0.5, 0.9, P),
        (Operator.AT_LEAST, 0.4, 0.6, U),
        (Operator.AT_LEAST, 0.3, 0.49, F),
    ],
)
def test_a_bound_is_met_only_by_the_whole_range(operator: Operator, low: float, high: float, outcome: Outcome) -> None:
    """Sabotage seen: judging the better end of the range passed 0.4 to 0.6 m for a bound of 0.5 m."""
    assert judge(Clause("gsd", operator, threshold=0.5), Measured("gsd", low, high)) is outcome


@pytest.mark.parametrize(
    ("clause", "offered", "outcome"),
    [
        (Clause("band", Operator.ALL_OF, codes=("Ka", "Ku")), Measured("band", codes=("Ka", "Ku", "X")), P),
        (Clause("band", Operator.ALL_OF, codes=("Ka", "Ku")), Measured("band", codes=("Ka",)), F),
        (Clause("band", Operator.ANY_OF, codes=("Ka", "Ku")), Measured("band", codes=("Ka",)), P),
        (Clause("stereo", Operator.IS, flag=False), Measured("stereo", flag=False), P),
        (Clause("stereo", Operator.IS, flag=True), Measured("stereo", flag=False), F),
        (Clause("f", Operator.COVERS, threshold=2, upper=4), Measured("f", 1, 5), P),
        (Clause("f", Operator.COVERS, threshold=2, upper=4), Measured("f", 3, 5), F),
        (Clause("f", Operator.COVERS, threshold=2, upper=4), None, U),
    ],
)
def test_codes_flags_and_ranges_are_judged(clause: Clause, offered: Measured | None, outcome: Outcome) -> None:
    assert judge(clause, offered) is outcome


@pytest.mark.parametrize(
    ("asked", "offered", "gate", "outcome"),
    [
        ({}, {"capability": "radar.sar"}, "capability", F),
        ({"modalities": ("lease",)}, {}, "modality", F),
        ({"nations": frozenset({"DE"})}, {}, "nation", F),
        ({"excluded_nations": frozenset({"FR"})}, {}, "nation", F),
        ({"nations": frozenset({"FR", "DE"})}, {}, "nation", P),
        ({"excluded_owner_nations": frozenset({"CN"})}, {"owner_nation": "CN"}, "owner_nation", F),
        ({"excluded_owner_nations": frozenset({"CN"})}, {"owner_nation": None}, "owner_nation", U),
        ({"standards": ("A", "B")}, {"standards": frozenset({"A"})}, "standards", F),
        ({"standards": ("A",)}, {"standards": frozenset({"A", "B"})}, "standards", P),
        ({}, {"valid_to": datetime(2025, 6, 1, tzinfo=UTC)}, "validity", F),
        ({}, {"valid_from": datetime(2025, 6, 1, tzinfo=UTC)}, "validity", F),
        ({}, {"valid_from": datetime(2024, 6, 1, tzinfo=UTC)}, "validity", P),
        ({"area": {"type": "Point", "coordinates": [0, 0]}}, {}, "coverage", U),
        ({"area": {"type": "Point", "coordinates": [0, 0]}}, {"coverage": "global"}, "coverage", P),
        ({}, {"capacity": {}}, "capacity", U),
        ({}, {"capacity": {PEACE: 0.0}}, "capacity", F),
        ({}, {"capacity": {CRISIS: 5.0}}, "capacity", U),
        ({}, {"prices": {}}, "price", U),
        ({}, {"gsd": None}, "clause", U),
    ],
)
def test_each_gate_has_its_answer(asked: dict[str, Any], offered: dict[str, Any], gate: str, outcome: Outcome) -> None:
    judged = gates(need(**asked), offer("A", **offered))
    assert {each.name: each.outcome for each in judged}[gate] is outcome
    assert overall(judged) is outcome


def test_a_price_in_another_currency_is_a_question_and_no_rate_is_assumed() -> None:
    dollars = {
        phase: type(price)(price.unit_price, price.retainer_per_day, "USD")
        for phase, price in offer("A").prices.items()
    }
    judged = {each.name: each for each in gates(need(), offer("A", prices=dollars))}
    assert judged["price"].outcome is U
    assert judged["price"].params["offered"] == "USD"


def test_a_failure_outweighs_a_question() -> None:
    assert overall(gates(need(nations=frozenset({"DE"})), offer("A", gsd=None))) is F


def test_a_soft_clause_never_decides() -> None:
    soft = Clause("gsd", Operator.AT_MOST, hard=False, threshold=0.1)
    assert overall(gates(need(clauses=(soft,)), offer("A", gsd=0.9))) is P


@pytest.mark.parametrize(
    ("gsd", "share"), [(0.5, 0.0), (0.4, 0.5), (0.3, 1.0), (0.2, 1.0), (0.9, 0.0), ((0.3, 0.4), 0.5), (None, None)]
)
def test_a_margin_runs_from_threshold_to_objective_and_counts_the_worse_end(gsd: Any, share: float | None) -> None:
    """Threshold 0.5 m, objective 0.3 m: (0.4 - 0.5) / (0.3 - 0.5) = 0.5."""
    found = margin(SHARP, offer("A", gsd=gsd).attributes.get("gsd"))
    assert found == (None if share is None else pytest.approx(share))


def test_a_newcomer_is_neither_praised_nor_blamed() -> None:
    newcomer = fit(need(), offer("A"))
    good = fit(need(), offer("A", deliveries=100, deliveries_met=99))
    bad = fit(need(), offer("A", deliveries=100, deliveries_met=20))
    assert newcomer.record == NEUTRAL_RECORD
    assert bad.score < newcomer.score < good.score


def test_what_is_said_of_one_offering_does_not_depend_on_the_others() -> None:
    from catalog.matching.recommend import recommend

    alone = recommend(need(), [offer("A")]).judged[0]
    among = next(
        each
        for each in recommend(need(), [offer("A"), offer("B", gsd=0.3)]).judged
        if each.candidate.offering_id == "off_A"
    )
    assert alone.fit == among.fit
