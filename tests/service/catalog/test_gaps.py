"""Gap reports over HTTP, and the notices when published demand changes."""

from typing import Any

import pytest

from tests.support.demand import messages, publish, release, settle, state
from tests.support.hub import Caller, Hub
from tests.support.supply import arrive, good, offering, verified


def gap(supplier: Caller, offering_id: str, language: str = "en") -> dict[str, Any]:
    headers = supplier.headers() | {"Accept-Language": language}
    answer = supplier.hub.client.get(f"/v1/offerings/{offering_id}/gap-report", headers=headers)
    found: dict[str, Any] = good(answer, 200)
    return found


def test_a_newcomer_reads_what_it_lacks_before_anybody_has_verified_it(hub: Hub) -> None:
    planner = hub.key("nation", "FR")
    sharp = [{"attribute": "gsd", "operator": "<=", "threshold": 40, "unit": "cm"}]
    state(planner, "named")
    state(planner, "named", clauses=sharp)
    state(planner, "private", clauses=sharp)
    supplier, _ = arrive(hub)
    offered = good(supplier.post("/v1/offerings", offering()))
    found = gap(supplier, offered["id"])
    assert (found["meets"], found["misses"], found["unknown"]) == (1, 1, 0)
    missed = found["entries"][1]
    assert missed["one_change"]["text"] == "It would be met with ground sample distance ≤ 0.4 m (now 0.5 m)."
    assert missed["as_of"] == "published on 2024-11-02"
    french = gap(supplier, offered["id"], "fr")["entries"][1]
    assert french["title"] == "imagerie optique"
    assert "≤ 0,4 m" in french["one_change"]["text"]


def test_the_one_change_made_is_a_need_met(hub: Hub) -> None:
    planner = hub.key("nation", "FR")
    state(planner, "named", clauses=[{"attribute": "gsd", "operator": "<=", "threshold": 0.4, "unit": "m"}])
    supplier, _ = arrive(hub)
    offered = good(supplier.post("/v1/offerings", offering()))
    assert gap(supplier, offered["id"])["misses"] == 1
    better = offering(attributes={"gsd": {"value": 0.4, "unit": "m"}})
    good(supplier.put(f"/v1/offerings/{offered['id']}", better), 200)
    assert gap(supplier, offered["id"])["meets"] == 1


def test_a_report_is_the_owners_alone(hub: Hub) -> None:
    supplier, _ = arrive(hub)
    offered = good(supplier.post("/v1/offerings", offering()))
    rival, _ = arrive(hub, "Rival")
    unknown = rival.get("/v1/offerings/off_unknown/gap-report")
    theirs = rival.get(f"/v1/offerings/{offered['id']}/gap-report")
    assert unknown.status_code == theirs.status_code == 404
    assert theirs.text == unknown.text.replace("off_unknown", offered["id"])
    assert supplier.get("/v1/offerings/drafts/none/gap-report").json()["code"] == "gap.draft_unknown"


def test_a_supplier_is_told_when_demand_changes_and_only_of_what_changed(hub: Hub) -> None:
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "FR")
    supplier, _ = verified(hub, broker)
    offered = good(supplier.post("/v1/offerings", offering()))
    settle(hub)
    assert messages(supplier, "gap.changed") == []
    stated = state(planner, "named")
    settle(hub)
    [told] = messages(supplier, "gap.changed")
    need = told["data"]["changed"][0]["need"]
    assert told["data"] == {
        "offering_id": offered["id"],
        "changed": [{"need": need, "outcome": "meets", "misses": 0}],
        "count": 1,
    }
    release(hub)
    assert len(messages(supplier, "gap.changed")) == 1
    good(planner.put(f"/v1/requirements/{stated}/publication", {"level": "private"}), 200)
    settle(hub)
    assert messages(supplier, "gap.changed")[-1]["data"]["changed"] == [
        {"need": need, "outcome": "closed", "misses": 0}
    ]


def test_an_offering_that_arrives_is_told_how_it_stands_to_published_needs_only(hub: Hub) -> None:
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "FR")
    state(planner, "named")
    state(planner, "private")
    state(planner, "aggregated")
    settle(hub)
    supplier, _ = verified(hub, broker)
    rival, _ = verified(hub, broker, "Rival")
    good(supplier.post("/v1/offerings", offering()))
    settle(hub)
    [told] = messages(supplier, "gap.changed")
    assert [each["outcome"] for each in told["data"]["changed"]] == ["meets"]
    assert messages(rival, "gap.changed") == messages(planner, "gap.changed") == []


@pytest.mark.parametrize("level", ["private", "aggregated"])
def test_a_need_that_is_not_published_changes_no_byte_of_a_report(hub: Hub, level: str) -> None:
    """Sabotage seen: the report computed from open requirements."""
    planner = hub.key("nation", "FR")
    state(planner, "named")
    supplier, _ = arrive(hub)
    offered = good(supplier.post("/v1/offerings", offering()))
    before = gap(supplier, offered["id"])
    stated = state(planner)
    if level != "private":
        publish(planner, stated, level)
    assert gap(supplier, offered["id"]) == before
