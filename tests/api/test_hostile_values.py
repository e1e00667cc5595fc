"""Values that no database keeps and no reader prints are refused as what they are, never a fault of ours."""

import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from api.routes.deliveries import DeliveryIn
from tests.support.hub import Caller, Hub
from tests.support.supply import arrive, offering, requirement

POOL = {
    "name": "Pool",
    "contracting_authority": {"name": "A. Lambert", "office": "Procurement"},
    "mission_area": "imagery",
}
CALL_OFF = {
    "options": [{"agreement_id": "agr_x", "quantity": 1}],
    "window_from": "2024-11-03T06:00:00Z",
    "window_to": "2024-11-04T18:00:00Z",
    "decided_by": {"name": "A", "office": "B"},
}


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.fixture
def hub(hub_on_both: Hub) -> Hub:
    return hub_on_both


def raw(caller: Caller, path: str, body: Any, *, media: str = "application/json") -> Any:
    """Post exactly this text, also one that a client's own library would refuse to write."""
    text = body if isinstance(body, str) else json.dumps(body)
    headers = caller.headers() | {"Idempotency-Key": "k", "Content-Type": media}
    return caller.hub.client.post(path, content=text.encode("utf-8", "surrogatepass"), headers=headers)


def test_what_cannot_be_kept_is_refused_once_for_every_body(hub: Hub) -> None:
    """Sabotage seen: without the check in `api.models.In` PostgreSQL fails on NUL and the answer on NaN (500)."""
    nation = hub.key("nation")
    for value, code in (
        ("a\x00b", "vocabulary.character_unstorable"),
        ("\ud800", "vocabulary.character_unstorable"),
        ({"\x00": 1}, "vocabulary.character_unstorable"),
        (float("nan"), "vocabulary.number_unstorable"),
        (float("inf"), "vocabulary.number_unstorable"),
        (10**30, "vocabulary.number_unstorable"),
        (deep(200), "vocabulary.nested_too_deep"),
    ):
        hidden = raw(nation, "/v1/call-offs", CALL_OFF | {"parameters": {"note": value}})
        assert (hidden.status_code, hidden.json()["code"]) == (422, code), hidden.text
        typed = raw(nation, "/v1/pools", POOL | {"name": value})
        assert (typed.status_code, typed.json()["code"]) == (422, code), typed.text
    assert hidden.json()["detail"].startswith("The value at body/parameters/note/0/0")


def test_a_character_that_cannot_be_kept_is_refused_in_the_address_too(hub: Hub) -> None:
    nation = hub.key("nation")
    for path, asked in (
        ("/v1/catalogue/%00", {}),
        ("/v1/requirements/x%00y", {}),
        ("/v1/catalogue", {"text": "\x00"}),
        ("/v1/events", {"after": "\x00"}),
    ):
        answer = nation.get(path, **asked)
        assert (answer.status_code, answer.json()["code"]) == (422, "vocabulary.character_unstorable"), path


def test_a_time_that_leaves_the_calendar_in_utc_is_refused(hub: Hub) -> None:
    for moment in ("9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"):
        answer = hub.key("nation").post("/v1/requirements", requirement(window_to=moment))
        assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid"), answer.text


def test_a_number_too_large_for_its_unit_is_refused(hub: Hub) -> None:
    supplier, _ = arrive(hub)
    for changed in (
        {"attributes": {"gsd": {"value": 1e308, "unit": "km"}}},
        {"capacity": {"peace": {"quantity": 1e308, "unit": "km2/h"}}},
        {"capacity": {"peace": {"quantity": 1e15, "unit": "km2/d"}}},
    ):
        answer = supplier.post("/v1/offerings", offering() | changed)
        assert answer.status_code == 422, (changed, answer.text)
    assert hub.key("nation").get("/v1/catalogue", where="gsd <= 1e308 km").status_code == 422


def test_a_bad_row_of_a_manifest_is_set_aside_and_the_others_go_on(hub: Hub) -> None:
    supplier, _ = arrive(hub)
    bad: list[dict[str, Any]] = [
        {"standards": ["STANAG\x00"]},
        {"assets": [{"kind": "satellite", "name": "EYE\x00"}]},
        {"title": "\ud800"},
        {"modality": "\x00"},
        {"capacity": {"peace": {"quantity": 10**400, "unit": "km2/d"}}},
        {"coverage": {"type": "Point", "coordinates": [0, 0, float("inf")]}},
        {"coverage": {"type": "Point", "coordinates": [0, 0], "bbox": ["anything"]}},
        {"valid_from": "9999-12-31T23:59:59-01:00"},
        {"attributes": {"licence_tier": {"value": [["x"]]}}},
        {"coverage": deep(500)},
    ]
    rows = [offering("GOOD"), *(offering(f"BAD-{number}") | each for number, each in enumerate(bad))]
    answer = raw(supplier, "/v1/offerings/manifest", rows)
    assert answer.status_code == 201, answer.text
    assert answer.json()["new_versions"] == 1
    assert [row["line"] for row in answer.json()["rejected"]] == list(range(2, len(bad) + 2)), answer.text


def test_a_manifest_that_only_wants_to_break_the_reader_is_refused(hub: Hub) -> None:
    supplier, _ = arrive(hub)
    assert raw(supplier, "/v1/offerings/manifest", f"[{'9' * 5000}]").status_code == 422
    cells = (
        "reference,title,capability,assets,coverage\n"
        f"A,A,imagery.optical,{'9' * 5000},\n"
        f'B,B,imagery.optical,,"{{""a"":{"[" * 60_000}"\n'
    )
    answer = raw(supplier, "/v1/offerings/manifest", cells, media="text/csv")
    assert (answer.status_code, answer.json()["rejected_rows"]) == (201, 2), answer.text


def test_a_catalogue_number_beyond_every_catalogue_is_refused_and_not_a_fault(hub: Hub) -> None:
    centre = hub.key("operations_centre")
    report = {"catalog_number": 10**18, "severity": "lost", "description": "x", "began_at": "2024-11-01T00:00:00Z"}
    assert centre.post("/v1/outages", report).status_code == 422
    assert centre.get("/v1/conjunctions", catalog_number=10**30).status_code in (404, 422)
    assert centre.get("/v1/runs/run_x/failures", code=10**30).status_code in (404, 422)


def test_a_cursor_of_another_shape_is_refused_whatever_it_holds(hub: Hub) -> None:
    """Sabotage seen: comparing only the number of values lets each of these reach the database."""
    broker = hub.key("broker")
    for path, values in (
        ("/v1/organisations", '["\\u0000"]'),
        ("/v1/organisations", "[1]"),
        ("/v1/organisations", "[true]"),
        ("/v1/organisations", "[[]]"),
        ("/v1/organisations", "[" * 1400),
        ("/v1/alerts", '["now", "alr_x"]'),
        ("/v1/alerts", '[{"t": "2024-11-02T00:00:00"}, "alr_x"]'),
        ("/v1/alerts", '[{"t": "9999-12-31T23:59:59-01:00"}, "alr_x"]'),
        ("/v1/conjunctions", '[1, {"t": "2024-11-02T00:00:00Z"}, "cnj_x"]'),
    ):
        cursor = base64.urlsafe_b64encode(values.encode()).decode().rstrip("=")
        answer = broker.get(path, cursor=cursor)
        if path == "/v1/conjunctions":
            assert answer.status_code in (404, 422), answer.text
        else:
            assert (answer.status_code, answer.json()["code"]) == (422, "paging.cursor_invalid"), (path, values)


def test_the_last_day_of_the_calendar_is_a_window_that_is_wrong(hub: Hub) -> None:
    """It has no day after it: of an agreement that exists it was a fault of ours."""
    answer = hub.key("nation").get("/v1/capacity", agreement_id="agr_x", first_day="9999-12-31")
    assert (answer.status_code, answer.json()["code"]) == (422, "capacity.window_wrong"), answer.text


def test_a_delivery_that_took_longer_than_any_number_kept_is_refused() -> None:
    given = {"reference": "D-1", "quantity": 1, "latency_s": 1e9}
    assert DeliveryIn.model_validate(given).latency_s == 1e9
    with pytest.raises(ValidationError):
        DeliveryIn.model_validate(given | {"latency_s": 1e300})
