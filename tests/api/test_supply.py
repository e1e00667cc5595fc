"""From the front door to the shelf, over HTTP."""

from typing import Any

import pytest

from tests.support.hub import Hub
from tests.support.supply import applied, arrive, confirm, evidence, good, offering, profile, verified


def test_a_newcomer_with_nothing_reaches_the_shelf_once_it_is_verified(hub: Hub) -> None:
    """Sabotage seen: dropping the join on the clearance and the status showed the offering at once."""
    planner = hub.key("nation", "DE")
    supplier, provider_id = arrive(hub)
    made = good(supplier.post("/v1/offerings", offering()))
    assert made["attributes"][1] == {
        "attribute": "gsd",
        "low": 0.5,
        "high": 0.5,
        "codes": [],
        "flag": None,
        "unit": "m",
        "given": 50.0,
        "given_unit": "cm",
        "provenance": "claimed",
    }
    assert made["assets"][0]["space_object_id"] is None
    assert planner.get("/v1/catalogue").json()["items"] == []
    assert planner.get(f"/v1/catalogue/{made['id']}").status_code == 404
    early = applied(supplier, provider_id, areas=["imagery", "sda"])
    assert [each["code"] for each in early["missing"]] == ["email_verified", "company_register"]
    good(supplier.post(f"/v1/providers/{provider_id}/evidence", evidence()))
    confirm(hub, provider_id)
    assert supplier.get(f"/v1/applications/{early['id']}").json()["state"] == "approved"
    assert [item["id"] for item in planner.get("/v1/catalogue").json()["items"]] == [made["id"]]
    events = [entry["event"] for entry in supplier.get(f"/v1/providers/{provider_id}/history").json()["items"]]
    assert events == ["register", "apply", "auto"]


def test_a_suspended_provider_leaves_the_shelf_at_once_and_comes_back(hub: Hub) -> None:
    broker, planner = hub.key("broker"), hub.key("nation")
    supplier, provider_id = verified(hub, broker)
    good(supplier.post("/v1/offerings", offering()))
    path = f"/v1/providers/{provider_id}/decisions"
    assert len(planner.get("/v1/catalogue").json()["items"]) == 1
    good(broker.post(path, {"event": "suspend", "reasons": ["Insurance lapsed."]}))
    assert planner.get("/v1/catalogue").json()["items"] == []
    assert len(supplier.get("/v1/offerings").json()["items"]) == 1
    good(broker.post(path, {"event": "reinstate", "reasons": ["Insurance renewed."]}))
    assert len(planner.get("/v1/catalogue").json()["items"]) == 1


def test_a_first_key_is_shown_once_and_a_stranger_with_the_same_idempotency_key_is_served(hub: Hub) -> None:
    headers = {"Idempotency-Key": "1"}
    first = good(hub.client.post("/v1/front-door/registrations", json=profile(), headers=headers))
    again = good(hub.client.post("/v1/front-door/registrations", json=profile(), headers=headers))
    other = good(hub.client.post("/v1/front-door/registrations", json=profile("Other"), headers=headers))
    assert first["secret"].startswith("sh_")
    assert (again["organisation_id"], again["secret"]) == (first["organisation_id"], None)
    assert other["organisation_id"] != first["organisation_id"]


def test_only_broker_staff_suspend_and_never_without_a_reason(hub: Hub) -> None:
    """Sabotage seen: asking for the scope alone let a ministry suspend a provider."""
    broker = hub.key("broker")
    supplier, provider_id = verified(hub, broker)
    path = f"/v1/providers/{provider_id}/decisions"
    suspend = {"event": "suspend", "reasons": ["me"]}
    assert supplier.post(path, suspend).status_code == 403
    assert hub.key("nation", "DE").post(path, suspend).json()["code"] == "onboarding.broker_only"
    blank = broker.post(path, {"event": "suspend", "reasons": ["  "]})
    assert (blank.status_code, blank.json()["code"]) == (422, "providers.reasons_missing")
    early = broker.post(path, {"event": "reinstate", "reasons": ["fine"]})
    assert (early.status_code, early.json()["code"]) == (409, "providers.transition_illegal")


def test_a_rejected_provider_reads_why_and_may_mend_and_apply_again(hub: Hub) -> None:
    broker = hub.key("broker")
    supplier, provider_id = arrive(hub)
    made = applied(supplier, provider_id)
    locked = supplier.put(f"/v1/providers/{provider_id}", profile("Clear Sky 2"))
    assert (locked.status_code, locked.json()["code"]) == (409, "providers.profile_locked")
    path = f"/v1/applications/{made['id']}"
    good(broker.post(f"{path}/decisions", {"event": "reject", "reasons": ["Owner not named."]}))
    last = supplier.get(f"{path}/history").json()["items"][-1]
    assert (last["state"], last["reasons"]) == ("rejected", ["Owner not named."])
    assert good(supplier.put(f"/v1/providers/{provider_id}", profile("Clear Sky 2")), 200)["status"] == "refused"
    assert applied(supplier, provider_id)["state"] == "submitted"


def test_a_provider_sees_its_own_world_only(hub: Hub) -> None:
    """Sabotage seen: leaving out the branch for providers in `search.shelf` showed a rival's price."""
    broker = hub.key("broker")
    first, first_id = verified(hub, broker, "First")
    second, second_id = verified(hub, broker, "Second")
    made = good(first.post("/v1/offerings", offering("A", price="7")))
    good(second.post("/v1/offerings", offering("B")))
    assert [item["reference"] for item in second.get("/v1/catalogue").json()["items"]] == ["B"]
    assert [item["id"] for item in second.get("/v1/providers").json()["items"]] == [second_id]
    for path in (f"/v1/catalogue/{made['id']}", f"/v1/providers/{first_id}", f"/v1/providers/{first_id}/evidence"):
        assert second.get(path).status_code == 404, path
    assert second.put(f"/v1/offerings/{made['id']}", offering("A")).status_code == 404
    assert second.delete(f"/v1/offerings/{made['id']}").status_code == 404
    assert second.get(f"/v1/offerings/{made['id']}/versions").status_code == 404


def test_a_planner_sees_no_contacts_and_only_verified_providers(hub: Hub) -> None:
    broker, planner = hub.key("broker"), hub.key("nation")
    _, known = verified(hub, broker, "Known")
    arrive(hub, "Waiting")
    items = planner.get("/v1/providers").json()["items"]
    assert [(item["id"], item["contacts"], item["legal_id"]) for item in items] == [(known, None, None)]
    assert len(broker.get("/v1/providers").json()["items"]) == 2


def test_an_offering_released_to_some_nations_is_unknown_to_others(hub: Hub) -> None:
    """Sabotage seen: dropping `markings.visible` from the shelf showed it to Spain."""
    broker = hub.key("broker")
    supplier, _ = verified(hub, broker)
    made = good(supplier.post("/v1/offerings", offering(release_to=["FR", "DE"])))
    german, spaniard = hub.key("nation", "DE"), hub.key("nation", "ES")
    assert german.get(f"/v1/catalogue/{made['id']}").status_code == 200
    assert spaniard.get(f"/v1/catalogue/{made['id']}").status_code == 404
    assert spaniard.get("/v1/catalogue").json()["items"] == []
    assert len(supplier.get("/v1/catalogue").json()["items"]) == 1


def test_a_change_is_a_new_version_and_the_same_again_is_none(hub: Hub) -> None:
    broker, planner = hub.key("broker"), hub.key("nation")
    supplier, _ = verified(hub, broker)
    made = good(supplier.post("/v1/offerings", offering()))
    path = f"/v1/offerings/{made['id']}"
    same = good(supplier.put(path, offering()), 200)
    assert (same["version"], same["version_id"]) == (1, made["version_id"])
    new = good(supplier.put(path, offering(price="11")), 200)
    assert (new["version"], new["prices"][0]["unit_price"]) == (2, "11")
    first = supplier.get(f"{path}/versions", limit=1).json()
    further = supplier.get(f"{path}/versions", cursor=first["next"]).json()
    assert [item["version"] for item in first["items"] + further["items"]] == [1, 2]
    assert planner.get(f"/v1/catalogue/{made['id']}").json()["version"] == 2
    twice = supplier.post("/v1/offerings", offering())
    assert (twice.status_code, twice.json()["code"]) == (409, "catalog.reference_taken")
    renamed = supplier.put(path, offering("OTHER"))
    assert (renamed.status_code, renamed.json()["code"]) == (422, "catalog.reference_fixed")
    assert supplier.delete(path).status_code == 204
    assert planner.get("/v1/catalogue").json()["items"] == []
    back = good(supplier.put(path, offering(price="11")), 200)
    assert (back["version"], back["status"]) == (2, "published")
    assert len(planner.get("/v1/catalogue").json()["items"]) == 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"where": "gsd <= 50 cm"}, ["FINE"]),
        ({"where": "gsd <= 0.49 m"}, []),
        ({"where": "gsd >= 1 m"}, ["COARSE"]),
        ({"where": ["gsd <= 3 m", "stereo = true"]}, ["FINE"]),
        ({"mission_area": "satcom"}, ["LINK"]),
        ({"where": "band = Ka"}, ["LINK"]),
        ({"text": "OPTICAL"}, ["COARSE", "FINE"]),
        ({"text": "100%"}, []),
        ({"nation": "DE"}, ["LINK"]),
        ({"capability": "imagery.optical"}, ["COARSE", "FINE"]),
    ],
)
def test_the_catalogue_is_searched_by_area_range_code_nation_and_text(
    hub: Hub, asked: dict[str, Any], found: list[str]
) -> None:
    broker, planner = hub.key("broker"), hub.key("nation")
    french, _ = verified(hub, broker, "Eyes")
    german, _ = verified(hub, broker, "Waves", "DE")
    good(french.post("/v1/offerings", offering("FINE")))
    coarse = {"gsd": {"value": [2, 3], "unit": "m"}, "stereo": {"value": False}}
    good(french.post("/v1/offerings", offering("COARSE", attributes=coarse)))
    link = {
        "reference": "LINK",
        "title": "Ka capacity",
        "capability": "satcom.end_to_end",
        "attributes": {"band": {"value": ["Ka", "Ku"]}, "link_latency": {"value": 0.05, "unit": "s"}},
    }
    good(german.post("/v1/offerings", link))
    assert sorted(item["reference"] for item in planner.get("/v1/catalogue", **asked).json()["items"]) == found


def test_the_catalogue_comes_in_complete_pages(hub: Hub) -> None:
    broker, planner = hub.key("broker"), hub.key("nation")
    supplier, _ = verified(hub, broker)
    for number in range(5):
        good(supplier.post("/v1/offerings", offering(f"E{number}")))
    seen: list[str] = []
    cursor = None
    while True:
        page = planner.get("/v1/catalogue", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"attributes": {"gsd": {"value": 1, "unit": "kg"}}}, "vocabulary.unit_unknown"),
        ({"attributes": {"gsd": {"value": 1}}}, "vocabulary.unit_missing"),
        ({"attributes": {"band": {"value": "Ka"}}}, "vocabulary.attribute_unknown"),
        ({"capability": "imagery.psychic"}, "vocabulary.capability_unknown"),
        ({"prices": {"peace": {"amount": "1", "currency": "XXX", "per": "km2"}}}, "vocabulary.currency_unknown"),
        ({"prices": {"peace": {"amount": "1", "currency": "EUR", "per": "h"}}}, "vocabulary.unit_unknown"),
        ({"release_to": ["FR", "ZZ"]}, "vocabulary.nation_unknown"),
        ({"coverage": {"type": "Circle", "coordinates": []}}, "vocabulary.geometry_wrong"),
    ],
)
def test_an_offering_that_cannot_be_compared_is_refused_and_says_how_to_mend_it(
    hub: Hub, change: dict[str, Any], code: str
) -> None:
    supplier, _ = arrive(hub)
    answer = supplier.post("/v1/offerings", offering() | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert supplier.get("/v1/offerings").json()["items"] == []


def test_a_manifest_keeps_the_good_rows_and_names_the_bad_ones(hub: Hub) -> None:
    supplier, _ = arrive(hub)
    rows = [
        "reference,title,capability,attribute:gsd,capacity:peace,price:peace,assets,release_to",
        "A,Eye A,imagery.optical,50 cm,1000 km2/d,12.50 EUR/km2,25544;40069,FR;DE",
        "B,Eye B,imagery.optical,0.5 kg,1000 km2/d,12.50 EUR/km2,,",
        "C,Eye C,imagery.optical,0.3..0.5 m,1000 km2/d,12.50 EUR/km2,,",
        "D,Eye D,imagery.optical",
        "A,Eye again,imagery.optical,,,,,",
    ]
    headers = supplier.headers() | {"Idempotency-Key": "m1", "Content-Type": "text/csv"}
    report = good(hub.client.post("/v1/offerings/manifest", content="\n".join(rows).encode(), headers=headers))
    assert (report["rows"], report["new_versions"], report["rejected_rows"]) == (5, 2, 3)
    assert [(row["line"], row["code"]) for row in report["rejected"]] == [
        (3, "vocabulary.unit_unknown"),
        (5, "providers.shape_wrong"),
        (6, "providers.reference_repeated"),
    ]
    assert "Accepted: nm, um, mm, cm, m" in report["rejected"][0]["reason"]
    listed = {item["reference"]: item for item in supplier.get("/v1/offerings").json()["items"]}
    assert sorted(listed) == ["A", "C"]
    assert [asset["catalog_number"] for asset in listed["A"]["assets"]] == [25544, 40069]
    again = hub.client.post(
        "/v1/offerings/manifest", content="\n".join(rows).encode(), headers=headers | {"Idempotency-Key": "m2"}
    )
    assert (good(again)["new_versions"], again.json()["unchanged"]) == (0, 2)


def test_the_vocabulary_speaks_english_and_french(hub: Hub) -> None:
    planner = hub.key("nation")
    english = planner.get("/v1/vocabulary").json()
    french = hub.client.get("/v1/vocabulary", headers=planner.headers() | {"Accept-Language": "fr"}).json()
    gsd = next(each for each in english["attributes"] if each["code"] == "gsd")
    assert (gsd["unit"], gsd["better"], gsd["label"]) == ("m", "lower", "ground sample distance")
    assert "cm" in gsd["accepted_units"]
    assert len(english["lists"]["mission_area"]) == 11
    labels = {of: {each["code"]: each["label"] for each in codes} for of, codes in french["lists"].items()}
    assert (labels["mission_area"]["launch"], labels["agreement_status"]["signed"]) == ("lancement", "signé")
