"""Requirement templates: one at least for every capability, each a requirement that can be read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.demand.needs import PhaseGiven, read_need
from catalog.demand.templates import Template, by_capability, check, instantiate, shipped
from space_hub.errors import Invalid
from space_hub.vocabulary.capabilities import CAPABILITIES
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def read(template: Template, values: dict[str, Any]) -> Any:
    about = CAPABILITIES[template.capability]
    return read_need(
        **instantiate(template, values),
        currency="EUR",
        window=Interval(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)),
        phases=[PhaseGiven(Phase.PEACE, 1, about.capacity_unit)],
        now=NOW,
    )


@pytest.mark.parametrize("code", CAPABILITIES)
def test_every_capability_has_a_template_whose_own_values_are_a_requirement(code: str) -> None:
    """Sabotage seen: a unit of another dimension in the data; a capability left out."""
    found = by_capability(code)
    assert found
    for template in found:
        check(template.clauses)
        asked = read(template, {})
        assert asked.capability == code
        assert any(clause.hard for clause in asked.clauses)


def test_templates_have_names_in_both_languages_and_one_name_each() -> None:
    names = [(each.capability, each.name_en) for each in shipped()]
    assert len(set(names)) == len(names)
    assert all(each.name("en") != each.name("fr") for each in shipped())


def test_a_value_that_is_given_takes_the_place_of_the_usual_one() -> None:
    template = by_capability("imagery.optical")[0]
    asked = read(template, {"gsd": 0.3})
    assert {clause.attribute: clause.threshold for clause in asked.clauses}["gsd"] == 0.3


def test_a_value_that_the_template_does_not_ask_for_is_refused_and_the_others_named() -> None:
    with pytest.raises(Invalid) as refused:
        instantiate(by_capability("cloud.storage")[0], {"gsd": 0.3})
    assert (refused.value.code, refused.value.params["accepted"]) == ("template.value_unknown", "storage, availability")


def test_one_name_for_two_values_is_refused() -> None:
    twice = {"attribute": "gsd", "operator": "<=", "threshold": {"ask": "x", "default": 1}, "unit": "m"}
    with pytest.raises(Invalid) as refused:
        check([twice, twice])
    assert refused.value.code == "template.name_repeated"
