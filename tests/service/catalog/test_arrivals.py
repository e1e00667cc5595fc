"""Arrivals: each offering against the open needs, each need against the shelf, and the flag of a sole supplier."""

from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select

from jobs import demand
from space_hub.work.tables import Work
from tests.support.demand import messages, settle, state
from tests.support.hub import Caller, Hub
from tests.support.supply import applied, arrive, confirm, evidence, good, offering, verified

BLUR = {"gsd": {"value": 0.9, "unit": "m"}}


def standing(planner: Caller, requirement_id: str) -> dict[str, Any]:
    found: dict[str, Any] = good(planner.get(f"/v1/requirements/{requirement_id}/standing"), 200)
    return found


def outcomes(planner: Caller, requirement_id: str) -> dict[str, str]:
    items = good(planner.get(f"/v1/requirements/{requirement_id}/candidates"), 200)["items"]
    return {each["offering_id"]: each["outcome"] for each in items}


def test_a_new_need_looks_along_the_shelf_and_its_owner_is_told(hub: Hub) -> None:
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "FR")
    supplier, _ = verified(hub, broker)
    sharp = good(supplier.post("/v1/offerings", offering()))["id"]
    blurred = good(supplier.post("/v1/offerings", offering("BLUR", attributes=BLUR)))["id"]
    silent = good(supplier.post("/v1/offerings", offering("SILENT", attributes={})))["id"]
    hidden = good(supplier.post("/v1/offerings", offering("HIDDEN", release_to=["PL"])))["id"]
    stated = state(planner)
    settle(hub)
    assert outcomes(planner, stated) == {sharp: "pass", blurred: "fail", silent: "unknown"}
    assert hidden not in outcomes(planner, stated)
    [told] = messages(planner, "need.met")
    assert told["data"] == {"requirement_id": stated, "offerings": [sharp], "count": 1}
    assert messages(supplier, "need.met", "need.sole_supplier") == []


def test_a_need_that_an_older_schema_brought_along_is_looked_at_once(hub: Hub) -> None:
    """As the revisions leave it: open, and nobody has looked. Sabotage seen: without its slot it was queued twice."""
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "FR")
    supplier, _ = verified(hub, broker)
    sharp = good(supplier.post("/v1/offerings", offering()))["id"]
    settle(hub)
    stated = state(planner)
    with hub.database.write() as session:
        session.execute(delete(Work).where(col(Work.kind) == "need.look"))
    settle(hub)
    assert outcomes(planner, stated) == {}
    for _ in range(2):
        with hub.database.write() as session:
            demand.queue_looks(session, hub.clock, hub.rng)
            assert len(session.exec(select(Work).where(Work.kind == "need.look")).all()) == 1
    settle(hub)
    assert outcomes(planner, stated) == {sharp: "pass"}
    assert len(messages(planner, "need.met")) == 1


def test_an_offering_that_arrives_meets_the_open_needs_of_those_who_may_see_it(hub: Hub) -> None:
    """Sabotage seen: needs of all organisations were matched, whatever the offering's marking."""
    broker = hub.key("broker", "BE")
    seeing, blind = hub.key("nation", "PL"), hub.key("nation", "FR")
    theirs, others = state(seeing), state(blind)
    settle(hub)
    supplier, _ = verified(hub, broker)
    offered = good(supplier.post("/v1/offerings", offering(release_to=["PL"])))["id"]
    settle(hub)
    assert outcomes(seeing, theirs) == {offered: "pass"}
    assert outcomes(blind, others) == {}
    assert len(messages(seeing, "need.met")) == 1
    assert messages(blind, "need.met") == []
    steps = good(seeing.get(f"/v1/requirements/{theirs}/adoption"), 200)["steps"]
    assert [each["step"] for each in steps] == ["need_stated", "candidates_found"]


def test_offerings_of_an_unverified_supplier_wait_for_its_verification(hub: Hub) -> None:
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "FR")
    stated = state(planner)
    supplier, provider_id = arrive(hub)
    offered = good(supplier.post("/v1/offerings", offering()))["id"]
    settle(hub)
    assert outcomes(planner, stated) == {}
    good(supplier.post(f"/v1/providers/{provider_id}/evidence", evidence()))
    confirm(hub, provider_id)
    applied(supplier, provider_id)
    settle(hub)
    assert outcomes(planner, stated) == {offered: "pass"}
    decision = {"event": "suspend", "reasons": ["Register extract is missing."]}
    good(broker.post(f"/v1/providers/{provider_id}/decisions", decision))
    settle(hub)
    assert outcomes(planner, stated) == {offered: "withdrawn"}
    assert standing(planner, stated)["suppliers_meeting"] == 0


def test_a_need_that_one_supplier_alone_meets_is_flagged_with_the_clauses_that_make_it_so(hub: Hub) -> None:
    """Sabotage seen: offerings were counted in place of suppliers."""
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "FR")
    one, _ = verified(hub, broker, "One")
    two, _ = verified(hub, broker, "Two")
    good(one.post("/v1/offerings", offering("A")))
    good(one.post("/v1/offerings", offering("B")))
    blurred = good(two.post("/v1/offerings", offering("C", attributes=BLUR)))["id"]
    stated = state(planner)
    settle(hub)
    found = standing(planner, stated)
    assert (found["suppliers_meeting"], found["sole_supplier"]) == (1, True)
    assert found["sole_clauses"] == ["gsd <= 0.6 m"]
    [told] = messages(planner, "need.sole_supplier")
    assert told["data"] == {"requirement_id": stated, "clauses": ["gsd <= 0.6 m"]}
    good(two.put(f"/v1/offerings/{blurred}", offering("C")), 200)
    settle(hub)
    found = standing(planner, stated)
    assert (found["suppliers_meeting"], found["sole_supplier"], found["sole_clauses"]) == (2, False, None)


def test_an_open_question_to_another_supplier_keeps_the_flag_down(hub: Hub) -> None:
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "FR")
    one, _ = verified(hub, broker, "One")
    two, _ = verified(hub, broker, "Two")
    good(one.post("/v1/offerings", offering("A")))
    good(two.post("/v1/offerings", offering("B", attributes={})))
    stated = state(planner)
    settle(hub)
    assert standing(planner, stated)["sole_supplier"] is False


def test_a_closed_need_meets_nothing_more(hub: Hub) -> None:
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "FR")
    stated = state(planner)
    settle(hub)
    good(planner.put(f"/v1/requirements/{stated}/standing", {"event": "close"}), 200)
    supplier, _ = verified(hub, broker)
    good(supplier.post("/v1/offerings", offering()))
    settle(hub)
    assert outcomes(planner, stated) == {}
    assert messages(planner, "need.met") == []
