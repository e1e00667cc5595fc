"""Requirement -> match, over HTTP: who is taken, who is refused, and why."""

from typing import Any

import pytest

from tests.support.hub import Caller, Hub
from tests.support.supply import good, offering, requirement, verified


def ask(planner: Caller, **more: Any) -> dict[str, Any]:
    stated = good(planner.post("/v1/requirements", requirement(**more)))
    found: dict[str, Any] = good(planner.post("/v1/matches", {"requirement_id": stated["id"]}))
    return found


def of(match: dict[str, Any], offering_id: str) -> dict[str, Any]:
    return next(each for each in match["offerings"] if each["offering_id"] == offering_id)


def test_a_match_says_who_is_taken_and_why_each_other_is_not(hub: Hub) -> None:
    broker, planner = hub.key("broker"), hub.key("nation", "DE")
    cheap, cheap_id = verified(hub, broker, "Cheap")
    dear, _ = verified(hub, broker, "Dear", "DE")
    low = good(cheap.post("/v1/offerings", offering("LOW", price="5", capacity=300)))
    high = good(dear.post("/v1/offerings", offering("HIGH", price="9")))
    spare = good(dear.post("/v1/offerings", offering("SPARE", price="12")))
    blurred = {"gsd": {"value": 0.7, "unit": "m"}, "delivery_latency": {"value": 1, "unit": "h"}}
    refused = good(dear.post("/v1/offerings", offering("BLUR", attributes=blurred)))
    silent = good(cheap.post("/v1/offerings", offering("SILENT", attributes={})))
    match = ask(planner)
    assert (match["covered"], match["single_supplier"], match["suppliers"]) == (True, False, 2)
    verdicts = {each["offering_id"]: each["verdict"] for each in match["offerings"]}
    assert verdicts == {
        low["id"]: "taken",
        high["id"]: "taken",
        spare["id"]: "reserve",
        silent["id"]: "question",
        refused["id"]: "refused",
    }
    assert of(match, low["id"])["quantities"] == {"peace": "300.0"}
    assert of(match, high["id"])["quantities"] == {"peace": "200.0"}
    assert float(match["cost_per_day"]) == 300 * 5 + 200 * 9
    assert of(match, low["id"])["margins"] == [{"clause": 0, "margin": 0.333333, "weight": 1.0}]
    said = of(match, refused["id"])
    assert said["reasons"][0]["text"] == "ground sample distance: 0.7 m offered, ≤ 0.6 m asked: not met"
    assert said["counterfactual"]["text"] == "Would be eligible with ground sample distance ≤ 0.6 m (now 0.7 m)."
    assert "Can it be held?" in of(match, silent["id"])["reasons"][0]["text"]
    lost = next(each for each in match["losses"] if each["provider_id"] == cheap_id)
    assert float(lost["shortfall_taken"]["peace"]) == 0
    assert match["recommendation_only"] is True


def test_a_match_is_said_in_french_too(hub: Hub) -> None:
    broker, planner = hub.key("broker"), hub.key("nation")
    supplier, _ = verified(hub, broker)
    blurred = {"gsd": {"value": 0.7, "unit": "m"}}
    good(supplier.post("/v1/offerings", offering("BLUR", attributes=blurred)))
    match = ask(planner)
    french = hub.client.get(f"/v1/matches/{match['id']}", headers=planner.headers() | {"Accept-Language": "fr"}).json()
    assert french["offerings"][0]["reasons"][0]["text"] == (
        "distance d'échantillonnage au sol\u00a0: 0,7 m offert, ≤ 0,6 m demandé\u00a0: non tenu"
    )
    assert french["record_sha256"] == match["record_sha256"]


def test_a_requirement_that_one_supplier_alone_can_meet_is_flagged(hub: Hub) -> None:
    broker, planner = hub.key("broker"), hub.key("nation")
    supplier, provider_id = verified(hub, broker)
    good(supplier.post("/v1/offerings", offering()))
    match = ask(planner)
    assert match["single_supplier"] is True
    assert match["losses"] == [
        {"provider_id": provider_id, "shortfall_taken": {"peace": "500.0"}, "shortfall_pool": {"peace": "500.0"}}
    ]


def test_a_match_uses_only_what_the_planner_may_see(hub: Hub) -> None:
    broker = hub.key("broker")
    supplier, _ = verified(hub, broker)
    good(supplier.post("/v1/offerings", offering(release_to=["DE"])))
    assert len(ask(hub.key("nation", "DE"))["offerings"]) == 1
    assert ask(hub.key("nation", "ES"))["offerings"] == []


def test_requirements_and_matches_are_unknown_to_other_organisations(hub: Hub) -> None:
    """Sabotage seen: reading the match by id alone gave it to another ministry of the same nation."""
    planner, other = hub.key("nation", "DE"), hub.key("nation", "DE")
    stated = good(planner.post("/v1/requirements", requirement()))
    match = good(planner.post("/v1/matches", {"requirement_id": stated["id"]}))
    for path in (
        f"/v1/requirements/{stated['id']}",
        f"/v1/matches/{match['id']}",
        f"/v1/matches/{match['id']}/record",
    ):
        assert planner.get(path).status_code == 200, path
        assert other.get(path).status_code == 404, path
    assert other.post("/v1/matches", {"requirement_id": stated["id"]}).status_code == 404
    assert other.get("/v1/requirements").json()["items"] == other.get("/v1/matches").json()["items"] == []


def test_the_owner_of_the_company_counts_and_an_unnamed_owner_is_asked_for(hub: Hub) -> None:
    broker, planner = hub.key("broker"), hub.key("nation")
    named, _ = verified(hub, broker, "Named", owner_nation="CN")
    unnamed, _ = verified(hub, broker, "Unnamed", owner_nation=None)
    good(named.post("/v1/offerings", offering("N")))
    good(unnamed.post("/v1/offerings", offering("U")))
    match = ask(planner, owner_nations=["FR", "DE"])
    assert {each["title"][-1]: each["verdict"] for each in match["offerings"]} == {"N": "refused", "U": "question"}


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        (
            {
                "clauses": [
                    {"attribute": "gsd", "operator": "<=", "threshold": 30, "unit": "cm"},
                    {"attribute": "gsd", "operator": ">=", "threshold": 0.5, "unit": "m"},
                ]
            },
            "catalog.clauses_contradict",
            '"gsd <= 0.3 m" and "gsd >= 0.5 m"',
        ),
        (
            {"clauses": [{"attribute": "gsd", "operator": "<=", "threshold": 0.3, "unit": "m", "objective": 0.5}]},
            "catalog.objective_not_beyond",
            "gsd <= 0.3 m",
        ),
        (
            {"clauses": [{"attribute": "availability", "operator": ">=", "threshold": 101, "unit": "%"}]},
            "catalog.clause_impossible",
            "availability >= 101 %",
        ),
        ({"nations": ["FR"], "excluded_nations": ["FR"]}, "catalog.nations_contradict", "FR"),
        ({"window_to": "2024-11-01T00:00:00Z", "window_from": "2024-10-01T00:00:00Z"}, "catalog.window_over", "2024"),
        (
            {"clauses": [{"attribute": "gsd", "operator": "any_of", "threshold": "x"}]},
            "catalog.operator_wrong",
            "<=, >=, covers",
        ),
    ],
)
def test_a_requirement_that_contradicts_itself_is_refused_and_the_contradiction_named(
    hub: Hub, change: dict[str, Any], code: str, named: str
) -> None:
    answer = hub.key("nation").post("/v1/requirements", requirement(**change))
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert named in answer.json()["detail"]


def test_sanctions_releases_and_documents_are_judged_and_said(hub: Hub) -> None:
    broker, planner = hub.key("broker"), hub.key("nation", "DE")
    clear, _ = verified(hub, broker, "Clear")
    barred, _ = verified(hub, broker, "Barred", owner_nation="CN")
    taken = good(clear.post("/v1/offerings", offering("CLEAR", maturity="operational")))
    refused = good(barred.post("/v1/offerings", offering("BARRED", maturity="operational", release_to=["DE"])))
    asked = {"sanctioned_nations": ["CN"], "users": ["DE", "FR"], "least_maturity": "demonstrated"}
    match = ask(planner, **asked)
    assert {each["offering_id"]: each["verdict"] for each in match["offerings"]} == {
        taken["id"]: "taken",
        refused["id"]: "refused",
    }
    said = of(match, refused["id"])["counterfactual"]
    assert said["text"] == "Would be eligible if CN were not barred and if it were released to FR."
    assert [each["text"] for each in match["sole"]["barriers"]] == [
        "sanctions (CN): keeps 1 other supplier out, 0 by itself alone",
        "use by DE, FR: keeps 1 other supplier out, 0 by itself alone",
    ]
    papers = [{"kind": "cyber_audit", "levels": ["2"], "recognised_by": ["DE"]}]
    open_ = of(ask(planner, **asked, papers=papers), taken["id"])
    assert open_["verdict"] == "question"
    assert open_["reasons"][0]["text"].startswith(
        "Can you show through the whole window: cyber-security audit, level 2, recognised by DE?"
    )


def test_a_requirement_that_cannot_be_met_gets_its_conflict_and_the_least_that_would_do(hub: Hub) -> None:
    broker, planner = hub.key("broker"), hub.key("nation")
    supplier, _ = verified(hub, broker)
    good(supplier.post("/v1/offerings", offering()))
    clauses = [{"attribute": "gsd", "operator": "<=", "threshold": 0.4, "unit": "m", "objective": 0.3}]
    match = ask(planner, clauses=clauses)
    assert match["covered"] is False
    assert match["impasse"]["relaxation"]["norm"] == 1.0
    assert match["impasse"]["text"] == (
        "Cannot be met together by what is on the shelf: ground sample distance ≤ 0.4 m. "
        "The least change that would do: ground sample distance ≤ 0.5 m instead of ≤ 0.4 m."
    )
    eased = [{**clauses[0], "threshold": match["impasse"]["relaxation"]["eased"][0]["to"]}]
    assert ask(planner, clauses=eased)["covered"] is True


def test_a_requirement_marked_above_the_ceiling_is_refused(hub: Hub) -> None:
    answer = hub.key("nation").post("/v1/requirements", requirement(level="secret"))
    assert (answer.status_code, answer.json()["code"]) == (422, "catalog.requirement_above_ceiling")
