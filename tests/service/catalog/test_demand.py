"""Publication of demand: levels and consent, the weekly release, what others read and what they never do."""

import json
from datetime import timedelta
from typing import Any

from sqlmodel import select

from catalog.demand.tables import DemandBasis, PublishedNeed
from space_hub.trust.organisations import Organisation
from tests.support.demand import messages, publish, release, settle, state
from tests.support.hub import Caller, Hub
from tests.support.supply import arrive, good, requirement

ALLIES = ("FR", "DE", "PL", "IT", "ES", "NL", "BE", "NO")


def needs(caller: Caller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = good(caller.get("/v1/demand/needs"), 200)["items"]
    return found


def cells(caller: Caller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = good(caller.get("/v1/demand/cells"), 200)["items"]
    return found


def test_a_named_need_is_read_at_once_exactly_as_the_preview_showed_it(hub: Hub) -> None:
    planner = hub.key("nation", "FR")
    reader, _ = arrive(hub)
    secret: dict[str, Any] = {"title": "Operation Cormoran", "description": "For the minister", "nations": ["FR"]}
    stated = state(
        planner, **secret, phases=[{"phase": "peace", "quantity": 500, "unit": "km2/d", "budget_per_day": "9"}]
    )
    assert needs(reader) == []
    shown = good(planner.get(f"/v1/requirements/{stated}/publication/preview", level="named"), 200)
    publish(planner, stated, "named")
    [read] = needs(reader)
    assert (
        read["text"]
        == shown["published"]["text_en"]
        == (
            "Wanted: optical imagery, from Q4 2024 to Q4 2025. In peace: 500 to 1000 km2/d. "
            "Asked for: ground sample distance ≤ 0.6 m."
        )
    )
    assert (read["owner_nation"], read["level"]) == ("FR", "named")
    for word in ("Cormoran", "minister", stated, planner.organisation_id, "EUR", "0.3"):
        assert word not in json.dumps(needs(reader)), word


def test_more_is_published_only_with_consent_to_what_others_will_read(hub: Hub) -> None:
    """Sabotage seen: the reference compared with nothing."""
    planner = hub.key("nation", "FR")
    stated = state(planner)
    path = f"/v1/requirements/{stated}/publication"
    for consent in (None, "0" * 64):
        answer = planner.put(path, {"level": "named", "consent_ref": consent})
        assert (answer.status_code, answer.json()["code"]) == (409, "demand.consent_differs")
    aggregated = good(planner.get(f"{path}/preview", level="aggregated"), 200)
    assert aggregated["published"] is None
    assert aggregated["counted_in"][0] == {"capability": "imagery.optical", "phase": "peace", "horizon": "2024"}
    assert planner.put(path, {"level": "named", "consent_ref": aggregated["consent_ref"]}).status_code == 409


def test_less_is_published_at_once_and_a_need_that_is_not_open_is_not_published(hub: Hub) -> None:
    planner = hub.key("nation", "FR")
    stated = state(planner, "named")
    assert len(needs(planner)) == 1
    good(planner.put(f"/v1/requirements/{stated}/publication", {"level": "private"}), 200)
    assert needs(planner) == []
    publish(planner, stated, "named")
    for event, count in (("pause", 0), ("resume", 1), ("meet", 0)):
        good(planner.put(f"/v1/requirements/{stated}/standing", {"event": event}), 200)
        assert len(needs(planner)) == count, event
    answer = planner.put(f"/v1/requirements/{stated}/standing", {"event": "pause"})
    assert (answer.status_code, answer.json()["code"]) == (409, "need.transition_illegal")


def test_anonymous_needs_wait_for_company_and_leave_without_their_owner(hub: Hub) -> None:
    """Sabotage seen: published at the consent; published when two wait."""
    planners = [hub.key("nation", nation) for nation in ALLIES[:3]]
    for planner in planners[:2]:
        state(planner, "anonymous")
    release(hub)
    assert needs(planners[0]) == []
    state(planners[2], "anonymous")
    assert needs(planners[0]) == []
    release(hub)
    found = needs(planners[0])
    assert len(found) == 3
    assert {each["owner_nation"] for each in found} == {None}
    assert {each["published_at"] for each in found} == {found[0]["published_at"]}


def test_an_anonymous_need_does_not_wait_for_ever(hub: Hub) -> None:
    planner = hub.key("nation", "FR")
    state(planner, "anonymous")
    release(hub, weeks=3)
    assert needs(planner) == []
    release(hub)
    assert len(needs(planner)) == 1


def test_a_cell_adds_up_nations_and_not_organisations(hub: Hub) -> None:
    """Sabotage seen: grouped by organisation, so that five ministries of one nation made a cell."""
    for _ in range(5):
        state(hub.key("nation", "FR"), "aggregated")
    release(hub)
    reader, _ = arrive(hub)
    assert cells(reader) == []
    for nation in ALLIES[1:5]:
        for _ in range(4):
            state(hub.key("nation", nation), "aggregated")
    release(hub)
    found = cells(reader)
    assert {each["horizon"] for each in found} == {"2024", "2025"}
    assert {(each["nations_band"], each["quantity_band_low"]) for each in found} == {("5-9", 10000.0)}
    assert {each["as_of_release"] for each in found} == {2}


def test_signals_count_with_requirements_and_a_repeated_cell_keeps_its_release(hub: Hub) -> None:
    for nation in ALLIES[:4]:
        state(hub.key("nation", nation), "aggregated")
    planner = hub.key("nation", "NO")
    signal = {
        "kind": "signal",
        "mission_area": "imagery",
        "capability": "imagery.optical",
        "title_en": "More images",
        "title_fr": "Plus d'images",
        "phase": "peace",
        "quantity_low": 400,
        "quantity_high": 600,
        "unit": "km2/d",
        "horizon_from": "2025-01-01",
        "horizon_to": "2025-12-31",
        "level": "aggregated",
    }
    made = good(planner.post("/v1/demand-signals", signal))
    release(hub)
    assert [(each["horizon"], each["as_of_release"]) for each in cells(planner)] == [("2025", 1)]
    good(planner.delete(f"/v1/demand-signals/{made['id']}"), 200)
    release(hub)
    assert [(each["horizon"], each["as_of_release"]) for each in cells(planner)] == [("2025", 1)]
    assert len(good(planner.get("/v1/demand/releases"), 200)["items"]) == 2
    with hub.database.read() as session:
        assert {row.nation for row in session.exec(select(DemandBasis))} == {*ALLIES[:4], "NO"}


def test_a_problem_is_read_in_its_owners_words_only_where_the_owner_is_named(hub: Hub) -> None:
    problem = {
        "kind": "problem",
        "mission_area": "sda",
        "title_en": "Who moved our satellite",
        "title_fr": "Qui a déplacé notre satellite",
        "phase": "peace",
        "horizon_from": "2025-01-01",
        "horizon_to": "2025-12-31",
    }
    for nation in ALLIES[:3]:
        good(hub.key("nation", nation).post("/v1/demand-signals", problem | {"level": "anonymous"}))
    named = hub.key("nation", "NO")
    good(named.post("/v1/demand-signals", problem | {"level": "named"}))
    release(hub)
    texts = sorted(each["text"] for each in needs(named))
    assert texts == ["A problem to be solved in space domain awareness, from Q1 2025 to Q4 2025."] * 3 + [
        "Who moved our satellite."
    ]


def test_everybody_is_told_that_demand_was_released_and_nobody_of_whom(hub: Hub) -> None:
    reader, _ = arrive(hub)
    planners = [hub.key("nation", nation) for nation in ALLIES[:3]]
    stated = [state(planner, "anonymous") for planner in planners]
    release(hub)
    [told] = messages(reader, "demand.released")
    assert (told["data"]["release"], len(told["data"]["opened"])) == (1, 3)
    body = json.dumps(messages(reader))
    assert not any(name in body for name in (*stated, *(planner.organisation_id for planner in planners)))


def test_after_weeks_of_demand_no_private_need_stands_anywhere_that_a_supplier_reads(hub: Hub) -> None:
    """The whole world of a supplier is searched for words, ids and nations of private and counted needs.

    Sabotage seen: `need.met` marked for the buyers of the shelf; `source_id` left in the answer.
    """
    broker = hub.key("broker", "BE")
    from tests.support.supply import offering, verified

    supplier, provider_id = verified(hub, broker, "Eye", "FR")
    offered = good(supplier.post("/v1/offerings", offering()))
    planners = [hub.key("nation", nation, name=f"Ministry of {nation}") for nation in ALLIES]
    stated = []
    for turn in range(6):
        for place, planner in enumerate(planners):
            level = ("private", "aggregated", "anonymous")[(turn + place) % 3]
            stated.append(state(planner, level, title=f"Secret {turn}/{place}", phases=phase(431 + 7 * turn + place)))
        settle(hub)
        release(hub)
    hub.clock.advance(timedelta(days=1))
    world = []
    for path in (
        *("/v1/demand/needs", "/v1/demand/cells", "/v1/demand/releases", "/v1/events", "/v1/work", "/v1/offerings"),
        *(f"/v1/offerings/{offered['id']}/gap-report", "/v1/opportunities", f"/v1/providers/{provider_id}"),
    ):
        answer = supplier.get(path, limit=1000) if "gap" not in path else supplier.get(path)
        world.append(good(answer, 200))
    assert all(messages(planner, "need.met") for planner in planners)
    body = json.dumps(world)
    assert len(needs(supplier)) > 5 and len(cells(supplier)) > 0
    with hub.database.read() as session:
        organisations = session.exec(select(Organisation.id).where(Organisation.kind == "nation")).all()
        sources = session.exec(select(PublishedNeed.source_id)).all()
    for word in ("Secret", "Ministry", "source_id", "need.met", *stated, *organisations, *sources):
        assert word not in body, word
    for number in range(431, 431 + 7 * 6 + 8):
        assert f" {number} " not in body and f": {number}" not in body


def phase(quantity: float) -> list[dict[str, Any]]:
    return [{"phase": "peace", "quantity": quantity, "unit": "km2/d"}]


def test_a_preview_and_a_publication_are_the_owners_alone(hub: Hub) -> None:
    planner, other = hub.key("nation", "FR"), hub.key("nation", "FR")
    stated = good(planner.post("/v1/requirements", requirement()))["id"]
    for path in ("standing", "candidates", "adoption", "publication/preview"):
        asked = {"level": "named"} if "preview" in path else {}
        assert planner.get(f"/v1/requirements/{stated}/{path}", **asked).status_code == 200, path
        assert other.get(f"/v1/requirements/{stated}/{path}", **asked).status_code == 404, path
    assert other.put(f"/v1/requirements/{stated}/publication", {"level": "named"}).status_code == 404
