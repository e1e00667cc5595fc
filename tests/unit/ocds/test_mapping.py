"""One life of a call-off and of its framework told in OCDS, valid by the shared schema, which is seen to refuse."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from catalog.competition.scoring import Criterion, CriterionKind, frozen
from catalog.ocds import mapping
from catalog.ocds.mapping import Award, Contract, Event, Facts, Party, Tender
from space_hub.errors import Conflict, Invalid
from tests.support.ocds import COUNTED, examples, schemas, wrong

DAY = datetime(2027, 3, 1, 9, 30, tzinfo=UTC)
BUYER: Party = {"scheme": "NL-KVK", "legal_id": "27370000", "name": "Joint Space Office"}
SUPPLIER: Party = {"scheme": "FR-RCS", "legal_id": "552100554", "name": "Littoral Imagerie SA"}
FRAMEWORK, PROCESS = "ocds-spacehub-lot_a", "ocds-spacehub-cmp_b"

CRITERIA = frozen(
    [
        Criterion("total", CriterionKind.PRICE, Decimal("0.6"), Decimal(80000), Decimal(40000)),
        Criterion("start_h", CriterionKind.TIME, Decimal("0.4"), Decimal(72), Decimal(12), hard=True),
    ]
)
LOT: Tender = {
    "id": "lot_a",
    "title": "Optical imagery, two nations",
    "method": "selective",
    "submission": "By the hub, in English or French.",
    "opens_at": DAY,
    "closes_at": DAY + timedelta(days=700),
    "value": {"amount": Decimal("2500000.000000"), "currency": "EUR"},
}
CALL: Tender = {
    "id": "cmp_b",
    "title": "Imagery of a harbour",
    "method": "selective",
    "criteria": CRITERIA,
    "opens_at": DAY,
    "closes_at": DAY + timedelta(days=3),
}
AWARD: Award = {
    "id": "awd_c",
    "title": "Imagery of a harbour",
    "decided_at": DAY + timedelta(days=4),
    "suppliers": [SUPPLIER],
    "value": {"amount": Decimal("48117.25"), "currency": "EUR"},
    "documents": [{"id": "dec_1", "title": "Decision record", "sha256": "ab" * 32}],
}
CONTRACT: Contract = {
    "id": "cof_d",
    "award_id": "awd_c",
    "title": "Imagery of a harbour",
    "signed_at": DAY + timedelta(days=15),
    "starts_at": DAY + timedelta(days=16),
    "ends_at": DAY + timedelta(days=46),
    "value": {"amount": Decimal("48117.25"), "currency": "EUR"},
}


def facts(**more: Any) -> Facts:
    """Of a competition under the framework, unless another process is named."""
    process = {} if "ocid" in more else {"ocid": PROCESS, "framework": FRAMEWORK}
    return cast(Facts, {"language": "en", "buyer": BUYER, **process, **more})


def life() -> list[dict[str, Any]]:
    """Every event, in an order in which a lot and two call-offs under it could see them."""
    lot = {"ocid": FRAMEWORK}
    reused = {**LOT, "method": "limited", "rationale": "An award of another participant is used.", "change": "Reuse."}
    standstill = {
        **CALL,
        "tenderers": 2,
        "standstill_from": DAY + timedelta(days=4),
        "standstill_until": DAY + timedelta(days=14),
    }
    amendment = {"id": "pre_e", "at": DAY + timedelta(days=20), "rationale": "Pre-empted in crisis.", "amends": 6}
    done = {
        "milestones": [
            {"id": "dlv_1", "title": "Scene 1", "status": "met", "at": DAY + timedelta(days=18), "met_at": DAY},
            {"id": "dlv_2", "title": "Scene 2", "status": "scheduled", "at": DAY, "due_at": DAY + timedelta(days=30)},
            {"id": "dlv_3", "title": "Scene 3", "status": "partiallyMet", "at": DAY + timedelta(days=19)},
        ],
        "transactions": [
            {
                "id": "stl_1",
                "at": DAY + timedelta(days=40),
                "value": {"amount": Decimal("0.000001"), "currency": "EUR"},
                "payer": BUYER,
                "payee": SUPPLIER,
            }
        ],
    }
    told: list[tuple[Event, dict[str, Any]]] = [
        (Event.LOT_PUBLISHED, {**lot, "tender": LOT}),
        (Event.LOT_CHANGED, {**lot, "tender": reused}),
        (Event.COMPETITION_PUBLISHED, {"tender": CALL}),
        (Event.COMPETITION_CLOSED, {"tender": CALL}),
        (Event.COMPETITION_OPENED, {"tender": standstill}),
        (Event.AWARDED, {"tender": standstill, "award": AWARD}),
        (Event.SIGNED, {"contract": CONTRACT}),
        (Event.CALL_OFF_PLACED, {"award": AWARD, "contract": CONTRACT}),
        (Event.CALL_OFF_PRE_EMPTED, {"contract": CONTRACT, "amendment": amendment}),
        (Event.PERFORMED, {"contract": CONTRACT, **done}),
        (Event.CALL_OFF_CANCELLED, {"contract": CONTRACT, "amendment": amendment}),
        (Event.ENDED, {"contract": CONTRACT, "amendment": amendment}),
        (Event.COMPETITION_UNSUCCESSFUL, {"ocid": "ocds-spacehub-cmp_x", "tender": CALL}),
        (Event.COMPETITION_CANCELLED, {"ocid": "ocds-spacehub-cmp_y", "tender": {**CALL, "change": "No budget."}}),
    ]
    assert {event for event, _ in told} == set(Event)
    return [
        mapping.release(event, facts(**given), number, DAY + timedelta(hours=number))
        for number, (event, given) in enumerate(told, 1)
    ]


RELEASES = life()
RELEASE_PACKAGE = mapping.release_package(RELEASES, "Space Hub", "https://hub.example/ocds/1", DAY)
RECORD_PACKAGE = mapping.record_package(RELEASES, "Space Hub", "https://hub.example/ocds/2", DAY)


def test_every_release_and_both_packages_are_valid(shared: Path) -> None:
    """Sabotage seen: `initiationType` left out; a time without its zone; an amount as text."""
    for release in RELEASES:
        assert wrong(shared, "release", release) == set(), release["tag"]
    assert wrong(shared, "release-package", RELEASE_PACKAGE) == set()
    assert wrong(shared, "record-package", RECORD_PACKAGE) == set()


CHANGES: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("required initiationType", lambda each: each.pop("initiationType")),
    ("enum initiationType", lambda each: each.update(initiationType="planning")),
    ("format date", lambda each: each.update(date="2027-03-01T09:30:00")),
    ("minItems tag", lambda each: each.update(tag=[])),
    ("type amount", lambda each: each["awards"][0]["value"].update(amount="48117.25")),
    ("enum currency", lambda each: each["awards"][0]["value"].update(currency="XYZ")),
    ("required awardID", lambda each: each["contracts"][0].pop("awardID")),
    ("enum procurementMethod", lambda each: each.update(tender={"id": "x", "procurementMethod": "auction"})),
]


@pytest.mark.parametrize(("verdict", "change"), CHANGES)
def test_the_validator_refuses_a_release_of_ours_that_was_damaged(
    shared: Path, verdict: str, change: Callable[[dict[str, Any]], object]
) -> None:
    damaged = deepcopy(next(each for each in RELEASES if each["tag"] == ["award", "contract"]))
    change(damaged)
    assert wrong(shared, "release", damaged) == {verdict}
    packed = wrong(shared, "release-package", {**RELEASE_PACKAGE, "releases": [*RELEASES, damaged]})
    assert packed == {verdict}


def test_the_shared_examples_give_the_verdicts_noted_beforehand(shared: Path) -> None:
    """All 68: three are fragments, one is valid as it stands, 64 lack `initiationType`; with it, 60 are valid."""
    assert examples(shared) == (COUNTED, [])


def fields(body: Any, schema: dict[str, Any], whole: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of `body` with what the schema says of it."""
    if "$ref" in schema:
        schema = whole["definitions"][schema["$ref"].rpartition("/")[2]]
    if isinstance(body, list):
        for each in body:
            yield from fields(each, schema.get("items", {}), whole, path)
    elif isinstance(body, dict):
        for name, value in body.items():
            about = schema.get("properties", {}).get(name)
            yield f"{path}/{name}", about
            yield from fields(value, about or {}, whole, f"{path}/{name}")


def test_no_field_is_unknown_or_deprecated_and_nothing_is_null(shared: Path) -> None:
    """Sabotage seen: `status` given to the contract; a null where a value was not known; `legalName` misspelt."""
    whole = schemas(shared)[0]["release"]
    for release in RELEASES:
        told = dict(fields(release, whole, whole))
        assert {path for path, about in told.items() if about is None} == set()
        assert {path for path, about in told.items() if "deprecated" in about} == {"/initiationType"}
        assert "null" not in json.dumps(release, allow_nan=False)


def test_every_reference_names_a_party_that_stands_once_with_all_its_roles() -> None:
    for release in RELEASES:
        known = {each["id"]: each for each in release["parties"]}
        assert len(known) == len(release["parties"])
        used = {release["buyer"]["id"]}
        for award in release.get("awards", []):
            used |= {each["id"] for each in award["suppliers"]}
        for contract in release.get("contracts", []):
            for each in contract.get("implementation", {}).get("transactions", []):
                used |= {each["payer"]["id"], each["payee"]["id"]}
        assert used == set(known)
    paid = next(each for each in RELEASES if each["tag"] == ["implementation"])
    assert [each["roles"] for each in paid["parties"]] == [["payee"], ["buyer", "payer", "procuringEntity"]]


def test_a_call_off_points_to_its_framework_and_a_lot_to_nothing_else() -> None:
    placed = next(each for each in RELEASES if each["tag"] == ["award", "contract"])
    assert placed["relatedProcesses"] == [
        {"id": "1", "relationship": ["framework"], "scheme": "ocid", "identifier": FRAMEWORK}
    ]
    assert placed["contracts"][0]["awardID"] == placed["awards"][0]["id"]
    lot: Facts = {"ocid": FRAMEWORK, "language": "fr", "buyer": BUYER, "tender": LOT}
    alone = mapping.release(Event.LOT_PUBLISHED, lot, 1, DAY)
    assert "relatedProcesses" not in alone


def test_a_rivals_figures_have_no_name_and_so_no_way_in() -> None:
    """Sabotage seen: the check of names left out took `quotes` in silence; looked at the outermost facts only."""
    for given in (
        facts(tender=CALL, quotes=[{"price": "51000"}]),
        facts(tender={**CALL, "tenderer_names": ["Rival"]}),
        facts(tender=CALL, award={**AWARD, "ranking": ["Rival"]}),
    ):
        with pytest.raises(Invalid) as refused:
            mapping.release(Event.COMPETITION_OPENED, given, 1, DAY)
        assert refused.value.code == "ocds.fact_unknown"


@pytest.mark.parametrize("event", list(Event))
def test_an_event_is_not_told_without_what_it_is_about(event: Event) -> None:
    with pytest.raises(Invalid) as refused:
        mapping.release(event, facts(), 1, DAY)
    assert refused.value.code == "ocds.fact_missing"
    assert refused.value.params["expected"] in mapping.TOLD[event][1]


@pytest.mark.parametrize("amount", ["0.0000001", "123456789012345.123456", "NaN", "Infinity"])
def test_an_amount_that_a_json_number_would_round_is_refused(amount: str) -> None:
    """Sabotage seen: `float(amount)` taken as it comes."""
    value = {"amount": Decimal(amount), "currency": "EUR"}
    with pytest.raises(Invalid) as refused:
        mapping.release(Event.LOT_PUBLISHED, facts(tender={**LOT, "value": value}), 1, DAY)
    assert refused.value.code == "ocds.amount_wrong"


def test_times_are_told_in_utc_and_one_without_a_zone_is_refused() -> None:
    oslo = datetime(2027, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    assert mapping.release(Event.LOT_PUBLISHED, facts(tender=LOT), 1, oslo)["date"] == "2027-03-01T09:30:00Z"
    with pytest.raises(Invalid) as refused:
        mapping.release(Event.LOT_PUBLISHED, facts(tender=LOT), 1, oslo.replace(tzinfo=None))
    assert refused.value.code == "ocds.time_without_zone"


def test_packages_hold_each_release_once_the_oldest_first() -> None:
    shuffled = mapping.release_package(RELEASES[::-1], "Space Hub", "https://hub.example/ocds/1", DAY)
    assert shuffled == RELEASE_PACKAGE
    assert [each["ocid"] for each in RECORD_PACKAGE["records"]] == sorted({each["ocid"] for each in RELEASES})
    assert sum(len(each["releases"]) for each in RECORD_PACKAGE["records"]) == len(RELEASES)
    with pytest.raises(Conflict) as twice:
        mapping.release_package([*RELEASES, deepcopy(RELEASES[0])], "Space Hub", "https://hub.example", DAY)
    assert twice.value.code == "ocds.release_twice"
    with pytest.raises(Invalid) as nothing:
        mapping.record_package([], "Space Hub", "https://hub.example", DAY)
    assert nothing.value.code == "ocds.no_releases"
