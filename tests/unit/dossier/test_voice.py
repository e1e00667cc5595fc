"""Figures, dates and typography of a paper, in its language."""

from datetime import UTC, datetime

import pytest

from catalog.dossier.svg import step
from catalog.dossier.voice import Voice, grouped, typeset, unit_in_words

EN, FR = Voice("en"), Voice("fr")


@pytest.mark.parametrize(
    ("given", "english", "french"),
    [
        ("1234567.5", "1,234,567.5", "1\u202f234\u202f567,5"),
        ("0.50", "0.5", "0,5"),
        ("-1200", "−1,200", "−1\u202f200"),
        ("1E+3", "1,000", "1\u202f000"),
        ("999", "999", "999"),
    ],
)
def test_numbers_are_grouped_and_carry_the_sign_of_their_language(given: str, english: str, french: str) -> None:
    assert (EN.number(given), FR.number(given)) == (english, french)


def test_money_has_two_decimals_and_rounds_half_to_even() -> None:
    assert EN.money("2.345", "EUR") == "2.34\u00a0EUR"
    assert FR.money("1234.5", "EUR") == "1\u202f234,50\u00a0EUR"


def test_a_unit_price_keeps_what_it_has() -> None:
    assert [EN.price(each) for each in ("0.004", "12", "1E+3", "7.50")] == ["0.004", "12.00", "1,000.00", "7.50"]


def test_shares_and_counts() -> None:
    assert (EN.share(0.071, 1), FR.share(0.5)) == ("7.1%", "50\u00a0%")
    # Sabotage seen: a loss that leaves 99.6 % said to leave everything.
    assert [EN.share(each) for each in (0, 0.0004, 0.05, 0.996, 1)] == ["0%", "0.04%", "5%", "99.6%", "100%"]
    assert EN.say("dossier.dates.months", count=EN.many(1200)) == "1,200 months"


def test_days_are_words() -> None:
    at = datetime(2025, 3, 1, tzinfo=UTC)
    assert (EN.day(at), FR.day(at)) == ("1\u00a0March\u00a02025", "1er\u00a0mars\u00a02025")


def test_print_has_its_own_apostrophes_and_quotation_marks() -> None:
    assert typeset("l'offre dit", "fr") == "l’offre dit"
    assert typeset('the supplier\'s "word"', "en") == "the supplier’s “word”"


def test_units_are_written_as_people_write_them() -> None:
    assert [unit_in_words(each) for each in ("km2/d", "{observation}/d", "Mbit/s")] == [
        "km²/d",
        "observation/d",
        "Mbit/s",
    ]


@pytest.mark.parametrize("span", [0.003, 0.7, 1.0, 7.9, 36.0, 5100.0, 2_000_000.0])
def test_an_axis_has_few_round_marks(span: float) -> None:
    gap = step(span)
    assert 2 <= span / gap <= 5
    assert grouped(f"{gap:.6f}".rstrip("0").rstrip("."), "en")[0] in "1250"
