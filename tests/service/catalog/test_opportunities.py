"""Opportunities: opened to all at once, and the same answer to all at the same time."""

import json
from datetime import timedelta
from typing import Any

from providers import clocks
from providers.offices import FRONT_DESK
from tests.support.demand import messages, settle, state
from tests.support.hub import Caller, Hub
from tests.support.supply import arrive, good, letters


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


DESK = {
    "kind": "office",
    "name_en": "Imagery",
    "name_fr": "Imagerie",
    "officer_email": "officer@example.org",
    "deputy_email": "deputy@example.org",
    "rank": 1,
}


def test_a_question_lies_at_the_own_office_rises_when_it_is_late_and_is_closed_by_the_answer_to_all(hub: Hub) -> None:
    """Sabotage seen: routed like any matter, the question went to another nation's office of lower rank."""
    broker, planner, other = hub.key("broker", "BE"), hub.key("nation", "FR"), hub.key("nation", "DE")
    takes = {"matters": ["question", "comment"], "mission_areas": ["imagery"]}
    own = good(broker.post("/v1/offices", {**DESK, **takes, "organisation_id": planner.organisation_id}))["id"]
    theirs = {**DESK, **takes, "organisation_id": other.organisation_id, "rank": 0}
    good(broker.post("/v1/offices", theirs))
    asking, _ = arrive(hub, "Curious")
    made = opened(planner)
    path = f"/v1/opportunities/{made}"
    asked = good(asking.post(f"{path}/questions", {"question": "By night?"}))
    said = good(asking.post(f"{path}/comments", {"comment": "Half a metre would do."}))
    assert (asked["kind"], said["kind"]) == ("question", "comment")
    waits = {each["id"]: each for each in good(asking.get("/v1/submissions"), 200)["items"]}
    assert {(each["kind"], each["office_id"], each["subject"]) for each in waits.values()} == {
        ("question", own, made),
        ("comment", own, made),
    }
    assert set(waits) == {asked["submission_id"], said["submission_id"]}
    assert waits[asked["submission_id"]]["organisation_id"] == asking.organisation_id
    assert len(letters(hub, asked["submission_id"], "submission_opened")) == 1
    assert good(other.get("/v1/submissions", mine=False), 200)["items"] == []
    hub.clock.advance(timedelta(days=4))  # From Saturday to Wednesday, when two working days are over.
    with hub.database.write() as session:
        assert clocks.turn(session, hub.clock, hub.rng) == 2
    late = good(planner.get("/v1/submissions", mine=False), 200)["items"]
    assert [(each["late"], each["level"]) for each in late] == [(True, 1), (True, 1)]
    alone = planner.post(f"/v1/submissions/{asked['submission_id']}/answer", {"text": "For you: yes."})
    assert (alone.status_code, alone.json()["code"]) == (409, "submission.decided_elsewhere")
    both = {"answer_en": "By day.", "answer_fr": "De jour."}
    assert other.put(f"{path}/questions/{asked['id']}/answer", both).status_code == 404
    good(planner.put(f"{path}/questions/{asked['id']}/answer", both), 200)
    closed = good(asking.get(f"/v1/submissions/{asked['submission_id']}"), 200)
    assert (closed["state"], closed["answer"]) == ("answered", "By day.\n\nDe jour.")
    assert good(asking.get(f"/v1/submissions/{said['submission_id']}"), 200)["state"] == "open"
    (read,) = good(other.get(f"{path}/questions"), 200)["items"]
    assert (read["question"], read["submission_id"]) == ("By night?", None)


def test_who_answers_reads_neither_name_nor_nation_of_who_asks(hub: Hub) -> None:
    """In queue, status, history, letters and messages of the office and of the broker.

    Sabotage seen: questions left out of `submissions.UNNAMED`; the history's first row shown as it is kept.
    """
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "FR")
    good(broker.post("/v1/offices", {**DESK, "matters": ["question"], "organisation_id": planner.organisation_id}))
    asking, provider_id = arrive(hub, "Curious", "PT")
    made = opened(planner)
    asked = good(asking.post(f"/v1/opportunities/{made}/questions", {"question": "By night?"}))
    settle(hub)
    own = f"/v1/submissions/{asked['submission_id']}"
    assert good(asking.get(f"{own}/history"), 200)["items"][0]["by_organisation_id"] == asking.organisation_id
    for caller in (planner, broker):
        shown = good(caller.get(own), 200)
        assert (shown["organisation_id"], shown["provider_id"]) == (None, None)
        steps = good(caller.get(f"{own}/history"), 200)["items"]
        assert [(each["text"], each["by_organisation_id"]) for each in steps] == [("By night?", None)]
        queue = good(caller.get("/v1/submissions", mine=False), 200)
        told = messages(caller, "submission.status_changed")
        everything = json.dumps([shown, steps, queue, told, letters(hub, asked["submission_id"], "submission_opened")])
        for word in (asking.organisation_id, provider_id, "Curious", "PT"):
            assert word not in everything.replace("_PT", "")


def test_the_office_where_a_question_lies_answers_it_and_without_one_the_front_desk_does(hub: Hub) -> None:
    """Sabotage seen: only who opened it could answer, and what was referred was answered by nobody."""
    broker, planner, other = hub.key("broker", "BE"), hub.key("nation", "FR"), hub.key("nation", "DE")
    asking, _ = arrive(hub, "Curious")
    made = opened(planner)
    path = f"/v1/opportunities/{made}/questions"
    asked = good(asking.post(path, {"question": "By night?"}))
    lies = good(asking.get(f"/v1/submissions/{asked['submission_id']}"), 200)
    assert lies["office_id"] == FRONT_DESK
    both = {"answer_en": "By day.", "answer_fr": "De jour."}
    assert good(other.get(path), 200)["items"] == []
    assert other.put(f"{path}/{asked['id']}/answer", both).status_code == 404
    elsewhere = {**DESK, "matters": ["question"], "organisation_id": other.organisation_id}
    office = good(broker.post("/v1/offices", elsewhere))["id"]
    good(broker.post(f"/v1/submissions/{lies['id']}/referral", {"office_id": office, "text": "Yours."}))
    assert [each["id"] for each in good(other.get(path), 200)["items"]] == [asked["id"]]
    good(other.put(f"{path}/{asked['id']}/answer", both), 200)
    assert good(asking.get(f"/v1/submissions/{lies['id']}"), 200)["state"] == "answered"


def test_an_opportunity_names_only_an_own_office_that_takes_questions_and_comments(hub: Hub) -> None:
    """Sabotages seen: any organisation's office taken; a question left with an office that has been closed."""
    broker, planner, other = hub.key("broker", "BE"), hub.key("nation", "FR"), hub.key("nation", "DE")
    desk = {**DESK, "organisation_id": planner.organisation_id}
    full = good(broker.post("/v1/offices", {**desk, "matters": ["question", "comment"], "rank": 9}))["id"]
    half = good(broker.post("/v1/offices", {**desk, "matters": ["question"]}))["id"]
    refused = planner.post("/v1/opportunities", body({"office_id": half}))
    assert (refused.status_code, refused.json()["code"]) == (422, "opportunity.office_takes_none")
    assert other.post("/v1/opportunities", body({"office_id": full})).status_code == 404
    asking, _ = arrive(hub)
    made = opened(planner, office_id=full)
    asked = good(asking.post(f"/v1/opportunities/{made}/questions", {"question": "By night?"}))
    assert good(asking.get(f"/v1/submissions/{asked['submission_id']}"), 200)["office_id"] == full
    shut = {**DESK, "matters": ["question", "comment"], "active": False}
    good(broker.put(f"/v1/offices/{full}", shut), 200)
    asked = good(asking.post(f"/v1/opportunities/{made}/questions", {"question": "And now?"}))
    assert good(asking.get(f"/v1/submissions/{asked['submission_id']}"), 200)["office_id"] == half


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
