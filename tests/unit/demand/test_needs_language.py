"""The requirement language: what it can say, which contradictions it names, and templates that lead to a match."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from catalog.demand.needs import PaperGiven, PhaseGiven, TermsGiven, read_need
from catalog.demand.templates import Template, instantiate, shipped
from catalog.matching.counterfactual import mended
from catalog.matching.need_json import need_from_json, need_to_json
from catalog.matching.recommend import recommend
from catalog.matching.values import Candidate, LossKind, Need, UnitPrice, Wishes
from providers.vetting import EvidenceKind
from space_hub.errors import Invalid
from space_hub.text import LANGUAGES, say
from space_hub.vocabulary.attributes import ATTRIBUTES, Form, Measured
from space_hub.vocabulary.capabilities import CAPABILITIES
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase
from tests.unit.matching.cases import offer

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def read(capability: str = "imagery.optical", **more: Any) -> Need:
    given: dict[str, Any] = {
        "currency": "EUR",
        "window": Interval(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)),
        "phases": [PhaseGiven(Phase.PEACE, 1, CAPABILITIES[capability].capacity_unit)],
        "clauses": [],
        "now": NOW,
        **more,
    }
    return read_need(capability_code=capability, **given)


EVERYTHING: Mapping[str, Any] = {
    "allowed": ["FR", "DE", "US"],
    "largest_share": 0.5,
    "terms": TermsGiven(
        users=["FR", "DE"],
        sanctioned_nations=["RU"],
        sanctioned_names=["Polar Cloud S.A.", "Ltd"],
        papers=[PaperGiven(EvidenceKind.EXPORT_LICENCE), PaperGiven(EvidenceKind.CYBER_AUDIT, ("3", "2"), ("FR",))],
        least_maturity="demonstrated",
        wishes=Wishes(None, 3, 2, (LossKind.SUPPLIER, LossKind.COMMON_MODE), 0.8),
        priority=3,
        originator="Space cell",
    ),
}


def test_all_that_is_said_is_kept_and_read_back() -> None:
    """Sabotage seen: the service to be kept left out of the JSON."""
    asked = read(**EVERYTHING)
    assert need_from_json(need_to_json(asked)) == asked
    assert asked.wishes == Wishes(0.5, 3, 2, (LossKind.SUPPLIER, LossKind.COMMON_MODE), 0.8)
    assert asked.sanctioned_names == {"polar cloud", "ltd"}
    assert [each.kind for each in asked.papers] == ["cyber_audit", "export_licence"]
    assert (asked.priority, asked.originator) == (3, "Space cell")


def test_a_requirement_from_before_there_were_words_for_it_asks_for_none_of_it() -> None:
    kept = need_to_json(read())
    old = {name: kept[name] for name in kept if name not in need_to_json_new()}
    assert need_from_json(old) == read()


def need_to_json_new() -> set[str]:
    return {
        *("users", "sanctioned_nations", "sanctioned_names", "papers", "least_maturity", "least_suppliers"),
        *("least_jurisdictions", "survive", "service_kept", "priority", "originator"),
    }


@pytest.mark.parametrize(
    ("given", "code", "named"),
    [
        ({"allowed": ["FR"], "terms": TermsGiven(sanctioned_nations=["FR"])}, "nations_all_sanctioned", "FR"),
        ({"owners_allowed": ["FR"], "terms": TermsGiven(sanctioned_nations=["FR"])}, "nations_all_sanctioned", "owner"),
        ({"terms": TermsGiven(users=["FR"], sanctioned_nations=["FR", "RU"])}, "users_sanctioned", "FR"),
        (
            {"allowed": ["FR", "DE"], "excluded": ["DE"], "terms": TermsGiven(wishes=Wishes(least_jurisdictions=2))},
            "jurisdictions_contradict",
            "only: FR",
        ),
        ({"terms": TermsGiven(wishes=Wishes(service_kept=0.5))}, "kept_without_loss", "0.5"),
        ({"terms": TermsGiven(wishes=Wishes(least_suppliers=0))}, "count_wrong", "least_suppliers"),
        ({"terms": TermsGiven(priority=16)}, "priority_wrong", "16"),
        ({"terms": TermsGiven(least_maturity="ripe")}, "maturity_unknown", "operational"),
        ({"terms": TermsGiven(level="secret")}, "requirement_above_ceiling", "secret"),
        ({"terms": TermsGiven(papers=[PaperGiven(EvidenceKind.ESG)] * 2)}, "paper_repeated", "governance"),
        ({"largest_share": 1.5}, "share_wrong", "largest_share"),
        ({"phases": [PhaseGiven(Phase.CRISIS, 1, "km2/d", "0")]}, "budget_buys_nothing", "crisis"),
    ],
)
def test_a_contradiction_is_refused_and_named_in_both_languages(given: dict[str, Any], code: str, named: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(**given)
    assert refused.value.code == f"catalog.{code}"
    english, french = (say(refused.value.code, language, **refused.value.params) for language in LANGUAGES)
    assert named in english
    assert english != french


@pytest.mark.parametrize("template", shipped(), ids=lambda each: f"{each.capability}/{each.name_en}")
def test_every_template_leads_to_a_match(template: Template) -> None:
    """An offering that holds just what is asked is taken; one that misses it by a little is refused."""
    asked = instantiate(template, {})
    need = read(asked["capability_code"], clauses=asked["clauses"])
    held = recommend(need, [_meeting(need)])
    assert (held.judged[0].verdict, held.covered, held.impasse) == ("taken", True, None)
    silent = recommend(need, [offer("B", capability=need.capability, attributes={})])
    assert silent.judged[0].verdict == "question"


def _meeting(need: Need) -> Candidate:
    """What meets every clause of the need and no more."""
    values: dict[str, Measured] = {}
    for clause in need.clauses:
        number = ATTRIBUTES[clause.attribute].form is Form.NUMBER
        start = Measured(clause.attribute, *((clause.threshold,) * 2 if number else (None, None)))
        values[clause.attribute] = mended(values.get(clause.attribute, start), [clause])
    prices = {each.phase: UnitPrice(Decimal(1), Decimal(0), "EUR") for each in need.phases}
    capacity = {each.phase: each.quantity for each in need.phases}
    return offer("A", capability=need.capability, attributes=values, capacity=capacity, prices=prices)
