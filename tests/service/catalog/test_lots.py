"""Frameworks over HTTP: who comes in and goes out, who sees it, quotas that cannot be overdrawn, awards used again."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from catalog.capacity import ledger, wholes
from catalog.capacity.rules import Ask, Span, day_slot
from catalog.capacity.tables import ResourceKind
from catalog.framework import admission, quotas, wants
from catalog.framework.tables import PoolSupplierEntry
from catalog.promise.tables import Pool, PoolLot
from providers import clocks
from providers.tables import Evidence
from space_hub.db import Database
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict
from space_hub.vocabulary.money import money
from tests.support.hub import Caller, Hub
from tests.support.supply import SHA, evidence, good, offering, verified

DECIDED = {"name": "A. Lambert", "office": "Procurement directorate"}


def framework(**more: Any) -> dict[str, Any]:
    return {
        "name": "Imagery framework",
        "contracting_authority": DECIDED,
        "mission_area": "imagery",
        "kind": "framework",
        "method": "mixed",
        "capability": "imagery.optical",
        "open_to_suppliers": True,
        **more,
    }


def code(answer: Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["code"])


@dataclass
class Scene:
    hub: Hub
    broker: Caller
    lead: Caller
    supplier: Caller
    provider_id: str
    pool_id: str
    lot_id: str

    def apply(self) -> Any:
        return good(self.supplier.post(f"/v1/lots/{self.lot_id}/applications", {"text": "We fly three satellites."}))

    def decide(self, event: str, reason: str = "", who: Caller | None = None) -> Response:
        path = f"/v1/lots/{self.lot_id}/suppliers/{self.provider_id}/{event}"
        return (who or self.lead).post(path, {"reason": reason, "decided_by": DECIDED})

    def member(self, nation: str = "DE") -> Caller:
        caller = self.hub.key("nation", nation)
        good(self.lead.post(f"/v1/pools/{self.pool_id}/members", {"organisation_id": caller.organisation_id}))
        good(caller.post(f"/v1/pools/{self.pool_id}/join"), 200)
        return caller

    def grant(self, who: Caller, quantity: float) -> Response:
        body = {"year": 2025, "quantity": quantity, "decided_by": DECIDED}
        return self.lead.put(f"/v1/lots/{self.lot_id}/quotas/{who.organisation_id}", body)

    def give(self, giver: Caller, taker: Caller, quantity: float) -> Response:
        body = {"to_organisation_id": taker.organisation_id, "year": 2025, "quantity": quantity}
        return giver.post(f"/v1/lots/{self.lot_id}/quota-transfers", {**body, "decided_by": DECIDED})


@pytest.fixture
def scene(hub: Hub) -> Scene:
    broker, lead = hub.key("broker"), hub.key("nation", "FR")
    supplier, provider_id = verified(hub, broker)
    pool_id = good(lead.post("/v1/pools", framework()))["id"]
    (lot,) = good(lead.get(f"/v1/pools/{pool_id}/lots"), 200)
    return Scene(hub, broker, lead, supplier, provider_id, pool_id, lot["id"])


def test_a_supplier_applies_is_admitted_suspended_taken_back_and_removed(scene: Scene) -> None:
    assert scene.apply()["state"] == "applied"
    assert code(scene.supplier.post(f"/v1/lots/{scene.lot_id}/applications", {"text": "x"}), 409) == (
        "lot.step_not_possible"
    )
    assert good(scene.decide("admit"), 200)["state"] == "admitted"
    for event in ("suspend", "remove"):
        assert code(scene.decide(event, " "), 422) == "lot.reason_missing"
    assert good(scene.decide("suspend", "Late three times."), 200)["state"] == "suspended"
    assert good(scene.decide("admit", "Amends made."), 200)["state"] == "admitted"
    good(scene.decide("remove", "Gave up its satellites."), 200)
    (seen,) = good(scene.supplier.get(f"/v1/lots/{scene.lot_id}/suppliers"), 200)["items"]
    assert [(each["event"], each["reason"]) for each in seen["history"]] == [
        ("apply", ""),
        ("admit", ""),
        ("suspend", "Late three times."),
        ("admit", "Amends made."),
        ("remove", "Gave up its satellites."),
    ]
    assert seen["history"][1]["decided_by"] == DECIDED
    assert seen["history"][1]["by_organisation_id"] == scene.lead.organisation_id
    assert scene.apply()["state"] == "applied", "the way in never closes"


def test_the_answer_is_the_leads_decision_and_its_clock_rises(scene: Scene) -> None:
    """Ten working days from Saturday 2 November 2024 end with Friday 15; late is the Monday after.

    Sabotage seen: the office's own two days.
    """
    waiting = good(scene.supplier.get(f"/v1/submissions/{scene.apply()['submission_id']}"), 200)
    assert (waiting["kind"], waiting["due_at"]) == ("admission", "2024-11-16T00:00:00Z")
    other = scene.broker.post(f"/v1/submissions/{waiting['id']}/answer", {"outcome": "accepted", "text": "Come in."})
    assert code(other, 409) == "submission.decided_elsewhere"
    for late, level in ((timedelta(days=16, seconds=-1), 0), (timedelta(seconds=1), 1), (timedelta(days=1), 2)):
        scene.hub.clock.advance(late)
        with scene.hub.database.write() as session:
            clocks.turn(session, scene.hub.clock, scene.hub.rng)
        assert good(scene.supplier.get(f"/v1/submissions/{waiting['id']}"), 200)["level"] == level
    good(scene.decide("refuse", "Resolution is 3 m, 1 m was asked."), 200)
    answered = good(scene.supplier.get(f"/v1/submissions/{waiting['id']}"), 200)
    assert (answered["state"], answered["outcome"], answered["answer"]) == (
        "answered",
        "declined",
        "Resolution is 3 m, 1 m was asked.",
    )


def test_the_database_refuses_a_way_out_without_a_reason(scene: Scene) -> None:
    scene.apply()
    with scene.hub.database.read() as session:
        row = session.exec(select(PoolSupplierEntry)).one()
    for event in ("refuse", "suspend", "remove"):
        with pytest.raises(IntegrityError, match="with_reason"), scene.hub.database.write() as session:
            kept = row.model_dump(exclude={"number", "event", "reason"})
            session.add(PoolSupplierEntry(**kept, number=2, event=event, reason=""))


def test_nobody_else_learns_who_applied_or_was_refused(scene: Scene) -> None:
    """Sabotage seen: `readable` without its condition; the event marked for the members."""
    member, rival = scene.member(), verified(scene.hub, scene.broker, "Rival", "FI")[0]
    stranger = scene.hub.key("nation", "PL")
    scene.apply()
    path = f"/v1/lots/{scene.lot_id}/suppliers"
    for who in (member, rival, stranger):
        assert who.get(path).json()["items"] == []
        assert code(scene.decide("admit", who=who), 404 if who is stranger else 403)
    good(scene.decide("admit"), 200)
    (seen,) = member.get(path).json()["items"]
    assert (seen["state"], seen["history"], seen["submission_id"], seen["decided_at"]) == ("admitted", [], None, None)
    for who in (rival, stranger):
        assert who.get(path).json()["items"] == []
    with scene.hub.database.read() as session:
        marked = session.exec(select(LogEntry.marking_id).where(LogEntry.topic == "pool_supplier.changed")).all()
    assert len(set(marked)) == 1
    readers = {
        who.organisation_id
        for who in (scene.lead, scene.supplier, member, rival, stranger, scene.broker)
        if any(each["type"] == "pool_supplier.changed" for each in _events(scene.hub, who))
    }
    assert readers == {scene.lead.organisation_id, scene.supplier.organisation_id}


def _events(hub: Hub, who: Caller) -> list[Any]:
    with hub.database.write() as session:
        log.sequence(session)
    found: list[Any] = who.get("/v1/events").json()["items"]
    return found


def test_an_agreement_of_a_framework_needs_an_admitted_supplier(scene: Scene) -> None:
    """A pool agrees with whom it chooses, but with nobody whom it suspended."""
    with scene.hub.database.read() as session:
        pool = session.get_one(Pool, scene.pool_id)
        plain = Pool(**{**pool.model_dump(), "kind": "pool", "method": None})
        admission.need_admitted(session, plain, scene.lot_id, scene.provider_id)
        with pytest.raises(Conflict, match=r"lot\.not_admitted"):
            admission.need_admitted(session, pool, scene.lot_id, scene.provider_id)
    scene.apply()
    good(scene.decide("admit"), 200)
    with scene.hub.database.read() as session:
        admission.need_admitted(session, pool, scene.lot_id, scene.provider_id)
    good(scene.decide("suspend", "Under review."), 200)
    with scene.hub.database.read() as session:
        for each in (pool, plain):
            with pytest.raises(Conflict, match=r"lot\.not_admitted"):
                admission.need_admitted(session, each, scene.lot_id, scene.provider_id)


def test_a_nation_that_is_named_accedes_and_for_another_the_pool_does_not_exist(scene: Scene) -> None:
    """Sabotage seen: `named` without the nation; the same for the Allies where none is named."""
    named = {**framework(open_to_suppliers=False, open_to_buyers=True), "buyer_nations": ["DE", "UA"]}
    allies = framework(open_to_suppliers=False, open_to_buyers=True)
    shut = framework(open_to_suppliers=True)
    ukraine, germany, poland = (scene.hub.key("nation", each) for each in ("UA", "DE", "PL"))
    for body, welcome in ((named, (ukraine, germany)), (allies, (germany, poland)), (shut, ())):
        pool_id = good(scene.lead.post("/v1/pools", body))["id"]
        for nation in (ukraine, germany, poland):
            answer = nation.post(f"/v1/pools/{pool_id}/accession")
            if nation in welcome:
                assert good(answer, 200)["status"] == "joined"
                members = good(nation.get(f"/v1/pools/{pool_id}"), 200)["members"]
                assert nation.organisation_id in [each["organisation_id"] for each in members]
            else:
                assert code(answer, 404) == "pool.unknown"
                assert nation.get(f"/v1/pools/{pool_id}").status_code == 404
                assert nation.get(f"/v1/pools/{pool_id}/lots").status_code == 404


def test_a_closed_pool_takes_nobody_in_and_hides_from_them(scene: Scene) -> None:
    path = f"/v1/pools/{scene.pool_id}"
    shut = {"open_to_suppliers": False, "open_to_buyers": False, "decided_by": DECIDED}
    assert scene.supplier.get(path).status_code == 200
    good(scene.lead.put(f"{path}/openness", shut), 200)
    assert scene.supplier.get(path).status_code == 404
    assert scene.supplier.get(f"{path}/lots").status_code == 404
    assert code(scene.supplier.post(f"/v1/lots/{scene.lot_id}/applications", {"text": "x"}), 404) == "lot.unknown"
    good(scene.lead.put(f"{path}/openness", {**shut, "open_to_suppliers": True}), 200)
    scene.apply()
    assert good(scene.lead.post(f"{path}/close", {"reason": "Spent.", "decided_by": DECIDED}), 200)["state"] == "closed"
    assert scene.supplier.get(path).status_code == 200, "who applied still sees it"
    good(scene.decide("refuse", "The pool is closed."), 200)
    assert scene.supplier.get(path).status_code == 404
    germany = scene.hub.key("nation", "DE")
    invited = scene.lead.post(f"{path}/members", {"organisation_id": germany.organisation_id})
    assert code(invited, 409) == "pool.closed"


def test_quotas_are_granted_passed_on_and_never_overdrawn(scene: Scene) -> None:
    germany, poland = scene.member("DE"), scene.member("PL")
    assert good(scene.grant(germany, 100), 200)["left"] == 100.0
    given = good(scene.give(germany, poland, 30.5))
    assert (given["quantity"], given["decided_by"]) == (30.5, DECIDED)
    assert code(scene.give(germany, poland, 69.501), 409) == "quota.used_up"
    path = f"/v1/lots/{scene.lot_id}/quotas"
    seen = {each["organisation_id"]: each["granted"] for each in good(poland.get(path), 200)}
    assert seen == {germany.organisation_id: 69.5, poland.organisation_id: 30.5}
    assert len(good(germany.get(f"/v1/lots/{scene.lot_id}/quota-transfers"), 200)) == 1
    assert good(scene.supplier.get(path), 200) == []
    assert scene.hub.key("nation", "IT").get(path).status_code == 404
    outsider = scene.hub.key("nation", "BE")
    assert code(scene.grant(outsider, 1), 422) == "quota.of_members"
    assert code(scene.give(germany, outsider, 1), 422) == "quota.of_members"
    assert code(scene.give(germany, germany, 1), 422) == "quota.to_itself"


def limits_of(session: Session, lot_id: str) -> wants.LotLimits:
    lot = session.get_one(PoolLot, lot_id)
    return wants.LotLimits(lot.id, lot.unit, lot.ceiling, session.get_one(Pool, lot.pool_id).currency)


def use(scene: Scene, who: Caller, count: int, price: str = "0") -> None:
    """What a call-off takes of the lot."""
    with scene.hub.database.write() as session:
        wanted = wants.of_lot(
            session,
            limits_of(session, scene.lot_id),
            who.organisation_id,
            used={2025: count},
            price=money(price, "EUR"),
        )
        ledger.take(
            session,
            scene.hub.clock,
            scene.hub.rng,
            tenant=who.organisation_id,
            subject=f"cal_{count}/1",
            wants=wanted,
            nested=True,
        )


def test_what_is_used_of_a_quota_cannot_be_given_nor_taken_back(scene: Scene) -> None:
    """The check of the database refuses it.

    Sabotage seen: its refusal not heeded; a nation without a quota let through.
    """
    germany, poland = scene.member("DE"), scene.member("PL")
    good(scene.grant(germany, 100), 200)
    use(scene, germany, 60_000)
    with pytest.raises(Conflict, match=r"capacity\.quota_exhausted"):
        use(scene, germany, 40_001)
    assert code(scene.give(germany, poland, 40.001), 409) == "quota.used_up"
    assert code(scene.grant(germany, 59.999), 409) == "quota.used_up"
    good(scene.give(germany, poland, 40))
    path = f"/v1/lots/{scene.lot_id}/quotas"
    seen = {each["organisation_id"]: each for each in good(germany.get(path, year=2025), 200)}
    mine = seen[germany.organisation_id]
    assert (mine["granted"], mine["used"], mine["left"]) == (60.0, 60.0, 0.0)
    assert sum(each["granted"] for each in seen.values()) == 100.0
    italy = scene.member("IT")
    with pytest.raises(Conflict, match=r"quota\.not_granted"):
        use(scene, italy, 1)
    with scene.hub.database.read() as session:
        assert quotas.quota_resource(session, scene.lot_id, italy.organisation_id, 2026) is None
        assert ledger.faults(session) == []


def test_a_ceiling_moves_on_both_databases_and_never_below_what_is_used(any_database: Database) -> None:
    with any_database.write() as session:
        wholes.ensure(session, "lot_x/money", ResourceKind.MONEY, "EUR")
        wholes.ensure(session, "lot_x/money", ResourceKind.MONEY, "EUR")
        assert wholes.set_ceiling(session, "lot_x/money", 500)
        assert not wholes.raise_by(session, "lot_x/money", -501)
        assert wholes.raise_by(session, "lot_x/money", -500)
        assert wholes.raise_by(session, "lot_x/money", 7)
    with any_database.read() as session:
        assert wholes.of(session, "lot_x/money").capacity == 7


def test_a_use_is_added_up_over_its_slots_year_by_year() -> None:
    """From 30 December 2024 to 2 January 2025, two days in each. Sabotage seen: the year of the first slot for all."""
    first = day_slot(date(2024, 12, 30))
    assert wants.by_year(Span.DAY, Ask(first, first + 3, 40)) == {2024: 80, 2025: 80}
    assert wants.by_year(Span.HOUR, Ask(first * 24 + 47, first * 24 + 48, 5)) == {2024: 5, 2025: 5}


def test_lots_share_out_the_ceiling_of_their_pool(scene: Scene) -> None:
    """Sabotage seen: the other lots not taken off the ceiling of the pool."""
    body = framework(ceiling="1000", currency="EUR", period_from="2025-01-01T00:00:00Z")
    assert code(scene.lead.post("/v1/pools", body), 422) == "pool.period_half"
    body["period_to"] = "2029-01-01T00:00:00Z"
    pool_id = good(scene.lead.post("/v1/pools", body))["id"]
    path = f"/v1/pools/{pool_id}/lots"
    (first,) = good(scene.lead.get(path), 200)
    assert (first["ceiling"], first["spent"], first["unit"]) == ("1000", "0.00", "km2/d")
    lot = {"title_en": "Infrared", "title_fr": "Infrarouge", "capability": "imagery.infrared", "decided_by": DECIDED}
    assert code(scene.lead.post(path, lot), 422) == "lot.ceiling_missing"
    assert code(scene.lead.post(path, {**lot, "ceiling": "0.01"}), 409) == "lot.ceiling_above_pool"
    use(replace(scene, lot_id=first["id"]), scene.lead, 1, "600")
    with pytest.raises(Conflict, match=r"capacity\.money_exhausted"):
        use(replace(scene, lot_id=first["id"]), scene.lead, 2, "400.01")
    with pytest.raises(Conflict, match=r"lot\.other_currency"), scene.hub.database.write() as session:
        wants.of_lot(
            session, limits_of(session, first["id"]), scene.lead.organisation_id, used={}, price=money(1, "USD")
        )
    lower = f"/v1/lots/{first['id']}/ceiling"
    assert code(scene.lead.put(lower, {"ceiling": "599.99", "decided_by": DECIDED}), 409) == "lot.ceiling_reached"
    assert good(scene.lead.put(lower, {"ceiling": "600", "decided_by": DECIDED}), 200)["spent"] == "600.00"
    assert good(scene.lead.post(path, {**lot, "ceiling": "400"}))["number"] == 2
    assert [each["spent"] for each in good(scene.supplier.get(path), 200)] == [None, None]


def test_a_framework_names_how_it_is_called_off_from(scene: Scene) -> None:
    assert code(scene.lead.post("/v1/pools", framework(method=None)), 422) == "pool.method_wrong"
    assert code(scene.lead.post("/v1/pools", framework(kind="pool")), 422) == "pool.method_wrong"
    assert code(scene.lead.post("/v1/pools", framework(buyer_nations=["DE"])), 422) == "pool.nations_without_opening"
    assert code(scene.lead.post("/v1/pools", framework(capability="satcom.raw")), 422) == "lot.other_mission_area"


@pytest.fixture
def drafted(scene: Scene) -> tuple[Scene, str, dict[str, Any]]:
    """A draft of a framework whose members are France and Germany, and the award that it might stand on."""
    scene.member("DE")
    offered = good(scene.supplier.post("/v1/offerings", offering()))["id"]
    shown = evidence(kind="award", issuer="Innovation office", scope="Optical imagery by competition")
    paper = good(scene.supplier.post(f"/v1/providers/{scene.provider_id}/evidence", shown))["id"]
    scene.apply()
    good(scene.decide("admit"), 200)
    term = {"phase": "peace", "capacity_per_day": 10, "notice": "PT0S", "unit_price": "12", "currency": "EUR"}
    body = {
        "pool_id": scene.pool_id,
        "offering_id": offered,
        "period_from": "2024-11-02T00:00:00Z",
        "period_to": "2025-11-02T00:00:00Z",
        "terms": [{**term, "civil_floor": "0.1"}],
    }
    agreement = good(scene.lead.post("/v1/agreements", body))["id"]
    award = {
        "body_name": "Innovation office",
        "body_nation": "DE",
        "award_reference": "IO-2023-7",
        "awarded_at": "2023-05-01T00:00:00Z",
        "by_competition": True,
        "capability": "imagery.optical",
        "evidence_id": paper,
        "decided_by": DECIDED,
    }
    return scene, agreement, award


def test_an_award_of_a_participant_is_attached_once_with_its_evidence(
    drafted: tuple[Scene, str, dict[str, Any]],
) -> None:
    scene, agreement, award = drafted
    path = f"/v1/agreements/{agreement}/award-reuse"
    assert code(scene.lead.get(path), 404) == "reuse.nothing_attached"
    assert code(scene.supplier.post(path, award), 403) == "pool.lead_decides"
    made = good(scene.lead.post(path, award))
    assert (made["evidence_sha256"], made["decided_by"]) == (SHA, DECIDED)
    assert good(scene.supplier.get(path), 200) == made
    assert code(scene.lead.post(path, award), 409) == "reuse.origin_settled"
    good(scene.supplier.post(f"/v1/agreements/{agreement}/offer", {}), 200)
    good(scene.lead.post(f"/v1/agreements/{agreement}/sign", {"decided_by": DECIDED}), 200)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"by_competition": False}, "reuse.without_competition"),
        ({"body_nation": "PL"}, "reuse.body_not_participating"),
        ({"awarded_at": "2020-10-31T00:00:00Z"}, "reuse.too_old"),
        ({"capability": "radar.sar"}, "reuse.other_capability"),
    ],
)
def test_any_other_award_is_refused_with_what_is_wrong(
    drafted: tuple[Scene, str, dict[str, Any]], change: dict[str, Any], wanted: str
) -> None:
    scene, agreement, award = drafted
    answer = scene.lead.post(f"/v1/agreements/{agreement}/award-reuse", {**award, **change})
    assert code(answer, 422) == "reuse.refused"
    assert [each["code"] for each in answer.json()["errors"]] == [wanted]


def test_another_document_than_an_award_shows_nothing(drafted: tuple[Scene, str, dict[str, Any]]) -> None:
    scene, agreement, award = drafted
    path = f"/v1/agreements/{agreement}/award-reuse"
    papers = good(scene.supplier.get(f"/v1/providers/{scene.provider_id}/evidence"), 200)["items"]
    register = next(each["id"] for each in papers if each["kind"] == "company_register")
    answer = scene.lead.post(path, {**award, "evidence_id": register})
    assert [each["code"] for each in answer.json()["errors"]] == ["reuse.evidence_missing"]
    assert code(scene.lead.post(path, {**award, "evidence_id": "evd_x"}), 404) == "reuse.evidence_unknown"


def test_a_call_off_takes_of_its_nations_quota(drafted: tuple[Scene, str, dict[str, Any]]) -> None:
    """Four days of 5 km2 out of 30 leave 10, which can be passed on, and no more.

    Sabotage seen: the lot's wants left out where an option is opened.
    """
    scene, agreement, _ = drafted
    good(scene.supplier.post(f"/v1/agreements/{agreement}/offer", {}), 200)
    good(scene.lead.post(f"/v1/agreements/{agreement}/sign", {"decided_by": DECIDED}), 200)
    good(scene.grant(scene.lead, 30), 200)
    body = {
        "options": [{"agreement_id": agreement, "quantity": 5}],
        "window_from": "2025-01-03T00:00:00Z",
        "window_to": "2025-01-05T00:00:00Z",
        "decided_by": DECIDED,
    }
    good(scene.lead.post("/v1/call-offs", {**body, "window_to": "2025-01-07T00:00:00Z"}))
    assert code(scene.lead.post("/v1/call-offs", {**body, "window_to": "2025-01-06T00:00:00Z"}), 409) == (
        "capacity.quota_exhausted"
    )
    germany = scene.member("DE")
    assert code(germany.post("/v1/call-offs", body), 409) == "quota.not_granted"
    assert code(scene.give(scene.lead, germany, 10.001), 409) == "quota.used_up"
    good(scene.give(scene.lead, germany, 10))
    good(germany.post("/v1/call-offs", body))
    seen = good(germany.get(f"/v1/lots/{scene.lot_id}/quotas"), 200)
    assert sorted((each["granted"], each["used"]) for each in seen) == [(10.0, 10.0), (20.0, 20.0)]


def test_who_was_suspended_is_neither_signed_nor_drafted_with(drafted: tuple[Scene, str, dict[str, Any]]) -> None:
    """Sabotage seen: the lot not asked at the signature; not asked at the draft."""
    scene, agreement, _ = drafted
    good(scene.supplier.post(f"/v1/agreements/{agreement}/offer", {}), 200)
    good(scene.decide("suspend", "Under review."), 200)
    answer = scene.lead.post(f"/v1/agreements/{agreement}/sign", {"decided_by": DECIDED})
    assert code(answer, 409) == "lot.not_admitted"
    kept = good(scene.lead.get(f"/v1/agreements/{agreement}"), 200)
    body = {name: kept[name] for name in ("pool_id", "offering_id", "period_from", "period_to")}
    term = {"phase": "peace", "capacity_per_day": 10, "notice": "PT0S", "unit_price": "12", "currency": "EUR"}
    answer = scene.lead.post("/v1/agreements", {**body, "terms": [{**term, "civil_floor": "0.1"}]})
    assert code(answer, 409) == "lot.not_admitted"


def test_an_award_whose_document_was_withdrawn_is_not_signed_on(drafted: tuple[Scene, str, dict[str, Any]]) -> None:
    """Sabotage seen: the award not looked at again at the signature."""
    scene, agreement, award = drafted
    good(scene.lead.post(f"/v1/agreements/{agreement}/award-reuse", award))
    good(scene.supplier.post(f"/v1/agreements/{agreement}/offer", {}), 200)
    with scene.hub.database.write() as session:
        session.get_one(Evidence, award["evidence_id"]).state = "withdrawn"
    answer = scene.lead.post(f"/v1/agreements/{agreement}/sign", {"decided_by": DECIDED})
    assert [each["code"] for each in answer.json()["errors"]] == ["reuse.evidence_not_in_force"]
