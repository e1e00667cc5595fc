"""Exercises over HTTP: planned in earnest, run with keys of their own, closed with a report, certified in earnest."""

from datetime import timedelta
from typing import Any

import pytest

from api.app import routes
from api.policy import EITHER, Policy
from space_hub.trust.labels import Mode
from space_hub.trust.scopes import IN_EXERCISES
from tests.support.activation import FIRST
from tests.support.exercises import Drill, drill, key, scenario
from tests.support.hub import Hub
from tests.support.supply import good

DECIDED = {"decided_by": FIRST}


@pytest.fixture
def running(hub: Hub) -> Drill:
    return drill(hub)


def test_an_exercise_is_planned_accepted_started_and_closed_with_a_report(hub: Hub) -> None:
    """Sabotage seen: clocks that run on after the end."""
    made = drill(hub, started=False)
    real, within = made.real, made.rehearsing
    early = made.declare(within.lead, "crisis")
    assert (early.status_code, early.json()["code"]) == (409, "exercise.not_running")
    good(within.lead.post(f"{made.path}/start", DECIDED), 200)
    good(made.declare(within.lead, "conflict", "Rehearsed"))
    assert good(within.lead.get(f"/v1/pools/{made.here.pool_id}"), 200)["phase"] == "conflict"
    assert good(real.lead.get(f"/v1/pools/{made.here.pool_id}"), 200)["phase"] == "peace"
    made.ask(within, 50)
    closed = good(within.lead.post(f"{made.path}/close", DECIDED), 200)
    assert closed["state"] == "closed"
    hub.clock.advance(timedelta(hours=2))
    assert not made.here.turn()
    assert [each["reason"] for each in closed["report"]["phases"]] == ["Rehearsed"]
    assert closed["report"]["played"]["uncovered"] == 0
    outside = good(real.lead.get(made.path), 200)
    assert outside["report"] is None
    assert outside["report_sha256"] == closed["report_sha256"]
    for other in (within.supplier, within.member):
        seen = good(other.get(made.path), 200)
        assert (seen["report"], seen["report_sha256"]) == (None, None)
        assert [each["organisation_id"] for each in seen["participants"]] == [other.organisation_id]
    assert made.declare(within.lead, "peace").json()["code"] == "exercise.not_running"
    assert real.member.post(f"{made.path}/keys", {"name": "late"}).json()["code"] == "exercise.closed"


def test_what_a_drill_showed_counts_once_a_real_authority_that_read_the_report_says_so(running: Drill) -> None:
    """Two steps: the report is read in the exercise, and certified outside by its hash.

    Sabotages seen: the hash not compared; the route open to keys of exercises.
    """
    real, within = running.real, running.rehearsing
    ledger = f"/v1/providers/{running.provider_id}/readiness"
    drilled = running.ask(within, 100)
    running.hub.clock.advance(timedelta(minutes=30))
    good(within.supplier.post(f"/v1/activations/{drilled}/acknowledge", {"quantity": 100}), 200)
    running.hub.clock.advance(timedelta(hours=9))
    good(within.supplier.post(f"/v1/activations/{drilled}/report", {"event": "reach"}), 200)
    early = {"report_sha256": "0" * 64, **DECIDED}
    refused = real.lead.post(f"{running.path}/certifications", early)
    assert (refused.status_code, refused.json()["code"]) == (409, "exercise.not_closed")
    closed = good(within.lead.post(f"{running.path}/close", DECIDED), 200)
    (shown,) = closed["report"]["activations"]
    assert shown["shown"] == {
        "outcome": "late",
        "promised_s": 8 * 3600,
        "measured_s": 9 * 3600 + 1800,
        "promised": 100,
        "reached": 100,
        "happened_at": "2024-11-02T09:30:00+00:00",
    }
    assert good(real.supplier.get(ledger), 200)["evidence"] == []
    wanted = {"report_sha256": closed["report_sha256"], **DECIDED}
    for who, body, status, code in (
        (real.lead, early, 409, "exercise.report_differs"),
        (real.member, wanted, 403, "exercise.lead_decides"),
        (within.lead, wanted, 403, "exercise.not_here"),
    ):
        answer = who.post(f"{running.path}/certifications", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    (made,) = good(real.lead.post(f"{running.path}/certifications", wanted))["evidence_ids"]
    (found,) = good(real.supplier.get(ledger), 200)["evidence"]
    assert (found["id"], found["source"], found["outcome"]) == (made, "drill", "late")
    again = real.lead.post(f"{running.path}/certifications", wanted)
    assert (again.status_code, again.json()["code"]) == (409, "readiness.already_noted")


def test_every_answer_to_a_key_of_an_exercise_says_so(running: Drill) -> None:
    """Sabotage seen: the header set beside the answer by what authenticates: creates and refusals do not carry it."""
    again = {"url": "https://hooks.example.org/drill"}
    lead = running.rehearsing.lead
    answers = [
        lead.get("/v1/exercises"),
        lead.get("/v1/exercises/exr_none"),
        lead.get("/v1/offerings"),
        lead.get("/v1/nowhere"),
        lead.get("/v1/events", limit="many"),
        lead.post("/v1/endpoints", again, key="once"),
        lead.post("/v1/endpoints", again, key="once"),
    ]
    assert [each.status_code for each in answers] == [200, 404, 403, 404, 422, 201, 201]
    marked = [each.headers.get("space-hub-mode") for each in answers]
    assert marked == ["exercise", "exercise", "exercise", None, "exercise", "exercise", "exercise"]
    assert "space-hub-mode" not in running.real.lead.get("/v1/exercises").headers


def test_the_key_of_an_exercise_goes_where_exercises_have_something_to_do_and_nowhere_else(running: Drill) -> None:
    """Every route of the application is tried. Sabotage seen: pages that are open to all asked before the mode."""
    opened = set()
    for route in routes(running.hub.app):
        policy = next(each.call for each in route.dependant.dependencies if isinstance(each.call, Policy))
        path = str(route.path)
        for name in route.param_convertors:
            path = path.replace("{" + name + "}", "x")
        for method in route.methods or ():
            headers = running.rehearsing.lead.headers() | {"Idempotency-Key": "k"}
            answer = running.hub.client.request(method, path, headers=headers, json={})
            if Mode.EXERCISE in policy.modes:
                opened.add(path.split("/")[2])
                assert answer.status_code != 403 or answer.json()["code"] != "exercise.not_here", path
            else:
                assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
                assert answer.json()["code"] == "exercise.not_here"
    assert opened == {"activations", "agreements", "endpoints", "events", "exercises", "pools"}


def test_the_scopes_of_such_a_key_are_those_that_its_routes_ask_for(running: Drill) -> None:
    asked = {
        each.call.scope
        for route in routes(running.hub.app)
        for each in route.dependant.dependencies
        if isinstance(each.call, Policy) and each.call.modes == EITHER and each.call.scope
    }
    assert asked == IN_EXERCISES
    listed = good(running.real.lead.get("/v1/keys"), 200)["items"]
    drilled = [each for each in listed if each["mode"] == running.id]
    assert drilled
    assert all(set(each["scopes"]) <= IN_EXERCISES for each in drilled)


def test_nobody_is_drilled_who_did_not_agree(hub: Hub) -> None:
    made = drill(hub, started=False, accept=False)
    refused = made.real.supplier.post(f"{made.path}/keys", {"name": "too early"})
    assert (refused.status_code, refused.json()["code"]) == (409, "exercise.accept_first")
    stranger = hub.key("nation", "NO")
    for answer in (
        stranger.get(made.path),
        stranger.post(f"{made.path}/acceptance"),
        stranger.post(f"{made.path}/keys", {"name": "x"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "exercise.unknown")
    assert made.real.member.post(f"{made.path}/start", DECIDED).json()["code"] == "exercise.lead_decides"


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
        answer = running.real.lead.post("/v1/exercises", running.body | changes)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_it_starts_within_the_time_that_was_planned_and_once(hub: Hub) -> None:
    made = drill(hub, started=False, opens_at="2024-11-02T12:00:00Z")
    path = f"{made.path}/start"
    assert made.real.lead.post(path, DECIDED).json()["code"] == "exercise.outside_period"
    hub.clock.advance(timedelta(hours=12))
    good(made.real.lead.post(path, DECIDED), 200)
    assert made.real.lead.post(path, DECIDED).json()["code"] == "exercise.not_possible"
    drilled = made.ask(made.rehearsing, 10)
    hub.clock.advance(timedelta(days=9))
    for over in (
        made.declare(made.rehearsing.lead, "crisis"),
        made.rehearsing.supplier.post(f"/v1/activations/{drilled}/acknowledge", {"quantity": 10}),
    ):
        assert over.json()["code"] == "exercise.not_running"


def test_no_clock_of_an_exercise_is_missed_after_its_time(hub: Hub) -> None:
    """Who acts after the planned end is refused; an exercise that is closed days later must not count that as late.

    Sabotage seen: clocks measured up to the moment of closing.
    """
    made = drill(hub, closes_at="2024-11-02T02:00:00Z")
    hub.clock.advance(timedelta(minutes=90))
    drilled = made.ask(made.rehearsing, 50)
    hub.clock.advance(timedelta(days=1))
    late = made.rehearsing.supplier.post(f"/v1/activations/{drilled}/acknowledge", {"quantity": 50})
    assert (late.status_code, late.json()["code"]) == (409, "exercise.not_running")
    made.here.turn()
    closed = good(made.rehearsing.lead.post(f"{made.path}/close", DECIDED), 200)
    [shown] = closed["report"]["activations"]
    assert (shown["state"], shown["shown"]) == ("notified", None)


def test_two_exercises_of_one_pool_do_not_see_each_other(running: Drill) -> None:
    other = running.plan(name="Another")
    within = key(running.real.lead, other)
    assert [each["id"] for each in good(within.get("/v1/exercises"), 200)["items"]] == [other]
    assert within.get(running.path).status_code == 404
    assert within.post(f"{running.path}/start", DECIDED).status_code == 404
