"""What a question says, before anything is searched."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search.query import Condition, normalise, read_area, read_condition, read_text
from space_hub.errors import Invalid
from space_hub.vocabulary.phases import Phase


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("images radar de nuit 50 cm", Condition("gsd", "<=", 0.5)),
        ("imagery below 1.5 m", Condition("gsd", "<=", 1.5)),
        ("moins de 1,5 m", Condition("sar:resolution_range", "<=", 1.5)),
        ("link of at least 0.2 Gbps", Condition("committed_rate", ">=", 200.0)),
        ("débit 100 Mbit/s", Condition("forward_rate", ">=", 100.0)),
        ("livrée en moins de 2 heures", Condition("delivery_latency", "<=", 120.0)),
        ("revisite 6 h", Condition("revisit", "<=", 6.0)),
        ("revisit of more than 6 hours", Condition("revisit", ">=", 6.0)),
        ("débris de plus de 10 cm", Condition("minimum_size", "<=", 10.0)),
        ("lancer 1,2 t", Condition("mass_to_orbit", ">=", 1200.0)),
        ("Ka-band", Condition("band", "=", code="Ka")),
        ("imagerie stéréo", Condition("stereo", "=", code="true")),
        ("radar en mode balayage", Condition("sar:instrument_mode", "=", code="scan")),
        ("bande L", Condition("sar:frequency_band", "=", code="L")),
    ],
)
def test_numbers_codes_and_bands_in_a_sentence_are_wishes_in_canonical_units(text: str, bound: Condition) -> None:
    """Sabotage seen: the unit not converted made 0.2 Gbps a bound of 0.2."""
    assert any(bound in wish.conditions for wish in read_text(text).wishes), read_text(text)


def test_what_was_understood_is_no_term_any_more() -> None:
    read = read_text("images radar de nuit de moins de 50 cm en crise")
    assert read.terms == ("picture", "radar", "night")
    assert [wish.said for wish in read.wishes][:2] == ["crisis", "50 cm"]
    assert read.wishes[0].phases == (Phase.CRISIS,)


@pytest.mark.parametrize("text", ["3 images", "STANAG 4545", "k", "9" * 200 + " m", "1e999 m", "٣ cm", "<>= <= 5"])
def test_what_means_no_quantity_is_left_as_words(text: str) -> None:
    assert not any(wish.conditions or wish.phases for wish in read_text(text).wishes)


@pytest.mark.parametrize(
    ("text", "spoken_of"),
    [
        ("images radar de nuit", {"radar.sar"}),
        ("hyperspectral survey of vegetation", {"imagery.hyperspectral"}),
        ("relevé de l'activité radio", {"rf_sensing.survey"}),
        ("satcom protected against jamming", {"satcom.end_to_end", "satcom.anchored", "satcom.raw"}),
        ("alerte de collision", {"sda.conjunction_assessment"}),
        ("shared launch", {"launch.rideshare"}),
        ("Aquila", set()),
        ("zzyzx", set()),
    ],
)
def test_a_sentence_is_taken_to_speak_of_a_capability(text: str, spoken_of: set[str]) -> None:
    """Sabotage seen: every word counted alike gave the hyperspectral survey to the radio survey as well."""
    found = [set(wish.capabilities) for wish in read_text(text).wishes if wish.capabilities]
    assert found == ([spoken_of] if spoken_of else [])


@given(st.text(max_size=300))
def test_no_text_is_refused_or_breaks_the_reading(text: str) -> None:
    read = read_text(text)
    assert len(read.terms) == len(read.given) == len(set(read.terms))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"nations": ["fr"]}, "vocabulary.nation_unknown"),
        ({"maturities": ["ripe"]}, "search.value_wrong"),
        ({"capabilities": ["x.y"]}, "vocabulary.capability_unknown"),
        ({"where": ["gsd < 1 m"]}, "catalog.condition_wrong"),
        ({"where": ["gsd <= 1"]}, "vocabulary.unit_missing"),
        ({"where": ["gsd <= 1 m"] * 21}, "search.too_many"),
        ({"standards": ["x"] * 51}, "search.too_many"),
        ({"standards": [""]}, "search.value_wrong"),
        ({"area": "baltic"}, "search.area_wrong"),
        ({"area": "region:atlantis"}, "vocabulary.region_unknown"),
        ({"area": [1, 2, 3]}, "search.area_wrong"),
        ({"area": [0, 10, 5, 5]}, "search.area_wrong"),
        ({"area": {"type": "Circle"}}, "vocabulary.geometry_wrong"),
        ({"text": "x" * 301}, "search.text_too_long"),
        ({"window": [datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)]}, "vocabulary.interval_empty"),
    ],
)
def test_a_question_that_cannot_be_meant_is_refused_with_its_reason(body: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        normalise(body)
    assert caught.value.code == code


def test_a_box_over_the_antimeridian_becomes_two() -> None:
    """Sabotage seen: the box left whole."""
    assert read_area([170, -10, -170, 10])["type"] == "MultiPolygon"
    assert read_area([-170, -10, 170, 10])["type"] == "Polygon"


def test_the_same_question_has_the_same_number_however_it_is_written() -> None:
    """Sabotage seen: nations kept in the order given made the same question another one."""
    one = normalise({"text": "Radar  images", "nations": ["FR", "DE"], "facets": ["nation"]})
    other = normalise({"text": "radar images", "nations": ["DE", "FR", "DE"]})
    assert one.number() == other.number() != normalise({"text": "radar"}).number()


def test_conditions_are_read_in_canonical_units() -> None:
    assert read_condition("gsd <= 50 cm") == Condition("gsd", "<=", 0.5)
    assert read_condition("stereo = true") == Condition("stereo", "=", code="true")
