"""Opportunities: opened to all at once, and the same answer to all at the same time."""

import json
from datetime import timedelta
from typing import Any

from tests.support.demand import messages, settle, state
from tests.support.hub import Caller, Hub
from tests.support.supply import arrive, good


def prepared(planner: Caller, **more: Any) -> str:
    body = {
        "kind": "opportunity",
        "title_en": "Imagery of the north",
        "title_fr": "Imagerie du nord",
        "text_en": "We look for optical imagery.",
        "text_fr": "Nous cherchons de l'imagerie optique.",
        "mission_areas": ["imagery"],
        "closes_at": "2024-12-01T00:00:00Z",
        **more,
    }
    made: str = good(planner.post("/v1/opportunities", body))["id"]
    return made


def opened(planner: Caller, **more: Any) -> str:
    made = prepared(planner, **more)
    good(planner.put(f"/v1/opportunities/{made}/opening"), 200)
    return made


def test_nobody_reads_a_draft_and_everybody_reads_what_is_open(hub: Hub) -> None:
    planner, other = hub.key("nation", "FR"), hub.key("nation", "DE")
    supplier, _ = arrive(hub)
    made = prepared(planner)
    for caller in (other, supplier):
        assert caller.get(f"/v1/opportunities/{made}").status_code == 404
    good(planner.put(f"/v1/opportunities/{made}/opening"), 200)
    settle(hub)
    assert supplier.get(f"/v1/opportunities/{made}").text == other.get(f"/v1/opportunities/{made}").text
    assert [each["data"]["opportunity_id"] for each in messages(supplier, "opportunity.opened")] == [made]
    french = supplier.headers() | {"Accept-Language": "fr"}
    assert hub.client.get(f"/v1/opportunities/{made}", headers=french).json()["title"] == "Imagerie du nord"
    assert planner.put(f"/v1/opportunities/{made}/opening").json()["code"] == "opportunity.not_draft"
    assert other.put(f"/v1/opportunities/{made}/closing").status_code == 404


def test_an_answer_reaches_every_reader_with_the_same_text_and_time_and_never_says_who_asked(hub: Hub) -> None:
    """Sabotage seen: everybody read a question before its answer."""
    planner = hub.key("nation", "FR")
    asking, _ = arrive(hub, "Curious")
    rival, _ = arrive(hub, "Rival")
    made = opened(planner)
    path = f"/v1/opportunities/{made}/questions"
    asked = good(asking.post(path, {"question": "By day and by night?"}))
    assert good(asking.get(path), 200)["items"] == good(rival.get(path), 200)["items"] == []
    assert [each["question"] for each in good(planner.get(path), 200)["items"]] == ["By day and by night?"]
    hub.clock.advance(timedelta(hours=3))
    both = {"answer_en": "By day.", "answer_fr": "De jour."}
    assert rival.put(f"{path}/{asked['id']}/answer", both).status_code == 403
    good(planner.put(f"{path}/{asked['id']}/answer", both), 200)
    settle(hub)
    seen = {caller.get(path).text for caller in (asking, rival)}
    assert len(seen) == 1
    [read] = good(rival.get(path), 200)["items"]
    assert (read["answer"], read["published_at"]) == ("By day.", "2024-11-02T03:00:00Z")
    told = [messages(caller, "opportunity.answered") for caller in (asking, rival)]
    assert told[0] == told[1] and len(told[0]) == 1
    everything = json.dumps([told, *(json.loads(text) for text in seen), good(planner.get(path), 200)])
    assert asking.organisation_id not in everything and "Curious" not in everything
    again = planner.put(f"{path}/{asked['id']}/answer", both)
    assert (again.status_code, again.json()["code"]) == (409, "opportunity.answered")


def test_what_is_over_takes_no_question_and_needs_no_job_to_be_over(hub: Hub) -> None:
    planner = hub.key("nation", "FR")
    supplier, _ = arrive(hub)
    made = opened(planner)
    hub.clock.advance(timedelta(days=40))
    refused = supplier.post(f"/v1/opportunities/{made}/questions", {"question": "Too late?"})
    assert (refused.status_code, refused.json()["code"]) == (409, "opportunity.over")
    assert good(supplier.get(f"/v1/opportunities/{made}"), 200)["state"] == "closed"
    past = {"closes_at": "2024-11-01T00:00:00Z"}
    assert planner.post("/v1/opportunities", body(past)).json()["code"] == "opportunity.closing_past"


def body(more: dict[str, Any]) -> dict[str, Any]:
    both = {"title_en": "A", "title_fr": "B", "text_en": "C", "text_fr": "D"}
    return {"kind": "opportunity", **both, "mission_areas": ["sda"], "closes_at": "2024-12-01T00:00:00Z", **more}


def test_a_consultation_shows_a_draft_need_in_canonical_units(hub: Hub) -> None:
    planner = hub.key("nation", "FR")
    supplier, _ = arrive(hub)
    clause = {"attribute": "gsd", "operator": "<=", "threshold": 50, "unit": "cm", "objective": 30, "weight": 9}
    need = {"capability": "imagery.optical", "clauses": [clause]}
    made = opened(planner, kind="consultation", draft_need=need)
    shown = good(supplier.get(f"/v1/opportunities/{made}"), 200)["draft_need"]
    assert shown["clauses"][0]["threshold"] == 0.5
    assert {"objective", "weight"} & set(shown["clauses"][0]) == set()
    refused = planner.post("/v1/opportunities", body({"kind": "consultation"}))
    assert refused.json()["code"] == "opportunity.draft_need_misplaced"


def test_an_opportunity_points_only_to_an_own_need_that_is_named(hub: Hub) -> None:
    """Sabotage seen: any published need was taken, and the link named the owner of an anonymous one."""
    planner, other = hub.key("nation", "FR"), hub.key("nation", "DE")
    state(planner, "named")
    need = good(planner.get("/v1/demand/needs"), 200)["items"][0]["id"]
    assert other.post("/v1/opportunities", body({"published_need_id": need})).status_code == 404
    good(planner.post("/v1/opportunities", body({"published_need_id": need})))
