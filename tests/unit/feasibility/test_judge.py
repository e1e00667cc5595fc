"""Agree, disagree, cannot tell: the rule, with its direction, its tolerance and its doubts."""

from pathlib import Path

import pytest

from catalog.feasibility.judge import TOLERANCES, finding, judge, limit
from catalog.feasibility.values import Computed, FeasibilityVerdict
from space_hub.text import LANGUAGES, Reason, say
from space_hub.vocabulary.attributes import ATTRIBUTES, Measured
from tests.support.source import ROOT

AGREE, DISAGREE, CANNOT_TELL = (
    FeasibilityVerdict.AGREE,
    FeasibilityVerdict.DISAGREE,
    FeasibilityVerdict.CANNOT_TELL,
)


def _said(attribute: str, low: float, high: float | None = None) -> Measured:
    return Measured(attribute, low, low if high is None else high)


@pytest.mark.parametrize("attribute", TOLERANCES)
def test_more_than_physics_allows_disagrees_and_less_never_does(attribute: str) -> None:
    bound = limit(Computed(attribute, 10.0))
    assert bound is not None
    towards = -1.0 if ATTRIBUTES[attribute].better == "lower" else 1.0
    assert (bound - 10.0) * towards == pytest.approx(10.0 * TOLERANCES[attribute])
    for factor, expected in ((1e-6, DISAGREE), (-1e-6, AGREE), (-2.0, AGREE)):
        said = _said(attribute, bound + towards * factor)
        assert judge(Computed(attribute, 10.0), said).verdict is expected


def test_a_short_window_leaves_more_room() -> None:
    assert judge(Computed("revisit", 10.0), _said("revisit", 7.0)).verdict is DISAGREE
    assert judge(Computed("revisit", 10.0, error=1.0), _said("revisit", 7.0)).verdict is AGREE


def test_a_range_is_accused_only_when_its_modest_end_is_too_much() -> None:
    computed = Computed("revisit", 10.0)
    assert judge(computed, _said("revisit", 2.0, 12.0)).verdict is CANNOT_TELL
    assert judge(computed, _said("revisit", 2.0, 5.0)).verdict is DISAGREE
    assert judge(computed, _said("revisit", 9.0, 12.0)).verdict is AGREE
    assert judge(Computed("swath", 100.0), _said("swath", 50.0, 200.0)).verdict is CANNOT_TELL


def test_nobody_is_accused_on_an_incomplete_fleet_and_a_prudent_claim_still_agrees() -> None:
    computed = Computed("revisit", 10.0, pessimistic=True)
    assert judge(computed, _said("revisit", 3.0)).verdict is CANNOT_TELL
    assert judge(computed, _said("revisit", 11.0)).verdict is AGREE


def test_what_was_not_said_or_not_computed_cannot_be_told() -> None:
    assert judge(Computed("revisit", 10.0), None).reason.code == "feasibility.not_claimed"
    no_stations = Computed("delivery_latency", None, hindrance=Reason("feasibility.no_stations"))
    assert judge(no_stations, _said("delivery_latency", 5.0)).reason.code == "feasibility.no_stations"
    assert judge(Computed("revisit", None), _said("revisit", 5.0)).reason.code == "feasibility.not_computed"


def test_claim_and_answer_stand_side_by_side_and_a_disagreement_is_a_question() -> None:
    """A supplier that claims too much for all and answers rightly for here is asked, not marked down."""
    found = finding(Computed("revisit", 10.0), _said("revisit", 4.0), _said("revisit", 9.5))
    assert (found.of_claim.verdict, found.of_answer and found.of_answer.verdict) == (DISAGREE, AGREE)
    assert found.for_reply
    assert not finding(Computed("revisit", 10.0), _said("revisit", 9.0)).for_reply
    assert finding(Computed("revisit", 10.0), _said("revisit", 9.0), _said("revisit", 1.0)).for_reply
    assert not finding(Computed("revisit", 10.0), None).for_reply


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_can_be_said(language: str) -> None:
    computed = Computed("revisit", 10.0)
    for each in (
        judge(computed, _said("revisit", 4.0)),
        judge(computed, _said("revisit", 12.0)),
        judge(computed, _said("revisit", 2.0, 12.0)),
        judge(Computed("revisit", 10.0, pessimistic=True), _said("revisit", 3.0)),
    ):
        assert "10" in say(each.reason.code, language, **each.reason.params)


def test_no_score_reads_a_finding() -> None:
    """Bright line: a disagreement goes to the supplier for reply before it lowers a score."""
    readers = [path for path in Path(ROOT / "catalog" / "matching").rglob("*.py") if "feasibility" in path.read_text()]
    assert readers == []
