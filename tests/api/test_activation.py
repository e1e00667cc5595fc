"""Activation over HTTP: who asks, who approves, what the supplier answers, and who reads what of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from catalog.activation.service import standing
from space_hub.delivery.outbox import Message, MessageState
from tests.support.activation import FIRST, SECOND, Supplied, Theatre, theatre
from tests.support.exercises import CRISIS, PEACE, drill
from tests.support.hub import Hub
from tests.support.supply import good


@pytest.fixture
def crisis(hub: Hub) -> Theatre:
    return theatre(hub)


@pytest.fixture
def sky(crisis: Theatre) -> Supplied:
    return crisis.supplied("sky", PEACE, CRISIS)


def step(theatre: Theatre, who: Any, activation_id: str, verb: str, **body: Any) -> Any:
    return who.post(f"/v1/activations/{activation_id}/{verb}", body)


def test_two_persons_approve_a_part_and_then_the_supplier_has_notice(crisis: Theatre, sky: Supplied) -> None:
    """Sabotage seen: the supplier named by the marking from the request on turned it red."""
    (made,) = crisis.ask((sky, 100))
    path = f"/v1/activations/{made}"
    assert sky.caller.get(path).status_code == 404, "no supplier hears of what is only weighed"
    first = good(step(crisis, crisis.lead, made, "approve", quantity=60, decided_by=FIRST), 200)
    assert (first["state"], first["approved"]) == ("half_approved", None)
    for who, by in ((crisis.lead, SECOND), (crisis.second, FIRST)):
        same = step(crisis, who, made, "approve", quantity=60, decided_by=by)
        assert (same.status_code, same.json()["code"]) == (403, "activation.second_person")
    other = step(crisis, crisis.second, made, "approve", quantity=61, decided_by=SECOND)
    assert (other.status_code, other.json()["code"]) == (409, "activation.other_figure")
    crisis.hub.clock.advance(timedelta(minutes=5))
    noticed = good(step(crisis, crisis.second, made, "approve", quantity=60, decided_by=SECOND), 200)
    assert (noticed["state"], noticed["approved"], noticed["requested"]) == ("notified", 60, 100)
    assert [(each["clock"], each["due_at"], each["quantity"]) for each in noticed["clocks"]] == [
        ("acknowledge", "2024-11-02T01:05:00Z", 0),
        ("start", "2024-11-02T06:05:00Z", 0.001),
        ("ramp.1", "2024-11-02T07:05:00Z", 30),
        ("full", "2024-11-02T08:05:00Z", 60),
    ]
    seen = good(sky.caller.get(path), 200)
    assert [seen[name] for name in ("group_id", "requested", "requested_at")] == [None, None, None]
    assert [each["event"] for each in seen["history"]] == ["approve"]
    assert seen["history"][0]["decided_by"] == SECOND


def test_what_was_missed_is_told_as_of_its_second_whenever_the_loop_looks(crisis: Theatre, sky: Supplied) -> None:
    """Sabotage seen: the message of a miss dated with the look turned it red."""
    (made,) = crisis.ask((sky, 100))
    crisis.approve(made, 100)
    crisis.hub.clock.advance(timedelta(hours=1))
    assert not crisis.turn(), "the second itself is still in time"
    crisis.hub.clock.advance(timedelta(hours=9, seconds=13))
    assert crisis.turn()
    assert not crisis.turn()
    seen = good(sky.caller.get(f"/v1/activations/{made}"), 200)
    assert (seen["state"], seen["next_clock"]) == ("late", None)
    missed = [("acknowledge", "01"), ("start", "06"), ("ramp.1", "07"), ("full", "08")]
    told = [(each["clock"], each["at"]) for each in seen["history"] if each["event"] == "miss"]
    assert told == [(name, f"2024-11-02T{hour}:00:00Z") for name, hour in missed]
    assert seen["missed"] == [name for name, _ in missed]
    late = crisis.events(sky.caller, "activation.late")
    assert [(each["data"]["clock"], each["timestamp"]) for each in late] == told


def test_a_group_is_asked_whole_and_no_supplier_learns_of_another(crisis: Theatre, sky: Supplied) -> None:
    sea, sun = crisis.supplied("sea", PEACE, CRISIS), crisis.supplied("sun", PEACE, CRISIS)
    asker = crisis.member("DE")
    twice = {
        "phase": "crisis",
        "agreements": [{"agreement_id": each.agreement_id, "quantity": 1} for each in (sky, sky)],
        "reason": "r",
    }
    assert asker.post("/v1/activations", twice).json()["code"] == "activation.agreement_repeated"
    one, most = {"agreement_id": sky.agreement_id, "quantity": 10}, {"agreement_id": sea.agreement_id, "quantity": 201}
    above = asker.post("/v1/activations", twice | {"agreements": [one, most]})
    assert above.json()["code"] == "activation.quantity_wrong"
    assert asker.get("/v1/activations").json()["items"] == [], "a group that cannot be asked whole is not asked"
    first, second = crisis.ask((sky, 150), (sea, 120), by=asker, reserves=[sun.agreement_id])
    again = asker.post("/v1/activations", twice | {"agreements": [one]})
    assert (again.status_code, again.json()["code"]) == (409, "activation.already_open")
    for each, quantity in ((first, 150), (second, 90)):
        crisis.approve(each, quantity)
    refused = good(step(crisis, sea.caller, second, "refuse", reason="Ground segment lost"), 200)
    assert (refused["state"], refused["available"]) == ("refused", 0)
    group = asker.get("/v1/activations").json()["items"]
    assert len({each["group_id"] for each in group}) == 1
    (offered,) = (each for each in group if each["agreement_id"] == sun.agreement_id)
    assert (offered["state"], offered["requested"]) == ("requested", 90)
    assert sun.caller.get("/v1/activations").json()["items"] == [], "two persons have to approve it first"
    for supplied, own in ((sky, first), (sea, second)):
        told = crisis.events(supplied.caller, "activation.changed", "activation.late")
        assert {each["subject"] for each in told} == {own}
        assert group[0]["group_id"] not in str(told)
    for stranger in (crisis.member("BE"), sun.caller):
        assert stranger.get(f"/v1/activations/{first}").status_code == 404
        assert crisis.events(stranger, "activation.changed") == []
    subjects = [each["subject"] for each in crisis.events(asker, "activation.changed")]
    assert set(subjects) == {each["id"] for each in group}
    assert subjects == [each["subject"] for each in crisis.events(crisis.lead, "activation.changed")]


def test_accepting_less_needs_a_reason_and_lowers_what_is_owed(crisis: Theatre, sky: Supplied) -> None:
    (made,) = crisis.ask((sky, 100))
    crisis.approve(made, 100)
    silent = step(crisis, sky.caller, made, "acknowledge", quantity=40)
    assert silent.json()["code"] == "activation.reason_missing"
    seen = good(step(crisis, sky.caller, made, "acknowledge", quantity=40, reason="One satellite is down"), 200)
    assert [each["event"] for each in seen["history"]][-2:] == ["acknowledge", "refuse_part"]
    assert (seen["history"][-1]["quantity"], seen["clocks"][-1]["quantity"]) == (60, 40)
    good(step(crisis, sky.caller, made, "report", event="ramp", quantity=30), 200)
    there = good(step(crisis, sky.caller, made, "report", event="reach"), 200)
    assert (there["state"], there["available"]) == ("at_capacity", 40)
    short = {"event": "fall_short", "quantity": 0, "reason": "Nothing came"}
    fell = good(step(crisis, crisis.lead, made, "report", **short), 200)
    assert (fell["state"], fell["available"]) == ("ramping", 0)
    wrong = step(crisis, sky.caller, made, "report", event="approve", quantity=1)
    assert wrong.json()["code"] == "activation.no_report"


def test_what_is_activated_binds_both_sides(crisis: Theatre, sky: Supplied) -> None:
    """Sabotage seen: without the look at open activations the lead ended the agreement."""
    (made,) = crisis.ask((sky, 100))
    crisis.approve(made, 100)
    end = {"decided_by": FIRST}
    refused = crisis.lead.post(f"/v1/agreements/{sky.agreement_id}/end", end)
    assert (refused.status_code, refused.json()["code"]) == (409, "activation.binds")
    assert "activation binds" in refused.json()["detail"]
    for verb in ("withdraw", "end"):
        assert sky.caller.post(f"/v1/agreements/{sky.agreement_id}/{verb}", {}).status_code in (403, 409)
    for who, verb in ((sky.caller, "stand-down"), (crisis.lead, "acknowledge")):
        body = {"reason": "r", "decided_by": FIRST} if verb == "stand-down" else {"quantity": 1}
        others = who.post(f"/v1/activations/{made}/{verb}", body)
        assert (others.status_code, others.json()["code"]) == (403, "activation.step_of_other_side")
    down = good(step(crisis, crisis.lead, made, "stand-down", reason="Over", decided_by=SECOND), 200)
    assert (down["state"], down["next_clock"]) == ("stood_down", None)
    good(crisis.lead.post(f"/v1/agreements/{sky.agreement_id}/end", end), 200)
    late = crisis.lead.post(
        "/v1/activations",
        {"phase": "crisis", "agreements": [{"agreement_id": sky.agreement_id, "quantity": 1}], "reason": "r"},
    )
    assert (late.status_code, late.json()["code"]) == (409, "activation.agreement_not_signed")


def test_what_needs_no_activation_cannot_be_activated(crisis: Theatre, sky: Supplied) -> None:
    for phase in ("peace", "conflict"):
        body = {
            "phase": phase,
            "agreements": [{"agreement_id": sky.agreement_id, "quantity": 1}],
            "reason": "r",
        }
        assert crisis.lead.post("/v1/activations", body).json()["code"] == "activation.not_agreed"
    (made,) = crisis.ask((sky, 100))
    rejected = good(step(crisis, crisis.lead, made, "reject", reason="Too early", decided_by=FIRST), 200)
    assert rejected["state"] == "rejected"
    (made,) = crisis.ask((sky, 100))
    assert good(step(crisis, crisis.lead, made, "withdraw", reason="A mistake"), 200)["state"] == "withdrawn"
    assert crisis.events(sky.caller, "activation.changed") == []


def test_readiness_is_noted_at_the_end_counts_after_a_reply_and_stays_within_the_pool(
    crisis: Theatre, sky: Supplied
) -> None:
    sea = crisis.supplied("sea", PEACE, CRISIS)
    member, path = crisis.member("DE"), f"/v1/providers/{sky.provider_id}/readiness"
    made, other = crisis.ask((sky, 100), (sea, 100))
    for each in (made, other):
        crisis.approve(each, 100)
    good(step(crisis, sky.caller, made, "refuse", reason="Bankrupt"), 200)
    for who in (crisis.hub.key("nation", "IT"), sea.caller):
        assert who.get(path).status_code == 404
    for who, known in ((sky.caller, 1), (member, 0)):
        seen = good(who.get(path), 200)
        assert (seen["overall"]["value"], len(seen["evidence"]), seen["newest_age_s"]) == (0.5, known, None)
    (evidence,) = good(sky.caller.get(path), 200)["evidence"]
    assert (evidence["outcome"], evidence["quantity_promised"], evidence["measured_s"]) == ("refused", 100, None)
    # Saturday: the clock of two working days begins on Monday.
    assert evidence["counts_at"] == "2024-11-06T00:00:00Z"
    assert len(crisis.events(sky.caller, "readiness.noted")) == 1
    assert crisis.events(member, "readiness.noted") == []
    reply = f"/v1/readiness/{evidence['id']}/reply"
    assert sea.caller.post(reply, {"text": "mine"}).status_code == 404
    crisis.hub.clock.advance(timedelta(hours=4))
    good(sky.caller.post(reply, {"text": "Our insolvency was notified in October."}), 200)
    assert sky.caller.post(reply, {"text": "again"}).json()["code"] == "readiness.already_replied"
    assert crisis.turn()
    (told,) = crisis.events(member, "readiness.noted")
    assert told["data"]["reply"] == "Our insolvency was notified in October."
    assert crisis.events(sea.caller, "readiness.noted") == []
    seen = good(member.get(path), 200)
    assert (seen["overall"]["value"], seen["overall"]["missed"], seen["newest_age_s"]) == (5 / 11, 1, 4 * 3600)
    assert {each["phase"]: each["missed"] for each in seen["per_phase"]} == {"peace": 0, "crisis": 1, "conflict": 0}


def test_a_nation_of_another_pool_reads_nothing_of_what_happened_in_this_one(crisis: Theatre, sky: Supplied) -> None:
    """Sabotage seen: evidence read by its supplier alone, and not by the pools of its reader, turned it red."""
    rival = theatre(crisis.hub)
    draft = {
        "pool_id": rival.pool_id,
        "offering_id": good(sky.caller.get(f"/v1/agreements/{sky.agreement_id}"), 200)["offering_id"],
        "period_from": "2024-11-02T00:00:00Z",
        "period_to": "2024-12-02T00:00:00Z",
        "terms": [{"unit_price": "1", "currency": "EUR", "civil_floor": "0.1"} | PEACE],
    }
    agreement = good(rival.lead.post("/v1/agreements", draft))["id"]
    good(sky.caller.post(f"/v1/agreements/{agreement}/offer", {}), 200)
    good(rival.lead.post(f"/v1/agreements/{agreement}/sign", {"decided_by": FIRST}), 200)
    (made,) = crisis.ask((sky, 100))
    crisis.approve(made, 100)
    good(step(crisis, sky.caller, made, "refuse", reason="Bankrupt"), 200)
    crisis.hub.clock.advance(timedelta(days=10))
    crisis.turn()
    seen = good(rival.lead.get(f"/v1/providers/{sky.provider_id}/readiness"), 200)
    assert (seen["overall"]["value"], seen["evidence"]) == (0.5, [])
    assert good(crisis.lead.get(f"/v1/providers/{sky.provider_id}/readiness"), 200)["overall"]["missed"] == 1


def test_the_same_course_in_an_exercise_touches_nothing_real_and_binds_nobody(hub: Hub) -> None:
    """Sabotage seen: the exercise's marking made a real one was refused by the database itself."""
    made = drill(hub)
    here, real, within = made.here, made.real, made.rehearsing
    (outside,) = here.ask((here.suppliers[0], 100))
    inside = made.ask(within, 100)
    for who in real.all:
        assert who.get(f"/v1/activations/{inside}").status_code == 404
    for who in within.all:
        assert who.get(f"/v1/activations/{outside}").status_code == 404
    hub.clock.advance(timedelta(hours=9))
    assert here.turn()
    path = f"/v1/activations/{inside}"
    seen = good(within.supplier.get(path), 200)
    assert (seen["exercise_id"], seen["state"]) == (made.id, "late")
    assert seen["missed"] == ["acknowledge", "start", "ramp.1", "full"]
    good(within.supplier.post(f"{path}/refuse", {"reason": "For the drill"}), 200)
    assert here.events(real.supplier, "activation.changed", "activation.late", "readiness.noted") == []
    assert len(here.events(within.supplier, "activation.late")) == 4
    assert good(real.supplier.get(f"/v1/providers/{made.provider_id}/readiness"), 200)["evidence"] == []
    with hub.database.read() as session:
        standing.let_go(session, made.agreement_id)


def test_a_supplier_that_did_not_accept_is_not_called_up_in_an_exercise(hub: Hub) -> None:
    made = drill(hub)
    sea = made.here.supplied("sea", PEACE, CRISIS)
    body = {
        "phase": "crisis",
        "agreements": [{"agreement_id": sea.agreement_id, "quantity": 1}],
        "reason": "Rehearsal",
    }
    refused = made.rehearsing.lead.post("/v1/activations", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "activation.supplier_not_exercising")


def test_a_notice_that_never_arrived_excuses(crisis: Theatre, sky: Supplied) -> None:
    """Sabotage seen: the fate of the message not looked at, the supplier was found short."""
    endpoint = good(sky.caller.post("/v1/endpoints", {"url": "https://receiver.example.org/hook"}))
    (made,) = crisis.ask((sky, 100))
    crisis.approve(made, 100)
    crisis.fan_out()
    with crisis.hub.database.write() as session:
        messages = session.exec(select(Message).where(Message.endpoint_id == endpoint["id"])).all()
        assert messages
        for each in messages:
            each.state = MessageState.DEAD.value
            session.add(each)
    crisis.hub.clock.advance(timedelta(hours=9))
    crisis.turn()
    good(step(crisis, crisis.lead, made, "stand-down", reason="No answer", decided_by=FIRST), 200)
    seen = good(sky.caller.get(f"/v1/providers/{sky.provider_id}/readiness"), 200)
    assert [each["outcome"] for each in seen["evidence"]] == ["excused"]
    crisis.hub.clock.advance(timedelta(days=7))
    seen = good(sky.caller.get(f"/v1/providers/{sky.provider_id}/readiness"), 200)
    assert (seen["overall"]["value"], seen["overall"]["excused"], seen["newest_age_s"]) == (0.5, 1, None)
