"""Assured-access terms: they may only grow, a civil share stays, and every fault is named at once."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.activation.rules import Ramp
from catalog.ordering.sla import Metric, Sla, Step
from catalog.promise.access import Exclusivity, PhaseTerms, ceiling, faults, notice, notice_text
from catalog.promise.clauses import ActivationNeed, Basis, Cancellation, CutOffAuthority, Refund
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
WRONG_SLA = Sla(Metric.QUANTITY, Decimal("1.5"), (Step(Decimal(0), Decimal("0.1")),), Decimal("0.2"))


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


def test_the_times_of_an_activation_fit_together_and_who_could_cut_off_is_said() -> None:
    """Sabotage seen: with `None` taken for an empty list nothing had to be said of a cut-off."""
    half, whole = Ramp(timedelta(hours=6), Fraction(1, 2)), Ramp(timedelta(hours=8), Fraction(1))
    bare = PhaseTerms(9_000, timedelta(hours=4), PRICE, 4, activation=ActivationNeed.REQUIRED)
    fit = replace(bare, acknowledge=timedelta(hours=1), ramp=(half, whole), cut_off_authorities=())
    assert codes({Phase.CRISIS: fit}) == []
    assert codes({Phase.CRISIS: bare}) == ["access.cut_off_not_said", "access.ramp_wrong"]
    assert codes({Phase.CRISIS: replace(fit, ramp=(half,))}) == ["access.ramp_wrong"]
    assert codes({Phase.CRISIS: replace(fit, ramp=(whole, half))}) == ["access.ramp_wrong"]
    assert codes({Phase.CRISIS: replace(fit, notice=timedelta(hours=6))}) == ["access.ramp_wrong"]
    assert codes({Phase.PEACE: fit}) == ["access.peace_activated"]
    idle = replace(fit, activation=ActivationNeed.NONE)
    assert codes({Phase.CRISIS: idle}) == ["access.ramp_idle"]
    nameless = (CutOffAuthority(" ", "FR", "Act"),)
    assert codes({Phase.CRISIS: replace(fit, cut_off_authorities=nameless)}) == ["access.cut_off_unnamed"]


def test_clauses_that_contradict_each_other_are_named() -> None:
    peace, crisis = FIT[Phase.PEACE], FIT[Phase.CRISIS]
    assert codes({Phase.PEACE: replace(peace, preemptible=True), Phase.CRISIS: crisis}) == ["access.preemptible_lost"]
    assert codes({Phase.CRISIS: replace(crisis, deny_others=True)}) == ["access.denies_without_exclusivity"]
    assert codes({Phase.CRISIS: replace(crisis, fleet_share=Decimal("0.4"))}) == ["access.fleet_share_idle"]
    fleet = replace(crisis, basis=Basis.SHARE_OF_FLEET, fleet_share=Decimal("0.45"))
    assert codes({Phase.CRISIS: fleet}) == []
    assert codes({Phase.CRISIS: replace(fleet, parts=9_001)}) == ["access.fleet_share_differs"]
    assert codes({Phase.CRISIS: replace(fleet, fleet_share=None)}) == ["access.fleet_share_wrong"]
    over = replace(fleet, fleet_share=Decimal("0.95"), parts=19_000)
    assert codes({Phase.CRISIS: over}) == ["access.fleet_share_wrong", "access.capacity_above_offer"]
    too_much = replace(
        crisis, refund=Refund(Decimal("1.1")), cancellation=Cancellation(timedelta(), Decimal("NaN")), sla=(WRONG_SLA,)
    )
    assert codes({Phase.CRISIS: too_much}) == ["access.refund_wrong", "access.cancellation_wrong", "sla.bound_wrong"]


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
