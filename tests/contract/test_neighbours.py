"""The shelf as neighbours read it: STAPI answers parsed by `stapi-pydantic`, Records read by OWSLib's own client."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import stapi_pydantic
import uvicorn
from owslib.ogcapi.records import Records
from pydantic import TypeAdapter
from sqlmodel import select

from catalog.demand.tables import Disclosure
from jobs.demo.http_supplier import Book, serving
from providers.adapters.client import Client
from providers.adapters.stapi import StapiSupplier
from space_hub.clock import SystemClock
from space_hub.delivery.wire import Wire
from tests.api.test_promise import DECIDED, Scene, scene
from tests.support.hub import Caller, Hub
from tests.support.supply import good, offering, verified

__all__ = ["scene"]
"""The market of `test_promise`, used here as a fixture."""

POINT = {"type": "Point", "coordinates": [10.0, 60.0]}
SEARCH = {"datetime": "2024-12-02T00:00:00Z/2024-12-03T00:00:00Z", "geometry": POINT}
OPPORTUNITIES: TypeAdapter[Any] = TypeAdapter(
    stapi_pydantic.OpportunityCollection[Any, stapi_pydantic.OpportunityProperties]
)
CONSENT = {"Space-Hub-Disclosure": "consent"}


@pytest.fixture
def supplier(hub: Hub) -> tuple[Caller, str, str]:
    """A verified supplier with two taskable offerings and an archive: caller, provider, the first offering."""
    caller, provider_id = verified(hub, hub.key("broker"))
    made = [good(caller.post("/v1/offerings", offering(each))) for each in ("EYE", "OWL")]
    rows = [{"reference": "OLD", "title": "Archive", "capability": "imagery.optical", "taskable": False}]
    good(caller.post("/v1/offerings/manifest", rows))
    return caller, provider_id, made[0]["id"]


@pytest.fixture
def planner(hub: Hub, supplier: tuple[Caller, str, str]) -> Caller:
    return hub.key("nation", "NO")


def links(thing: dict[str, Any]) -> dict[str, str]:
    return {each["rel"]: each["href"] for each in thing["links"]}


def test_the_front_page_says_what_it_can_do(hub: Hub, planner: Caller) -> None:
    page = good(planner.get("/stapi/v0/"), 200)
    assert stapi_pydantic.RootResponse.model_validate(page).conformsTo[0].endswith("/core")
    assert {"self", "conformance", "products", "orders", "service-desc"} <= set(links(page))
    assert good(planner.get("/stapi/v0/conformance"), 200)["conformsTo"] == page["conformsTo"]


def test_every_taskable_offering_is_a_product_and_an_archive_is_none(
    hub: Hub, planner: Caller, supplier: tuple[Caller, str, str]
) -> None:
    """Page by page through the `next` links. Sabotage seen: the archive not left out."""
    titles: list[str] = []
    path: str | None = "/stapi/v0/products?limit=1"
    while path is not None:
        page = good(planner.get(path), 200)
        parsed = stapi_pydantic.ProductsCollection.model_validate(page)
        titles += [product.title for product in parsed.products]
        following = links(page).get("next")
        path = None if following is None else following.removeprefix(hub.settings.base_url)
    assert sorted(titles) == ["Optical imagery EYE", "Optical imagery OWL"]
    one = good(planner.get(f"/stapi/v0/products/{supplier[2]}"), 200)
    assert (one["type"], one["stapi_type"], one["stapi_version"]) == ("Collection", "Product", "0.1.0")
    assert "prices" not in one and "10" not in str(one.get("prices"))
    assert good(planner.get(f"/stapi/v0/products/{supplier[2]}/conformance"), 200)["conformsTo"]
    schema = good(planner.get(f"/stapi/v0/products/{supplier[2]}/queryables"), 200)
    assert schema["properties"]["gsd"] == {"type": "number", "minimum": 0.5, "maximum": 0.5, "unit": "m"}
    required = good(planner.get(f"/stapi/v0/products/{supplier[2]}/order-parameters"), 200)["required"]
    assert required == ["agreement_id", "quantity_per_day", "decided_by"]


def test_ranges_that_their_owner_withholds_are_no_queryables(
    planner: Caller, supplier: tuple[Caller, str, str]
) -> None:
    """Sabotage seen: the attributes of the version given as they stand."""
    caller, provider_id, product_id = supplier
    narrow = {"datum": "offering.attributes", "audience": "staff", "purposes": ["match"]}
    good(caller.put(f"/v1/providers/{provider_id}/consents", narrow), 200)
    path = f"/stapi/v0/products/{product_id}/queryables"
    assert good(planner.get(path), 200)["properties"] == {}
    assert "gsd" in good(caller.get(path), 200)["properties"]


def test_a_supplier_is_asked_only_with_consent_and_the_consent_is_written_down(
    hub: Hub, planner: Caller, supplier: tuple[Caller, str, str]
) -> None:
    """Sabotage seen: the header not looked at, and the supplier was asked."""
    caller, provider_id, product_id = supplier
    path = f"/stapi/v0/products/{product_id}/opportunities"
    nobody = good(planner.post(path, SEARCH), 200)
    assert nobody["features"] == [] and "no interface" in nobody["space_hub:reason"]
    book = Book([{"reference": "EYE", "title": "Eye", "capability": "imagery.optical"}])
    with serving(book) as url:
        hub.settings.egress_allow.append(url.removeprefix("http://"))
        good(caller.put(f"/v1/providers/{provider_id}/door", {"adapter": "http", "url": url}), 200)
        refused = planner.post(path, SEARCH)
        assert (refused.status_code, refused.json()["code"]) == (422, "stapi.consent_missing")
        asked = hub.client.post(path, headers=planner.headers() | CONSENT, json=SEARCH)
        found = good(asked, 200)
    assert len(OPPORTUNITIES.validate_python(found).features) == 1
    [feature] = found["features"]
    assert feature["stapi_version"] and feature["bbox"] == [10.0, 60.0, 10.0, 60.0]
    assert feature["links"][0]["rel"] == "create-order"
    with hub.database.read() as session:
        [row] = session.exec(select(Disclosure)).all()
    assert (row.organisation_id, row.provider_id, row.what) == (
        planner.organisation_id,
        provider_id,
        ["area", "window"],
    )


@pytest.mark.parametrize(
    "change",
    [
        {"datetime": "yesterday"},
        {"datetime": "../2024-12-03T00:00:00Z"},
        {"geometry": {"type": "Blob"}},
        {"datetime": ["2024-12-02T00:00:00Z"]},
    ],
)
def test_a_search_that_cannot_be_read_is_refused(
    planner: Caller, supplier: tuple[Caller, str, str], change: dict[str, Any]
) -> None:
    assert planner.post(f"/stapi/v0/products/{supplier[2]}/opportunities", SEARCH | change).status_code == 422


@pytest.mark.parametrize(
    "parameters", [None, {}, {"agreement_id": "agr_x", "quantity_per_day": 1}, {"agreement_id": "agr_x"}]
)
def test_an_order_without_agreement_and_authority_is_refused(
    planner: Caller, supplier: tuple[Caller, str, str], parameters: Any
) -> None:
    """Sabotage seen: an authority of the hub put in where none was named."""
    body = SEARCH | {"order_parameters": parameters}
    answer = planner.post(f"/stapi/v0/products/{supplier[2]}/orders", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "stapi.order_needs_agreement")


@contextmanager
def listening(hub: Hub) -> Iterator[str]:
    """The application on a real port, for clients that bring their own connection."""
    server = uvicorn.Server(uvicorn.Config(hub.app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(5)


def test_owslib_reads_the_records(hub: Hub, planner: Caller, supplier: tuple[Caller, str, str]) -> None:
    """Another author's client goes from the front page to one record. Sabotage seen: `itemType` misspelt."""
    with listening(hub) as address:
        client = Records(f"{address}/records/", headers=planner.headers())
        assert client.conformance()["conformsTo"]
        assert client.records() == ["offerings"]
        assert set(client.collection_queryables("offerings")["properties"]) >= {"q", "capability"}
        everything = client.collection_items("offerings", limit=10)
        assert everything["numberReturned"] == len(everything["features"]) == 3
        found = client.collection_items("offerings", q="OWL")
        assert [each["properties"]["title"] for each in found["features"]] == ["Optical imagery OWL"]
        record = client.collection_item("offerings", supplier[2])
        assert record["properties"]["contacts"] == [{"organization": "Clear Sky", "roles": ["provider"]}]
        assert record["geometry"]["type"] == "Polygon"
        assert record["time"] is None


def test_our_own_adapter_lists_our_own_facade(hub: Hub, planner: Caller, supplier: tuple[Caller, str, str]) -> None:
    """A hub can be a supplier of another hub."""
    with listening(hub) as address:
        wire = Wire(SystemClock(), allow=[address.removeprefix("http://")])
        with wire:
            client = Client(wire, f"{address}/stapi/v0", planner.headers()["Authorization"])
            found = StapiSupplier(client, hub.clock, {"fetch_queryables": False}).list_offerings()
    assert sorted(draft.title for draft in found.drafts) == ["Optical imagery EYE", "Optical imagery OWL"]
    assert {draft.capability for draft in found.drafts} == {"imagery.optical"}
    assert found.complete


def test_records_come_in_pages_and_only_to_who_may_see_them(hub: Hub, planner: Caller) -> None:
    seen, path = [], "/records/collections/offerings/items?limit=2"
    while path:
        page = good(planner.get(path), 200)
        seen += [each["id"] for each in page["features"]]
        path = links(page).get("next", "").removeprefix(hub.settings.base_url)
    assert len(seen) == len(set(seen)) == 3
    rival, _ = verified(hub, hub.key("broker"), "Rival")
    assert good(rival.get("/records/collections/offerings/items"), 200)["features"] == []
    assert rival.get(f"/records/collections/offerings/items/{seen[0]}").status_code == 404
    assert rival.get(f"/stapi/v0/products/{seen[0]}").status_code == 404
    assert planner.get("/records/collections/rivals/items").status_code == 404


def test_an_order_is_a_call_off_of_the_agreement_and_the_same_body_is_the_same_order(scene: Scene) -> None:
    """Sabotage seen: the key drawn anew for each request; the same body made two call-offs."""
    agreement_id = scene.signed()
    parameters = {"agreement_id": agreement_id, "quantity_per_day": 10, "decided_by": DECIDED}
    body = {
        "datetime": "2024-11-03T06:00:00Z/2024-11-04T18:00:00Z",
        "geometry": POINT,
        "filter": {"op": "<=", "args": [{"property": "gsd"}, 1]},
        "order_parameters": parameters,
    }
    path = f"/stapi/v0/products/{scene.offering_id}/orders"
    first, again = (scene.hub.client.post(path, headers=scene.lead.headers(), json=body) for _ in range(2))
    made = good(first)
    assert again.json() == made
    assert first.headers["Location"].endswith(f"/stapi/v0/orders/{made['id']}")
    order = stapi_pydantic.Order[stapi_pydantic.OrderStatus].model_validate(made)
    assert (order.properties.product_id, order.properties.status.status_code.value) == (scene.offering_id, "received")
    assert good(scene.lead.get(f"/v1/call-offs/{made['id']}"), 200)["decided_by"] == DECIDED
    scene.drive()
    statuses = good(scene.lead.get(f"/stapi/v0/orders/{made['id']}/statuses"), 200)
    parsed = stapi_pydantic.OrderStatuses[stapi_pydantic.OrderStatus].model_validate(statuses)
    assert [each.status_code.value for each in parsed.statuses] == ["received", "received", "accepted", "completed"]
    assert statuses["statuses"][-1]["space_hub:raw"] == "DELIVERED"
    listed = good(scene.lead.get("/stapi/v0/orders"), 200)
    assert len(stapi_pydantic.OrderCollection[stapi_pydantic.OrderStatus].model_validate(listed).features) == 1
    assert (
        good(scene.lead.get(f"/stapi/v0/orders/{made['id']}"), 200)["properties"]["status"]["status_code"]
        == "completed"
    )
    other = good(scene.supplier.post("/v1/offerings", offering("OTHER")))["id"]
    wrong = scene.hub.client.post(f"/stapi/v0/products/{other}/orders", headers=scene.lead.headers(), json=body)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "stapi.agreement_of_another")
    assert len(good(scene.lead.get("/v1/call-offs"), 200)["items"]) == 1
