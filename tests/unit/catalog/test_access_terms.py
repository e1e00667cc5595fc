"""Assured-access terms: they may only grow, a civil share stays, and every fault is named at once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.promise.access import Exclusivity, PhaseTerms, ceiling, faults, notice, notice_text
from space_hub.errors import Invalid
from space_hub.text import say
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

PRICE = money("12.5", "EUR")
OFFERED = {Phase.PEACE: 10_000, Phase.CRISIS: 20_000, Phase.CONFLICT: 20_000}
FIT = {
    Phase.PEACE: PhaseTerms(4_000, timedelta(hours=48), PRICE, 9, civil_floor=Decimal("0.1")),
    Phase.CRISIS: PhaseTerms(9_000, timedelta(hours=24), PRICE, 4, civil_floor=Decimal("0.1")),
    Phase.CONFLICT: PhaseTerms(18_000, timedelta(hours=4), PRICE, 1, Exclusivity.AREA_TIME, civil_floor=Decimal("0.1")),
}


def codes(terms: dict[Phase, PhaseTerms], offered: dict[Phase, int] = OFFERED) -> list[str]:
    found = faults(terms, offered)
    for fault in found:
        assert say(fault.code, "en", **fault.params)
        assert say(fault.code, "fr", **fault.params)
    return [fault.code for fault in found]


def test_terms_that_grow_by_phase_are_fit() -> None:
    assert codes(FIT) == []
    assert codes({Phase.CONFLICT: FIT[Phase.CONFLICT]}) == []


def test_everything_that_is_wrong_is_named_at_once() -> None:
    """Sabotage seen: returning after the first fault turned it red."""
    wrong = {
        Phase.PEACE: PhaseTerms(11_000, timedelta(hours=1), PRICE, 2),
        Phase.CRISIS: PhaseTerms(5_000, timedelta(hours=2), PRICE, 16, Exclusivity.FULL),
        Phase.CONFLICT: PhaseTerms(0, timedelta(hours=2), PRICE, 16, civil_floor=Decimal(1)),
    }
    assert codes(wrong, {Phase.PEACE: 10_000, Phase.CRISIS: 20_000}) == [
        "access.capacity_above_offer",
        "access.priority_wrong",
        "access.exclusive_without_floor",
        "access.civil_floor_wrong",
        "access.priority_wrong",
        "access.capacity_missing",
        "access.phase_not_offered",
        "access.capacity_shrinks",
        "access.notice_lengthens",
        "access.priority_falls",
        "access.capacity_shrinks",
    ]
    assert codes({}) == ["access.no_phase"]


def test_the_civil_share_is_kept_back_from_what_may_be_promised() -> None:
    assert ceiling(10_001, Decimal("0.1")) == 9_000
    above = {Phase.PEACE: PhaseTerms(9_001, timedelta(), PRICE, civil_floor=Decimal("0.1"))}
    assert codes(above) == ["access.capacity_above_offer"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT48H", timedelta(hours=48)),
        ("P2D", timedelta(days=2)),
        ("P1DT2H30M", timedelta(days=1, hours=2, minutes=30)),
        ("P2W", timedelta(weeks=2)),
        ("PT0S", timedelta()),
    ],
)
def test_a_notice_is_an_iso_duration(text: str, expected: timedelta) -> None:
    assert notice(text) == expected


@pytest.mark.parametrize("text", ["", "P", "PT", "P1M", "P1Y", "48h", "-P1D", "P1DT", "PT1.5H", "P1W2D", "P٣D"])
def test_a_notice_without_fixed_length_or_form_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        notice(text)
    assert refusal.value.code == "access.notice_wrong"


@given(st.integers(0, 90_000_000))
def test_a_notice_is_written_as_it_is_read(seconds: int) -> None:
    value = timedelta(seconds=seconds)
    assert notice(notice_text(value)) == value
