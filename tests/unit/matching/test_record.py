"""The decision record: the same inputs give the same bytes, and it can be matched again."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings

from api.routes.matches import match_out
from catalog.matching.recommend import recommend
from catalog.matching.record import freeze, thaw
from catalog.matching.values import Candidate, Need, PhaseNeed
from catalog.shelf.content import fingerprint
from catalog.tables import MatchRecord
from catalog.wording import counterfactual as in_words
from catalog.wording import sentence
from tests.unit.matching.cases import PEACE, SHARP, WINDOW, markets, need, offer

QUICK = settings(max_examples=40, deadline=None)


@given(markets())
@QUICK
def test_a_record_can_be_read_back_and_gives_itself_again(market: tuple[Need, list[Candidate]]) -> None:
    """Sabotage seen: leaving the largest share out of the inputs gave another result the second time."""
    wanted, offers = market
    record = freeze(wanted, offers, recommend(wanted, offers))
    kept = json.loads(json.dumps(record.inputs))
    again, candidates = thaw(kept)
    assert freeze(again, candidates, recommend(again, candidates)) == record
    assert fingerprint(kept) == record.inputs_sha256


def test_another_price_is_another_record() -> None:
    first, second = (
        freeze(need(), [each], recommend(need(), [each])) for each in (offer("A"), offer("A", price="10.01"))
    )
    assert first.inputs_sha256 != second.inputs_sha256
    assert first.record_sha256 != second.record_sha256


def test_a_budget_that_the_least_costly_set_exceeds_is_flagged() -> None:
    tight = replace(need(), phases=(PhaseNeed(PEACE, 100.0, Decimal(999)),))
    result = freeze(tight, [offer("A")], recommend(tight, [offer("A")])).result
    assert result["phases"][0]["cost_per_day"] == "1000.0"
    assert result["phases"][0]["over_budget"] is True


@pytest.mark.parametrize("language", ["en", "fr"])
@given(market=markets())
@QUICK
def test_every_reason_has_a_sentence(language: str, market: tuple[Need, list[Candidate]]) -> None:
    wanted, offers = market
    for each in freeze(wanted, offers, recommend(wanted, offers)).result["offerings"]:
        reasons = each["reasons"]
        if each["counterfactual"]:
            assert "{" not in in_words(each["counterfactual"], language)
        gates = [
            {"code": f"match.{gate['gate']}.{gate['outcome']}", "params": gate["params"]} for gate in each["gates"]
        ]
        assert reasons, "nobody is left without a reason"
        for said in [*reasons, *gates]:
            assert "{" not in sentence(said["code"], said["params"], language, capacity_unit="km2/d")


def test_what_the_counterfactual_says_is_true() -> None:
    refused = recommend(need(), [offer("A", gsd=0.7)]).judged[0]
    assert refused.counterfactual is not None
    assert refused.counterfactual.changes[0].params["threshold"] == SHARP.threshold
    assert recommend(need(), [offer("A", gsd=0.5)]).judged[0].verdict.value == "taken"


def test_a_record_of_the_first_method_is_read_as_it_was_kept() -> None:
    """Sabotage seen: a match that was kept before could no longer be read."""
    offers = [offer("A", gsd=0.7)]
    record = freeze(need(), offers, recommend(need(), offers))
    result = {name: value for name, value in record.result.items() if name not in ("sole", "impasse")}
    kept = {name: value for name, value in result["offerings"][0].items() if name != "stability"}
    change = kept["counterfactual"]["changes"][0]
    kept["counterfactual"] = {"code": "match.enter.clause.if_answered", "params": change["params"]}
    kept["gates"] = [{name: gate[name] for name in gate if name != "evidence"} for gate in kept["gates"]]
    row = MatchRecord(
        id="mat_1",
        requirement_id="req_1",
        organisation_id="org_1",
        at=WINDOW.start,
        inputs_sha256="0",
        record_sha256="0",
        covered=False,
        single_supplier=False,
        inputs={**record.inputs, "method": "match/1"},
        result={**result, "offerings": [kept]},
        marking_id="mrk_1",
    )
    read = match_out(row, "en")
    assert read.offerings[0].counterfactual is not None
    assert read.offerings[0].counterfactual.text == (
        "Would be eligible with ground sample distance ≤ 0.5 m (now 0.7 m), "
        "and if the open questions were answered well."
    )
    assert (read.sole, read.impasse) == (None, None)
