"""Doors over HTTP: opened, looked at, listed, confirmed, closed; the credential goes in and never comes out."""

import io
from collections.abc import Iterator

import openpyxl
import pytest
from sqlmodel import select

from jobs import sync
from jobs.demo.http_supplier import Book, serving
from jobs.task import Task
from space_hub.settings import Settings
from space_hub.trust.audit import AuditEntry
from space_hub.trust.principal import HUB
from space_hub.work import ledger
from tests.support.hub import Caller, Hub
from tests.support.stapi_server import stapi_server
from tests.support.suppliers import Stapi, product
from tests.support.supply import good, verified

ROW = {"title": "Radar images", "capability": "radar.sar"}
SECRET = "Bearer s3cret"


@pytest.fixture
def book() -> Book:
    return Book([{**ROW, "reference": each} for each in "ABC"], credential=SECRET)


@pytest.fixture
def url(hub: Hub, book: Book) -> Iterator[str]:
    with serving(book) as address:
        hub.settings.egress_allow.append(address.removeprefix("http://"))
        yield address


@pytest.fixture
def supplier(hub: Hub, url: str) -> tuple[Caller, str]:
    caller, provider_id = verified(hub, hub.key("broker"))
    path = f"/v1/providers/{provider_id}/door"
    good(caller.put(path, {"adapter": "http", "url": url, "credential": SECRET}), 200)
    return caller, path


def work(hub: Hub) -> None:
    """What the jobs process does with the listing that waits."""
    with hub.database.write() as session:
        claimed = ledger.claim(session, hub.clock, hub.rng, holder="test", kinds=["supplier.sync"])
        assert claimed is not None
    allow = Settings(egress_allow=hub.settings.egress_allow)
    sync.sync_one(Task(hub.database, hub.clock, hub.rng, allow, claimed, HUB))


def test_a_supplier_s_listing_is_asked_for_held_confirmed_and_read_back(
    hub: Hub, supplier: tuple[Caller, str], book: Book
) -> None:
    caller, path = supplier
    started = good(caller.post(f"{path}/sync"), 202)
    assert good(caller.get(started["follow"]), 200)["kind"] == "supplier.sync"
    work(hub)
    assert sorted(each["reference"] for each in good(caller.get("/v1/offerings"), 200)["items"]) == ["A", "B", "C"]
    book.offerings = []
    good(caller.post(f"{path}/sync"), 202)
    work(hub)
    assert good(caller.get(path), 200)["state"] == "held"
    assert caller.post(f"{path}/sync").json()["code"] == "door.not_listed"
    report = good(caller.get(f"{path}/reports"), 200)["items"][0]
    assert (report["outcome"], report["error_code"]) == ("held", "sync.empty")
    assert "confirms" in report["error"]
    assert good(caller.post(f"{path}/confirmation"), 200)["state"] == "open"
    assert caller.post(f"{path}/confirmation").json()["code"] == "door.not_held"


def test_the_credential_is_shown_to_nobody(hub: Hub, supplier: tuple[Caller, str]) -> None:
    caller, path = supplier
    answer = caller.get(path)
    assert good(answer, 200)["has_credential"] is True
    assert "s3cret" not in answer.text
    with hub.database.read() as session:
        assert all("s3cret" not in str(row) for row in session.exec(select(AuditEntry)))
    assert caller.delete(path).status_code == 204
    assert good(caller.get(path), 200)["state"] == "closed"


def test_a_rival_and_a_planner_learn_nothing_of_a_door(hub: Hub, supplier: tuple[Caller, str]) -> None:
    _, path = supplier
    rival, _ = verified(hub, hub.key("broker"), "Rival")
    for each in (path, f"{path}/reports"):
        assert rival.get(each).status_code == 404
    assert rival.post(f"{path}/sync").status_code == 404
    assert rival.delete(path).status_code == 404
    assert hub.key("operations_centre").get(path).status_code == 403


def test_a_stapi_supplier_reaches_the_shelf_through_its_door(hub: Hub) -> None:
    caller, provider_id = verified(hub, hub.key("broker"))
    path = f"/v1/providers/{provider_id}/door"
    server = Stapi([product(each) for each in "ABC"] + [product("X", keywords=["SAR", "optical"])])
    with stapi_server(server) as url:
        hub.settings.egress_allow.append(url.removeprefix("http://"))
        good(caller.put(path, {"adapter": "stapi", "url": url}), 200)
        good(caller.post(f"{path}/sync"), 202)
        work(hub)
        report = good(caller.get(f"{path}/reports"), 200)["items"][0]
        assert (report["new"], report["refused"]) == (3, 1)
        assert [each["code"] for each in report["refusals"]] == ["stapi.capability_unknown"]
        assert "product_map" in report["refusals"][0]["reason"]
        settings = {"product_map": {"X": "imagery.optical"}}
        good(caller.put(path, {"adapter": "stapi", "url": url, "settings": settings}), 200)
        good(caller.post(f"{path}/sync"), 202)
        work(hub)
    planner = hub.key("nation", "NO")
    found = good(planner.get("/v1/catalogue"), 200)["items"]
    assert sorted(each["reference"] for each in found) == ["A", "B", "C", "X"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_template_goes_out_filled_in_and_comes_back_as_offerings(hub: Hub, language: str) -> None:
    caller, _ = verified(hub, hub.key("broker"))
    answer = caller.get("/v1/offerings/template.xlsx", areas="radar", language=language)
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    for column, cell in enumerate(("W-1", "Radar images", "radar.sar"), start=1):
        book.worksheets[0].cell(2, column, cell)
    out = io.BytesIO()
    book.save(out)
    headers = caller.headers() | {"Idempotency-Key": "x", "Content-Type": answer.headers["content-type"]}
    made = good(hub.client.post("/v1/offerings/manifest", headers=headers, content=out.getvalue()))
    assert (made["new_versions"], made["rejected_rows"]) == (1, 0)
