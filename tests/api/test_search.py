"""Search over HTTP: one body in, ranked and explained hits in the reader's language out."""

from typing import Any

import pytest

from tests.support.hub import Caller, Hub
from tests.support.supply import good, offering, verified


@pytest.fixture
def market(hub: Hub) -> tuple[Hub, Caller, Caller]:
    """A planner and a supplier with three offerings."""
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "DE")
    supplier, _ = verified(hub, broker)
    good(supplier.post("/v1/offerings", offering("EYE", title="Optical imagery of ports")))
    good(supplier.post("/v1/offerings", offering("SAR", capability="radar.sar", title="Radar by night", attributes={})))
    box = {"type": "Polygon", "coordinates": [[[0, 40], [10, 40], [10, 50], [0, 50], [0, 40]]]}
    good(supplier.post("/v1/offerings", offering("BOX", title="Ports again", coverage=box)))
    return hub, planner, supplier


def search(caller: Caller, status: int = 200, **body: Any) -> Any:
    return good(caller.post("/v1/catalogue/search", body), status)


def references(found: Any) -> list[str]:
    return [each["offering"]["reference"] for each in found["items"]]


def test_a_question_in_french_finds_what_was_said_in_english(market: tuple[Hub, Caller, Caller]) -> None:
    hub, planner, _ = market
    found = hub.client.post(
        "/v1/catalogue/search",
        json={"text": "images radar de nuit 50 cm", "facets": ["nation", "capability"]},
        headers=planner.headers() | {"Accept-Language": "fr", "Idempotency-Key": "x"},
    ).json()
    assert references(found)[0] == "SAR"
    assert found["facets"]["nation"]["values"] == [{"value": "FR", "label": "France", "count": 3}]
    assert found["facets"]["capability"]["label"] == "capacité"
    assert found["items"][0]["why"][0]["text"] == "Trouvé (titre)\u00a0: radar, nuit."
    assert found["understood"] == [
        "50 cm\u00a0: distance d'échantillonnage au sol ≤ 0,5 m ou résolution en distance ≤ 0,5 m"
        " ou résolution en azimut ≤ 0,5 m",
        "images radar nuit\u00a0: imagerie radar à synthèse d'ouverture",
    ]


def test_an_area_is_met_by_what_reaches_it(market: tuple[Hub, Caller, Caller]) -> None:
    _, planner, _ = market
    assert sorted(references(search(planner, area=[5, 45, 6, 46], relation="covers"))) == ["BOX", "EYE", "SAR"]
    assert sorted(references(search(planner, area="region:arctic"))) == ["EYE", "SAR"]
    assert sorted(references(search(planner, area={"type": "Point", "coordinates": [5, 45]}))) == ["BOX", "EYE", "SAR"]


def test_pages_hold_every_hit_once(market: tuple[Hub, Caller, Caller]) -> None:
    _, planner, _ = market
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        page = search(planner, limit=1, **({"cursor": cursor} if cursor else {}))
        seen += references(page)
        cursor = page["next"]
    assert (sorted(seen), cursor) == (["BOX", "EYE", "SAR"], None)


def test_a_provider_is_refused_and_reads_its_own_shelf(market: tuple[Hub, Caller, Caller]) -> None:
    _, _, supplier = market
    assert search(supplier, 403)["code"] == "search.not_for_providers"
    assert len(supplier.get("/v1/catalogue").json()["items"]) == 3


@pytest.mark.parametrize(
    "body",
    [
        {"cursor": "W10"},
        {"cursor": "WzEsMiwzXQ"},
        {"area": {"type": "LineString", "coordinates": [[1, 2]]}},
        {"area": {"type": "MultiPolygon", "coordinates": [[]]}},
        {"area": {"type": "MultiPolygon", "coordinates": [[[[0, 0, 1], [1, 0], [1, 1], [0, 0, 1]]], []]}},
        {"area": {"type": "Polygon", "coordinates": [[]]}},
        {"area": "region:"},
        {"area": 5},
        {"window": ["2025-01-02T00:00:00Z", "2025-01-01T00:00:00Z"]},
        {"where": ["gsd <= 1e400 m"]},
        {"capabilities": ["\\"]},
        {"facets": ["secret"]},
        {"limit": 101},
        {"unknown": 1},
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(market: tuple[Hub, Caller, Caller], body: dict[str, Any]) -> None:
    _, planner, _ = market
    assert planner.post("/v1/catalogue/search", body).status_code == 422


def test_a_ring_that_crosses_itself_and_mixed_heights_are_answered(market: tuple[Hub, Caller, Caller]) -> None:
    _, planner, supplier = market
    bow = {"type": "Polygon", "coordinates": [[[0, 0, 5], [10, 10], [10, 0], [0, 10, 1], [0, 0, 5]]]}
    good(supplier.post("/v1/offerings", offering("BOW", coverage=bow)))
    assert "BOW" in references(search(planner, area=bow))
    assert "BOW" not in references(search(planner, area=[4.9, 8, 5.1, 9]))


def test_the_vocabulary_names_every_code_in_both_languages(market: tuple[Hub, Caller, Caller]) -> None:
    hub, planner, _ = market
    said = {
        language: hub.client.get("/v1/vocabulary", headers=planner.headers() | {"Accept-Language": language}).json()
        for language in ("en", "fr")
    }
    for name, codes in said["en"]["lists"].items():
        french = {each["code"]: each["label"] for each in said["fr"]["lists"][name]}
        assert [each["code"] for each in codes] == list(french) and all(french.values()), name
    assert said["fr"]["lists"]["maturity"][3]["label"] == "opérationnel"
    lists = {each["list_name"] for each in said["en"]["attributes"]} - {None, "nation"}
    assert lists <= set(said["en"]["lists"])
    assert all(each["label"] for each in said["fr"]["regions"])
