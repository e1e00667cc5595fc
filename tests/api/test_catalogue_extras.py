"""Drafts, findings, saved searches, registers and the overview over HTTP."""

from typing import Any

import pytest

from tests.support.hub import Caller, Hub
from tests.support.supply import good, offering, verified


@pytest.fixture
def people(hub: Hub) -> tuple[Caller, Caller, Caller, Caller]:
    """Broker, planner, and two verified suppliers."""
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "DE")
    return broker, planner, verified(hub, broker)[0], verified(hub, broker, "Rival", "ES")[0]


People = tuple[Caller, Caller, Caller, Caller]


def test_a_draft_is_kept_unfinished_and_published_when_it_is_ready(people: People) -> None:
    _, planner, supplier, rival = people
    kept = good(supplier.put("/v1/offerings/drafts/EYE", {"title": "Eye", "capability": "imagery.opticl"}), 200)
    assert kept["faults"][0]["code"] == "vocabulary.capability_unknown"
    assert supplier.post("/v1/offerings/drafts/EYE/publication").status_code == 422
    assert rival.get("/v1/offerings/drafts").json()["items"] == []
    for answer in (
        rival.post("/v1/offerings/drafts/EYE/publication"),
        rival.delete("/v1/offerings/drafts/EYE"),
    ):
        assert answer.status_code == 404
    body = offering("other name")
    assert good(supplier.put("/v1/offerings/drafts/EYE", body), 200)["faults"] == []
    assert len(supplier.get("/v1/offerings/drafts").json()["items"]) == 1
    made = good(supplier.post("/v1/offerings/drafts/EYE/publication"))
    assert (made["reference"], made["version"]) == ("EYE", 1)
    assert supplier.get("/v1/offerings/drafts").json()["items"] == []
    assert planner.get(f"/v1/catalogue/{made['id']}").status_code == 200


def test_a_finding_waits_for_the_supplier_and_stands_beside_the_claim(people: People, hub: Hub) -> None:
    """Sabotage seen: everyone read it at once."""
    from datetime import timedelta

    _, planner, supplier, rival = people
    other = hub.key("nation", "NL")
    made = good(supplier.post("/v1/offerings", offering()))
    path = f"/v1/offerings/{made['id']}/findings"
    body: dict[str, Any] = {
        "attribute": "gsd",
        "value": 0.7,
        "unit": "m",
        "provenance": "observed",
        "method": "edge target",
    }
    noted = good(planner.post(path, body))
    assert supplier.post(path, body).status_code == 403
    assert planner.post(path, {**body, "provenance": "claimed"}).status_code == 422
    assert planner.post(path, {**body, "attribute": "band"}).status_code == 422
    shown = f"/v1/catalogue/{made['id']}/findings"

    def read(caller: Caller) -> list[str]:
        return [each["id"] for each in good(caller.get(shown), 200)["items"]]

    assert (read(planner), read(supplier), read(other)) == ([noted["id"]], [noted["id"]], [])
    assert rival.get(shown).status_code == 404
    assert rival.post(f"/v1/findings/{noted['id']}/reply", {"text": "x"}).status_code == 404
    second = good(planner.post(path, {**body, "value": 0.8}))
    good(supplier.post(f"/v1/findings/{noted['id']}/reply", {"text": "Hazy that day."}), 200)
    assert supplier.post(f"/v1/findings/{noted['id']}/reply", {"text": "Again"}).status_code == 409
    assert read(other) == [noted["id"]]
    hub.clock.advance(timedelta(days=4))
    assert read(other) == [noted["id"], second["id"]]
    assert good(planner.get(f"/v1/catalogue/{made['id']}"), 200)["attributes"][1]["low"] == 0.5


def test_a_saved_search_is_its_keepers(people: People, hub: Hub) -> None:
    _, planner, supplier, _ = people
    body = {"name": "Ports", "query": {"text": "optical ports", "area": "region:baltic"}}
    kept = good(planner.post("/v1/saved-searches", body))
    assert good(planner.post("/v1/catalogue/search", kept["query"]), 200)["items"] == []
    assert hub.key("nation", "NL").delete(f"/v1/saved-searches/{kept['id']}").status_code == 404
    assert supplier.post("/v1/saved-searches", body).status_code == 403
    assert supplier.get("/v1/saved-searches").status_code == 403
    assert len(planner.get("/v1/saved-searches").json()["items"]) == 1
    assert planner.delete(f"/v1/saved-searches/{kept['id']}").status_code == 204
    assert planner.get("/v1/saved-searches").json()["items"] == []


def test_an_overview_tells_a_supplier_nothing_of_its_rivals(people: People) -> None:
    """Sabotage seen: a supplier counted its own shelf, which tells of no rival but is not what the answer says."""
    from tests.service.catalog.test_registers import table

    broker, planner, supplier, rival = people
    imported = {
        "name": "UCS Satellite Database",
        "edition": "test",
        "licence_note": "UCS",
        "table": table({}, {"Users": "Military"}),
    }
    assert good(broker.post("/v1/registers", imported))["refused"] == [
        {"code": "register.not_commercial", "reason": "no commercial user", "rows": 1}
    ]
    assert planner.post("/v1/registers", imported).status_code == 403
    before = rival.get("/v1/overview").json(), rival.get("/v1/overview/gaps").json()
    good(supplier.post("/v1/offerings", offering()))
    assert (rival.get("/v1/overview").json(), rival.get("/v1/overview/gaps").json()) == before
    assert all(each["offerings"] is None for each in supplier.get("/v1/overview").json()["lines"])
    lines = {(each["mission_area"], each["nation"]): each for each in planner.get("/v1/overview").json()["lines"]}
    assert lines["imagery", "FR"] == {
        "mission_area": "imagery",
        "mission_area_label": "imagery",
        "nation": "FR",
        "offerings": 1,
        "providers": 1,
        "assets": 1,
        "listings": 0,
        "claimed": 0,
    }
    assert lines["radar", "FR"]["listings"] == 1
    assert planner.get("/v1/overview/gaps").json()["lines"] == []
    (mine,) = supplier.get("/v1/register-listings").json()["items"]
    assert mine["state"] is None
    (seen,) = planner.get("/v1/register-listings", state="unclaimed", operator_nation="FR").json()["items"]
    assert (seen["state"], seen["asset_name"]) == ("unclaimed", "Eye")


def test_capacity_is_summed_when_enough_suppliers_stand_behind_it(hub: Hub) -> None:
    """Sabotage seen: the count of suppliers not asked showed one supplier's capacity."""
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "DE")
    for place in range(5):
        supplier, _ = verified(hub, broker, f"Firm {place}")
        good(supplier.post("/v1/offerings", offering(capacity=100)))
        lines = planner.get("/v1/overview/gaps").json()["lines"]
        assert [(each["capability"], each["phase"], each["capacity"]) for each in lines] == (
            [("imagery.optical", "peace", 500.0)] if place == 4 else []
        )
