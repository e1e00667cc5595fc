"""The front door over HTTP: what everyone may ask, what a provider waits for, and what an office does."""

from datetime import timedelta
from typing import Any

from tests.support.hub import Caller, Hub
from tests.support.supply import applied, approval, arrive, confirm, evidence, good, letters, offering, verified

OFFICE = {
    "name_en": "Space office",
    "name_fr": "Bureau de l'espace",
    "matters": ["application", "appeal", "debrief", "question"],
    "officer_email": "officer@example.org",
}


def office(hub: Hub, broker: Caller, **more: Any) -> tuple[Caller, str]:
    """An office of a ministry, and its key."""
    ministry = hub.key("nation", "DE")
    made = good(broker.post("/v1/offices", OFFICE | {"organisation_id": ministry.organisation_id} | more))
    return ministry, made["id"]


def test_what_is_needed_is_said_to_everyone_in_both_languages(hub: Hub) -> None:
    answers = {}
    for language in ("en", "fr"):
        asked = hub.client.get(
            "/v1/front-door/requirements?standing=ally&tier=listed&areas=imagery",
            headers={"Accept-Language": language},
        )
        assert asked.status_code == 200
        answers[language] = asked.json()
    assert (answers["en"]["decides"], answers["en"]["mission_areas"]) == ("rule", ["imagery"])
    assert [need["code"] for need in answers["en"]["needs"]] == ["email_verified", "company_register"]
    assert answers["en"]["needs"][1]["max_age_days"] == 365
    assert all(
        english["text"] != french["text"]
        for english, french in zip(answers["en"]["needs"], answers["fr"]["needs"], strict=True)
    )
    closed = hub.client.get("/v1/front-door/requirements?standing=partner&tier=assured")
    assert (closed.status_code, closed.json()["code"]) == (422, "vetting.tier_not_open")


def test_a_wrong_code_answers_the_same_bytes_as_an_unknown_one(hub: Hub) -> None:
    """Sabotage seen: naming the time of expiry told a stranger that the code had been right."""

    def answer(code: str, number: int) -> tuple[int, str]:
        given = hub.client.post(
            "/v1/front-door/verifications", json={"code": code}, headers={"Idempotency-Key": f"try-{number}"}
        )
        return given.status_code, given.text

    _, provider_id = arrive(hub)
    used = letters(hub, provider_id, "verify_email")[-1]["code"]
    confirm(hub, provider_id)
    assert answer(used, 1) == answer("a" * 26, 2)
    assert answer(used, 1)[0] == 422
    _, other = arrive(hub, "Other")
    late = letters(hub, other, "verify_email")[-1]["code"]
    hub.clock.advance(timedelta(hours=49))
    assert answer(late, 3) == answer("b" * 26, 4)


def test_asking_for_another_code_says_nothing_about_who_is_registered(hub: Hub) -> None:
    _, provider_id = arrive(hub)
    path = "/v1/front-door/verifications/again"
    known = hub.client.post(path, json={"address": "sales@example.org"})
    unknown = hub.client.post(path, json={"address": "nobody@example.org"})
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text) == (202, '{"accepted":true}')
    assert len(letters(hub, provider_id, "verify_email")) == 2


def test_an_office_judges_what_stands_with_it_and_reads_no_other_file(hub: Hub) -> None:
    """Sabotage seen: reading files by scope alone showed every ministry every contact."""
    broker = hub.key("broker", "BE")
    ministry, office_id = office(hub, broker, mission_areas=["imagery"])
    outsider = hub.key("nation", "ES")
    supplier, provider_id = arrive(hub, "Stranger", "BR")
    good(supplier.post(f"/v1/providers/{provider_id}/evidence", evidence()))
    confirm(hub, provider_id)
    made = applied(supplier, provider_id, areas=["imagery"])
    assert (made["state"], made["missing"], made["office_id"]) == ("submitted", [], office_id)
    path = f"/v1/applications/{made['id']}"
    for caller in (outsider, hub.key("provider")):
        assert caller.get(path).status_code == 404
        assert caller.get(f"/v1/providers/{provider_id}").status_code == 404
        assert caller.get(f"/v1/submissions/{made['submission_id']}").status_code == 404
    unknown = outsider.get("/v1/applications/app_nobody").json()
    hidden = outsider.get(path).json()
    assert hidden["detail"].replace(made["id"], "app_nobody") == unknown["detail"]
    assert ministry.get(f"/v1/providers/{provider_id}").json()["contacts"] is not None
    assert [each["id"] for each in ministry.get("/v1/submissions", mine=False).json()["items"]] == [
        made["submission_id"]
    ]
    assert good(ministry.post(f"{path}/decisions", approval()))["state"] == "approved"
    assert supplier.get(f"/v1/submissions/{made['submission_id']}").json()["outcome"] == "approved"
    held = outsider.get(f"/v1/providers/{provider_id}/clearances").json()["items"]
    assert [(each["mission_area"], each["tier"], each["state"]) for each in held] == [("imagery", "listed", "active")]


def test_a_clearance_counts_for_its_mission_area_and_no_other(hub: Hub) -> None:
    """Sabotage seen: a shelf that joined the status alone showed imagery of who was cleared for satcom."""
    planner = hub.key("nation", "DE")
    supplier, provider_id = arrive(hub)
    made = good(supplier.post("/v1/offerings", offering()))
    good(supplier.post(f"/v1/providers/{provider_id}/evidence", evidence()))
    confirm(hub, provider_id)
    assert applied(supplier, provider_id, areas=["satcom"])["state"] == "approved"
    assert planner.get("/v1/catalogue").json()["items"] == []
    assert applied(supplier, provider_id, areas=["imagery"])["state"] == "approved"
    assert [each["id"] for each in planner.get("/v1/catalogue").json()["items"]] == [made["id"]]


def test_a_rejection_is_debriefed_and_appealed_and_another_key_judges(hub: Hub) -> None:
    broker = hub.key("broker", "BE")
    colleague = hub.key("broker", "BE", name="colleague")
    supplier, provider_id = arrive(hub)
    made = applied(supplier, provider_id)
    path = f"/v1/applications/{made['id']}"
    good(broker.post(f"{path}/decisions", {"event": "reject", "reasons": ["No extract."]}))
    debrief = good(supplier.post(f"{path}/debrief"))
    assert supplier.post(f"{path}/debrief").json()["code"] == "application.debriefed_already"
    answer = {"text": "The extract of your register was missing."}
    assert good(broker.post(f"/v1/submissions/{debrief['id']}/answer", answer))["state"] == "answered"
    assert good(supplier.post(f"{path}/appeal", {"grounds": "It is here now."}))["state"] == "appealed"
    good(supplier.post(f"/v1/providers/{provider_id}/evidence", evidence()))
    confirm(hub, provider_id)
    overturn = {"event": "overturn", "reasons": ["It is."]}
    assert broker.post(f"{path}/decisions", overturn).json()["code"] == "application.another_person"
    assert good(colleague.post(f"{path}/decisions", overturn))["state"] == "approved"
    assert supplier.get(f"/v1/providers/{provider_id}").json()["status"] == "verified"
    events = [each["event"] for each in supplier.get(f"{path}/history").json()["items"]]
    assert events == ["apply", "reject", "debrief", "appeal", "overturn"]


def test_the_queue_is_for_who_answers_and_officers_are_named_to_themselves(hub: Hub) -> None:
    broker, centre = hub.key("broker", "BE"), hub.key("operations_centre")
    ministry, office_id = office(hub, broker)
    supplier, provider_id = arrive(hub)
    applied(supplier, provider_id)
    assert len(ministry.get("/v1/submissions", office_id=office_id).json()["items"]) == 1
    assert centre.get("/v1/submissions", office_id=office_id).json()["items"] == []
    assert supplier.get("/v1/submissions", mine=False).status_code == 403
    shown = {each["id"]: each["officer_email"] for each in ministry.get("/v1/offices").json()["items"]}
    assert shown[office_id] == "officer@example.org"
    shown = {each["id"]: each["officer_email"] for each in supplier.get("/v1/offices").json()["items"]}
    assert shown[office_id] is None
    assert supplier.post("/v1/offices", OFFICE).status_code == 403
    changed = good(broker.put(f"/v1/offices/{office_id}", OFFICE | {"answer_days": 5}), 200)
    assert changed["answer_days"] == 5
    wrong = broker.post("/v1/offices", OFFICE | {"organisation_id": supplier.organisation_id})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "office.organisation_wrong")


def test_a_nation_lists_its_own_capacities_without_being_vetted(hub: Hub) -> None:
    nation, planner = hub.key("nation", "NO"), hub.key("nation", "DE")
    body = {
        "legal_name": "Armed forces",
        "legal_id": "-",
        "nation": "NO",
        "size_class": "large",
        "contacts": [{"name": "A", "email": "a@example.org"}],
    }
    made = good(nation.post("/v1/providers", body))
    assert (made["kind"], made["status"], made["tier"]) == ("national", "verified", "listed")
    good(nation.post("/v1/offerings", offering()))
    assert len(planner.get("/v1/catalogue").json()["items"]) == 1
    assert planner.post("/v1/providers", body).json()["code"] == "onboarding.other_nation"


def test_consent_is_listed_with_its_defaults_and_given_by_the_owner_alone(hub: Hub) -> None:
    broker = hub.key("broker")
    supplier, provider_id = verified(hub, broker)
    rival, _ = verified(hub, broker, "Rival")
    path = f"/v1/providers/{provider_id}/consents"
    assert all(each["given_at"] is None for each in supplier.get(path).json()["items"])
    body = {"datum": "offering.prices", "audience": "nations", "nations": ["NO"], "purposes": ["match"]}
    assert good(supplier.put(path, body), 200)["nations"] == ["NO"]
    said = {each["datum"]: each["audience"] for each in supplier.get(path).json()["items"]}
    assert (said["offering.prices"], said["offering.capacity"]) == ("nations", "planners")
    assert rival.get(path).status_code == rival.put(path, body).status_code == 404


def test_figures_of_fairness_are_the_same_for_everyone(hub: Hub) -> None:
    broker = hub.key("broker")
    verified(hub, broker)
    asked = hub.client.get("/v1/front-door/fairness")
    assert (asked.status_code, asked.json()) == (200, {"least": 5, "items": []})
