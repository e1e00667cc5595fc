"""Units: converted once, exactly, and never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from space_hub.errors import Invalid
from space_hub.text import catalogue
from space_hub.vocabulary.attributes import ATTRIBUTES, Better, Form, attribute, read
from space_hub.vocabulary.capabilities import CAPABILITIES
from space_hub.vocabulary.codes import AssetKind, MissionArea, Modality
from space_hub.vocabulary.phases import Phase
from space_hub.vocabulary.units import DIMENSIONS, accepted, convert, dimension


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "result"),
    [
        (50, "cm", "m", 0.5),
        (0.07, "m", "cm", 7.0),
        (1, "[nmi_i]", "m", 1852.0),
        (90, "min", "h", 1.5),
        (1, "mo", "d", 30.4375),
        (1, "a", "d", 365.25),
        (250, "Mbps", "Mbit/s", 250.0),
        (1.2, "Gbit/s", "Mbit/s", 1200.0),
        (-90, "dBm", "dB[W]", -120.0),
        (0.999, "1", "%", 99.9),
        (7, "{observation}/wk", "{observation}/d", 1.0),
        (250, "har/d", "km2/d", 2.5),
    ],
)
def test_a_value_is_converted_exactly(value: float, unit: str, wanted: str, result: float) -> None:
    """Sabotage seen: multiplying as floats made 0.07 m 7.000000000000001 cm."""
    assert convert(value, unit, wanted, of="x") == result


def test_a_unit_of_another_kind_is_refused_and_the_accepted_ones_listed() -> None:
    with pytest.raises(Invalid) as caught:
        read("gsd", 3, "kg")
    assert caught.value.code == "vocabulary.unit_unknown"
    assert caught.value.params["accepted"] == "nm, um, mm, cm, m, km, ft, mi, nmi"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(Invalid, match="number_not_finite"):
        read("gsd", value, "m")


@given(
    st.sampled_from([(family, unit) for family, units in DIMENSIONS.items() for unit in units]),
    st.floats(1e-6, 1e6),
)
def test_there_and_back_is_the_same_value(pair: tuple[str, str], value: float) -> None:
    family, unit = pair
    other = next(iter(DIMENSIONS[family]))
    there = convert(value, unit, other, of="x")
    # A level adds its offset, so the last digits of a small number are lost: absolute tolerance there.
    assert convert(there, other, unit, of="x") == pytest.approx(value, rel=1e-12, abs=1e-12 if "dB" in unit else 0)


def test_what_was_given_stays_beside_the_canonical_value() -> None:
    value = read("delivery_latency", [1.5, 3], "h", area=MissionArea.IMAGERY)
    assert (value.low, value.high, value.given, value.given_unit) == (90.0, 180.0, [1.5, 3], "h")


@pytest.mark.parametrize(
    ("code", "value", "unit", "error"),
    [
        ("gsd", True, "m", "value_wrong"),
        ("gsd", "0.5", "m", "value_wrong"),
        ("gsd", [1, 2, 3], "m", "value_wrong"),
        ("gsd", [2, 1], "m", "range_reversed"),
        ("gsd", 1, None, "unit_missing"),
        ("stereo", "yes", None, "value_wrong"),
        ("stereo", True, "m", "value_wrong"),
        ("band", "Kaa", None, "value_wrong"),
        ("band", [], None, "value_wrong"),
        ("colour", "red", None, "attribute_unknown"),
    ],
)
def test_a_value_of_another_form_is_refused(code: str, value: object, unit: str | None, error: str) -> None:
    with pytest.raises(Invalid, match=error):
        read(code, value, unit)


def test_an_attribute_belongs_to_its_mission_areas() -> None:
    assert attribute("gsd", MissionArea.IMAGERY).better is Better.LOWER
    with pytest.raises(Invalid, match="attribute_unknown"):
        attribute("gsd", MissionArea.SATCOM)


def test_every_unit_of_the_vocabulary_is_convertible() -> None:
    for each in ATTRIBUTES.values():
        assert (each.unit is not None) == (each.form is Form.NUMBER), each.code
        assert (each.form is Form.CODES) == bool(each.codes), each.code
        if each.unit is not None:
            assert each.unit in accepted(each.unit)
    for capability in CAPABILITIES.values():
        per_day = capability.capacity_unit.removesuffix("/d") + ("" if "/d" in capability.capacity_unit else ".d")
        assert capability.price_unit == per_day
        assert dimension(capability.capacity_unit) != dimension(capability.price_unit)


def test_every_mission_area_has_a_capability() -> None:
    assert {each.area for each in CAPABILITIES.values()} == set(MissionArea)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_code_has_a_label(language: str) -> None:
    wanted = {f"vocabulary.attribute.{code}" for code in ATTRIBUTES}
    wanted |= {f"vocabulary.capability.{code}" for code in CAPABILITIES}
    wanted |= {f"vocabulary.phase.{phase}" for phase in Phase}
    wanted |= {f"vocabulary.mission_area.{area}" for area in MissionArea}
    wanted |= {f"vocabulary.modality.{modality}" for modality in Modality}
    wanted |= {f"vocabulary.asset_kind.{kind}" for kind in AssetKind}
    assert wanted <= set(catalogue(language))
