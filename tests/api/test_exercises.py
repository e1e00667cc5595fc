"""Exercises over HTTP: planned in earnest, run with keys of their own, closed with a report."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.app import routes
from api.policy import EITHER, Policy
from space_hub.trust.labels import Mode
from space_hub.trust.scopes import IN_EXERCISES
from tests.support.exercises import DECIDED, Drill, drill, key, plan, scenario
from tests.support.hub import Hub
from tests.support.supply import good


@pytest.fixture
def running(hub: Hub) -> Drill:
    return drill(hub)


def test_an_exercise_is_planned_accepted_started_and_closed_with_a_report(hub: Hub) -> None:
    made = drill(hub, started=False)
    path = f"/v1/exercises/{made.id}"
    early = made.lead.post("/v1/pools/" + made.pool_id + "/phases", made.phase("crisis"))
    assert early.status_code == 409
    assert early.json()["code"] == "exercise.not_running"
    good(made.lead.post(f"{path}/start", {"decided_by": DECIDED}), 200)
    good(made.lead.post(f"/v1/pools/{made.pool_id}/phases", made.phase("conflict", "Rehearsed")))
    assert good(made.lead.get(f"/v1/pools/{made.pool_id}"), 200)["phase"] == "conflict"
    assert good(made.real_lead.get(f"/v1/pools/{made.pool_id}"), 200)["phase"] == "peace"
    closed = good(made.lead.post(f"{path}/close", {"decided_by": DECIDED}), 200)
    assert closed["state"] == "closed"
    assert [each["reason"] for each in closed["report"]["phases"]] == ["Rehearsed"]
    assert closed["report"]["played"]["uncovered"] == 0
    outside = good(made.real_lead.get(path), 200)
    assert outside["report"] is None
    assert outside["report_sha256"] == closed["report_sha256"]
    for other in (made.supplier, made.member):
        seen = good(other.get(path), 200)
        assert seen["report"] is None
        assert seen["report_sha256"] is None
        assert [each["organisation_id"] for each in seen["participants"]] == [other.organisation_id]
    late = made.lead.post(f"/v1/pools/{made.pool_id}/phases", made.phase("peace"))
    assert late.json()["code"] == "exercise.not_running"
    assert made.real_member.post(f"{path}/keys", {"name": "late"}).json()["code"] == "exercise.closed"


def test_every_answer_to_a_key_of_an_exercise_says_so(running: Drill) -> None:
    """Sabotage seen: the header set beside the answer by what authenticates: creates and refusals do not carry it."""
    again = {"url": "https://hooks.example.org/drill"}
    answers = [
        running.lead.get("/v1/exercises"),
        running.lead.get("/v1/exercises/exr_none"),
        running.lead.get("/v1/offerings"),
        running.lead.get("/v1/nowhere"),
        running.lead.get("/v1/events", limit="many"),
        running.lead.post("/v1/endpoints", again, key="once"),
        running.lead.post("/v1/endpoints", again, key="once"),
    ]
    assert [each.status_code for each in answers] == [200, 404, 403, 404, 422, 201, 201]
    marked = [each.headers.get("space-hub-mode") for each in answers]
    assert marked == ["exercise", "exercise", "exercise", None, "exercise", "exercise", "exercise"]
    assert "space-hub-mode" not in running.real_lead.get("/v1/exercises").headers


def test_the_key_of_an_exercise_goes_where_exercises_have_something_to_do_and_nowhere_else(running: Drill) -> None:
    """Every route of the application is tried. Sabotage seen: pages that are open to all asked before the mode."""
    opened = set()
    for route in routes(running.hub.app):
        policy = next(each.call for each in route.dependant.dependencies if isinstance(each.call, Policy))
        path = str(route.path)
        for name in route.param_convertors:
            path = path.replace("{" + name + "}", "x")
        for method in route.methods or ():
            answer = running.hub.client.request(
                method, path, headers=running.lead.headers() | {"Idempotency-Key": "k"}, json={}
            )
            if Mode.EXERCISE in policy.modes:
                opened.add(path.split("/")[2])
                assert answer.status_code != 403 or answer.json()["code"] != "exercise.not_here", path
            else:
                assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
                assert answer.json()["code"] == "exercise.not_here"
    assert opened <= {"activations", "agreements", "endpoints", "events", "exercises", "pools"}
    assert opened >= {"agreements", "endpoints", "events", "exercises", "pools"}


def test_the_scopes_of_such_a_key_are_those_that_its_routes_ask_for(running: Drill) -> None:
    asked = {
        each.call.scope
        for route in routes(running.hub.app)
        for each in route.dependant.dependencies
        if isinstance(each.call, Policy) and each.call.modes == EITHER and each.call.scope
    }
    assert asked == IN_EXERCISES & asked
    listed = good(running.real_lead.get("/v1/keys"), 200)["items"]
    drilled = [each for each in listed if each["mode"] == running.id]
    assert drilled
    assert all(set(each["scopes"]) <= IN_EXERCISES for each in drilled)


def test_nobody_is_drilled_who_did_not_agree(hub: Hub) -> None:
    made = drill(hub, started=False, accept=False)
    path = f"/v1/exercises/{made.id}"
    refused = made.real_supplier.post(f"{path}/keys", {"name": "too early"})
    assert (refused.status_code, refused.json()["code"]) == (409, "exercise.accept_first")
    stranger = hub.key("nation", "NO")
    for answer in (
        stranger.get(path),
        stranger.post(f"{path}/acceptance"),
        stranger.post(f"{path}/keys", {"name": "x"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "exercise.unknown")
    assert made.real_member.post(f"{path}/start", {"decided_by": DECIDED}).json()["code"] == "exercise.lead_decides"


def _wrong(made: Drill) -> list[tuple[dict[str, Any], str]]:
    stranger = made.hub.key("nation", "NO")
    return [
        ({"participants": [stranger.organisation_id]}, "exercise.participant_unknown"),
        ({"opens_at": "2024-10-01T00:00:00Z", "closes_at": "2024-10-02T00:00:00Z"}, "exercise.over_already"),
        ({"closes_at": "2024-11-02T00:00:00Z", "opens_at": "2024-11-03T00:00:00Z"}, "vocabulary.interval_empty"),
        ({"scenario": scenario(wanted=0)}, "request.invalid"),
        ({"scenario": scenario(ends_at="2024-11-02T00:00:00Z")}, "exercise.period_wrong"),
    ]


def test_what_cannot_be_planned_is_refused_with_its_reason(running: Drill) -> None:
    for changes, code in _wrong(running):
        answer = running.real_lead.post("/v1/exercises", running.body | changes)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_it_starts_within_the_time_that_was_planned_and_once(hub: Hub) -> None:
    made = drill(hub, started=False, opens=datetime(2024, 11, 2, 12, tzinfo=UTC))
    path = f"/v1/exercises/{made.id}/start"
    assert made.real_lead.post(path, {"decided_by": DECIDED}).json()["code"] == "exercise.outside_period"
    hub.clock.advance(timedelta(hours=12))
    good(made.real_lead.post(path, {"decided_by": DECIDED}), 200)
    assert made.real_lead.post(path, {"decided_by": DECIDED}).json()["code"] == "exercise.not_possible"
    hub.clock.advance(timedelta(days=9))
    over = made.lead.post(f"/v1/pools/{made.pool_id}/phases", made.phase("crisis"))
    assert over.json()["code"] == "exercise.not_running"


def test_two_exercises_of_one_pool_do_not_see_each_other(running: Drill) -> None:
    other = plan(running)
    within = key(running.real_lead, other)
    assert [each["id"] for each in good(within.get("/v1/exercises"), 200)["items"]] == [other]
    assert within.get(f"/v1/exercises/{running.id}").status_code == 404
    assert within.post(f"/v1/exercises/{running.id}/start", {"decided_by": DECIDED}).status_code == 404
