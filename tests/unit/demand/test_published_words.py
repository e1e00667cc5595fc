"""The words of a published need: what must be met apart from what is wished, quarters as people say them."""

from decimal import Decimal

import pytest

from catalog.demand.publication import content
from catalog.matching.values import Clause, Operator
from catalog.wording import period, sentence
from space_hub.text import say
from tests.unit.matching.cases import SHARP, need


def test_a_wish_is_not_among_the_demands() -> None:
    """Sabotage seen: both lists joined: "Exigé : … (souhaité)"."""
    wishes = (
        Clause("delivery_latency", Operator.AT_MOST, threshold=3, hard=False),
        Clause("revisit", Operator.AT_MOST, threshold=12.5, hard=False),
    )
    worded = content(need(clauses=(SHARP, *wishes)), "anonymous", "FR")
    demanded, _, wished = worded.text_fr.partition("Souhaité\u00a0: ")
    assert "Exigé\u00a0: " in demanded and "≤ 3 h" not in demanded
    assert "≤ 12,5 h" in wished and wished.count("\u00a0; ") == 1 and wished.endswith(".")
    assert "(wished)" not in worded.text_en and "Wished: " in worded.text_en


@pytest.mark.parametrize(
    ("last", "english", "french"),
    [
        ("2026-Q4", "in Q4 2026", "au T4 2026"),
        ("2027-Q1", "from Q4 2026 to Q1 2027", "du T4 2026 au T1 2027"),
    ],
)
def test_a_stretch_of_quarters_is_said_as_people_say_it(last: str, english: str, french: str) -> None:
    assert (period("2026-Q4", last, "en"), period("2026-Q4", last, "fr")) == (english, french)


def test_french_numbers_have_a_comma_and_no_idle_zeros() -> None:
    """Sabotage seen: the number given as its text: "500.0 km2/d", "16250.00 EUR"."""
    taken = {"phase": "peace", "quantity": "500.0"}
    assert "500 km2/d" in sentence("match.taken", taken, "fr", capacity_unit="km2/d")
    assert "2,5 km2/d" in sentence("match.taken", taken | {"quantity": "2.50"}, "fr", capacity_unit="km2/d")
    cost = {"phase": "x", "covered": "1", "needed": "1", "unit": "km2/d", "currency": "EUR"}
    assert "16250,00 EUR" in say("cli.cover_of_phase", "fr", cost=Decimal("16250.00"), **cost)
    assert "16250.00 EUR" in say("cli.cover_of_phase", "en", cost=Decimal("16250.00"), **cost)
