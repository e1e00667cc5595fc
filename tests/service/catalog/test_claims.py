"""Claims of register listings: by a verified owner, judged by a person, one at a time, and unseen by rivals."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from catalog.promise.lifecycle import CLAIM, TAKEN, ClaimEvent, ClaimState, next_claim
from catalog.shelf import claims
from catalog.shelf.register_tables import RegisterClaim, RegisterListing
from catalog.tables import Asset
from providers.adapters.register_rows import SATELLITES, STATIONS
from providers.tables import Evidence, Provider
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Conflict
from space_hub.rng import SeededRng
from space_hub.trust.audit import AuditEntry
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind
from tests.service.catalog.test_registers import network, site, table
from tests.support.demand import messages, settle
from tests.support.hub import Caller, Hub, Standing, stood
from tests.support.supply import arrive, evidence, good, offering, profile, verified

SAID = {"reasons": ["The licence names the satellite."]}


def listed(broker: Caller, *rows: dict[str, Any]) -> list[str]:
    """Ids of the listings of an imported register, by catalogue number."""
    body = {"name": SATELLITES, "edition": "test", "licence_note": "UCS", "table": table(*rows)}
    good(broker.post("/v1/registers", body))
    found = good(broker.get("/v1/register-listings"), 200)["items"]
    return [each["id"] for each in sorted(found, key=lambda each: each["catalog_number"])]


def paper(hub: Hub, caller: Caller) -> str:
    """Evidence of the caller's own file."""
    with hub.database.read() as session:
        rows = select(Evidence.id).join(Provider).where(Provider.organisation_id == caller.organisation_id)
        return session.exec(rows.order_by(col(Evidence.id))).first() or ""


def claimed(hub: Hub, caller: Caller, listing_id: str) -> Any:
    body = {"grounds": "We built and fly it.", "evidence_id": paper(hub, caller)}
    return caller.post(f"/v1/register-listings/{listing_id}/claim", body)


def decided(broker: Caller, claim_id: str, event: str, status: int = 201) -> Any:
    return good(broker.post(f"/v1/claims/{claim_id}/decisions", {"event": event, **SAID}), status)


def seen(caller: Caller, listing_id: str) -> dict[str, Any]:
    items = good(caller.get("/v1/register-listings"), 200)["items"]
    found: dict[str, Any] = next(each for each in items if each["id"] == listing_id)
    return found


def test_a_claim_lies_at_an_office_with_a_clock_and_an_accepted_one_ties_listing_asset_and_provider(hub: Hub) -> None:
    """Sabotages seen: the asset not set on acceptance left `claimed_by` empty; the event marked for buyers."""
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "DE")
    owner, provider_id = verified(hub, broker)
    (listing,) = listed(broker, {})
    made = good(claimed(hub, owner, listing))
    assert (made["state"], made["asset_name"], made["provider_id"]) == ("open", "Eye", provider_id)
    waits = good(owner.get(f"/v1/submissions/{made['submission_id']}"), 200)
    assert (waits["kind"], waits["subject"], waits["state"]) == ("claim", made["id"], "open")
    assert waits["due_at"] == made["due_at"] is not None
    queue = good(broker.get("/v1/submissions", mine=False, state="open"), 200)["items"]
    assert [each["id"] for each in queue] == [waits["id"]]
    assert (seen(planner, listing)["state"], seen(planner, listing)["claimed_by"]) == ("unclaimed", None)
    done = decided(broker, made["id"], "accept")
    assert (done["state"], done["due_at"]) == ("accepted", None)
    holder = {"provider_id": provider_id, "legal_name": "Clear Sky"}
    for caller in (planner, owner):
        assert (seen(caller, listing)["state"], seen(caller, listing)["claimed_by"]) == ("claimed", holder)
    (line,) = good(planner.get("/v1/overview"), 200)["lines"]
    assert (line["mission_area"], line["listings"], line["claimed"]) == ("radar", 1, 1)
    waits = good(owner.get(f"/v1/submissions/{made['submission_id']}"), 200)
    assert (waits["state"], waits["outcome"], waits["answer"]) == ("answered", "accepted", SAID["reasons"][0])
    steps = good(owner.get(f"/v1/claims/{made['id']}/history"), 200)["items"]
    assert [(each["number"], each["event"], each["state"]) for each in steps] == [
        (1, "claim", "open"),
        (2, "accept", "accepted"),
    ]
    assert steps[1]["reasons"] == SAID["reasons"]
    with hub.database.read() as session:
        asset = session.exec(select(Asset)).one()
        assert (asset.kind, asset.name, asset.catalog_number, asset.orbit) == ("satellite", "Eye", 44_000, "LEO")
        actions = session.exec(select(AuditEntry.action).where(AuditEntry.subject == made["id"])).all()
        assert sorted(actions) == ["claim.accept", "claim.claim"]
    settle(hub)
    told = [messages(each, "listing.claimed") for each in (owner, broker)]
    assert told[0] == told[1]
    assert [each["data"]["event"] for each in told[0]] == ["claim", "accept"]
    assert messages(planner, "listing.claimed") == []


def test_a_claim_takes_the_asset_that_its_provider_has_already(hub: Hub) -> None:
    """By number whatever its name; a name that means another number is not taken over.

    Sabotage seen: looked up by name alone, the first one was written a second time.
    """
    broker = hub.key("broker", "BE")
    owner, _ = verified(hub, broker)
    for reference, name, number in (("ONE", "Our first", 44_000), ("TWO", "Eye", 50_000)):
        assets = [{"kind": "satellite", "name": name, "catalog_number": number}]
        good(owner.post("/v1/offerings", offering(reference, assets=assets)))
    first, second = listed(broker, {}, {})
    for listing in (first, second):
        decided(broker, good(claimed(hub, owner, listing))["id"], "accept")
    with hub.database.read() as session:
        rows = session.exec(select(Asset).order_by(col(Asset.catalog_number))).all()
        assert [(row.name, row.catalog_number) for row in rows] == [
            ("Our first", 44_000),
            ("Eye (44001)", 44_001),
            ("Eye", 50_000),
        ]


def test_a_claimed_station_becomes_an_asset_with_its_place(hub: Hub) -> None:
    """Sabotage seen: the place not taken over."""
    broker = hub.key("broker", "BE")
    owner, _ = verified(hub, broker)
    body = {"name": STATIONS, "edition": "test", "licence_note": "MIT", "table": network(site())}
    good(broker.post("/v1/registers", body))
    (listing,) = good(owner.get("/v1/register-listings"), 200)["items"]
    assert (listing["asset_kind"], listing["site"]) == ("ground_station", {"lon": 15.4, "lat": 78.2})
    decided(broker, good(claimed(hub, owner, listing["id"]))["id"], "accept")
    with hub.database.read() as session:
        asset = session.exec(select(Asset)).one()
        assert (asset.kind, asset.name, asset.site) == ("ground_station", "Svalbard", {"lon": 15.4, "lat": 78.2})


def test_who_comes_second_is_refused_in_the_same_words_and_told_no_name(hub: Hub) -> None:
    """Sabotage seen: another code once the first claim was accepted."""
    broker = hub.key("broker", "BE")
    owner, provider_id = verified(hub, broker)
    rival, _ = verified(hub, broker, "Rival", "ES")
    listing, free = listed(broker, {}, {})
    made = good(claimed(hub, owner, listing))
    again = claimed(hub, owner, listing)
    assert (again.status_code, again.json()["code"]) == (409, "claim.own_stands")
    told = [claimed(hub, rival, listing)]
    decided(broker, made["id"], "accept")
    told.append(claimed(hub, rival, listing))
    decided(broker, made["id"], "contest")
    told.append(claimed(hub, rival, listing))
    assert {(each.status_code, each.text) for each in told} == {(409, told[0].text)}
    assert told[0].json()["code"] == "claim.listing_taken"
    assert provider_id not in told[0].text and "Clear Sky" not in told[0].text and made["id"] not in told[0].text
    good(claimed(hub, rival, free))
    decided(broker, made["id"], "release")
    good(claimed(hub, rival, listing))


def test_a_rival_reads_nothing_of_a_claim(hub: Hub) -> None:
    """Every page and every message of a rival is the same before a claim, after it and once it is accepted.

    Sabotage seen: the holder of a listing joined for every supplier, as it is for planners.
    """
    broker = hub.key("broker", "BE")
    owner, _ = verified(hub, broker)
    rival, _ = verified(hub, broker, "Rival", "ES")
    (listing,) = listed(broker, {})
    settle(hub)

    def world() -> list[str]:
        settle(hub)
        paths = ("register-listings", "claims", "submissions", "overview", "overview/gaps", "events")
        return [rival.get(f"/v1/{path}").text for path in paths] + [
            rival.get("/v1/register-listings", state="claimed").text
        ]

    before = world()
    made = good(claimed(hub, owner, listing))
    assert world() == before
    decided(broker, made["id"], "accept")
    assert world() == before
    unknown = rival.get("/v1/claims/rgc_none")
    for path in ("", "/history"):
        assert rival.get(f"/v1/claims/{made['id']}{path}").text == unknown.text.replace("rgc_none", made["id"])
    assert rival.post(f"/v1/claims/{made['id']}/withdrawal").status_code == 404
    assert rival.get(f"/v1/submissions/{made['submission_id']}").status_code == 404
    assert owner.get("/v1/claims").json()["items"][0]["id"] == made["id"]


def test_a_claim_needs_a_verified_profile_grounds_and_a_document_in_force(hub: Hub) -> None:
    """Sabotage seen: a document of another's file was taken."""
    broker = hub.key("broker", "BE")
    owner, provider_id = verified(hub, broker)
    rival, _ = verified(hub, broker, "Rival", "ES")
    newcomer, _ = arrive(hub, "New")
    (listing,) = listed(broker, {})
    path = f"/v1/register-listings/{listing}/claim"
    mine = paper(hub, owner)
    old = good(
        owner.post(f"/v1/providers/{provider_id}/evidence", evidence(kind="reference", valid_to="2024-11-10T00:00:00Z"))
    )["id"]
    hub.clock.advance(timedelta(days=10))

    def refused(caller: Caller, **body: Any) -> tuple[int, str]:
        answer = caller.post(path, {"grounds": "Ours.", "evidence_id": mine, **body})
        return answer.status_code, answer.json()["code"]

    assert refused(newcomer) == (409, "claim.not_verified")
    assert refused(owner, grounds=" ") == (422, "request.invalid")
    assert refused(owner, evidence_id=None) == (422, "claim.evidence_missing")
    assert refused(rival) == (404, "onboarding.evidence_unknown")
    assert refused(owner, evidence_id=old) == (409, "claim.evidence_not_in_force")
    assert owner.post("/v1/register-listings/rgl_no/claim", {"grounds": "x"}).status_code == 404
    assert hub.key("operations_centre", "FR").post(path, {"grounds": "x"}).status_code == 403


def test_only_the_office_that_it_lies_with_decides_and_nobody_for_itself(hub: Hub) -> None:
    """A nation's own office would take its own claim. Sabotage seen: the check of the own organisation left out."""
    broker, nation, other = hub.key("broker", "BE"), hub.key("nation", "FR"), hub.key("nation", "DE")
    desk = {
        "organisation_id": nation.organisation_id,
        "kind": "office",
        "name_en": "Registers",
        "name_fr": "Registres",
        "remit_en": "Claims",
        "remit_fr": "Revendications",
        "matters": ["claim"],
        "rank": 1,
    }
    office = good(broker.post("/v1/offices", desk))
    good(nation.post("/v1/providers", profile("France")))
    first, second = listed(broker, {}, {})
    own = good(nation.post(f"/v1/register-listings/{first}/claim", {"grounds": "Ours."}))
    assert own["office_id"] == office["id"]
    answer = nation.post(f"/v1/claims/{own['id']}/decisions", {"event": "accept", **SAID})
    assert (answer.status_code, answer.json()["code"]) == (403, "claim.own")
    owner, _ = verified(hub, broker)
    theirs = good(claimed(hub, owner, second))
    path = f"/v1/claims/{theirs['id']}/decisions"
    assert owner.post(path, {"event": "accept", **SAID}).status_code == 403
    assert other.post(path, {"event": "accept", **SAID}).status_code == 404
    assert other.get(f"/v1/claims/{theirs['id']}").status_code == 404
    assert nation.post(path, {"event": "refuse", "reasons": [" "]}).json()["code"] == "claim.reasons_missing"
    assert nation.post(path, {"event": "withdraw", **SAID}).status_code == 422
    answered = f"/v1/submissions/{theirs['submission_id']}/answer"
    assert nation.post(answered, {"text": "Yes."}).json()["code"] == "submission.decided_elsewhere"
    assert decided(nation, theirs["id"], "refuse")["state"] == "refused"
    assert nation.post(path, {"event": "accept", **SAID}).json()["code"] == "claim.step_illegal"
    assert decided(broker, own["id"], "accept")["state"] == "accepted"


def test_what_was_accepted_is_contested_before_it_is_released_and_may_be_upheld(hub: Hub) -> None:
    """Sabotage seen: (ACCEPTED, RELEASE) in the table took a claim from its holder unheard."""
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "DE")
    owner, _ = verified(hub, broker)
    (listing,) = listed(broker, {})
    made = decided(broker, good(claimed(hub, owner, listing))["id"], "accept")
    released = broker.post(f"/v1/claims/{made['id']}/decisions", {"event": "release", **SAID})
    assert (released.status_code, released.json()["code"]) == (409, "claim.step_illegal")
    for event, state, shown in (
        ("contest", "contested", "disputed"),
        ("uphold", "accepted", "claimed"),
        ("contest", "contested", "disputed"),
        ("release", "released", "unclaimed"),
    ):
        done = decided(broker, made["id"], event)
        assert (done["state"], seen(planner, listing)["state"]) == (state, shown)
        assert (done["due_at"] is not None) is (event == "contest")
    assert seen(planner, listing)["claimed_by"] is None
    rows = good(owner.get("/v1/submissions"), 200)["items"]
    assert sorted(each["outcome"] for each in rows if each["kind"] == "claim") == ["accepted", "overturned", "upheld"]


@pytest.mark.parametrize("event", [None, "accept", "contest"])
def test_an_owner_gives_a_claim_up_at_any_time_and_the_listing_is_free(hub: Hub, event: str | None) -> None:
    """Sabotage seen: the asset left on the listing kept the claimant's name on it."""
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "DE")
    owner, _ = verified(hub, broker)
    (listing,) = listed(broker, {})
    made = good(claimed(hub, owner, listing))
    if event is not None:
        decided(broker, made["id"], "accept")
    if event == "contest":
        decided(broker, made["id"], "contest")
    assert good(owner.post(f"/v1/claims/{made['id']}/withdrawal"))["state"] == "withdrawn"
    assert owner.post(f"/v1/claims/{made['id']}/withdrawal").json()["code"] == "claim.step_illegal"
    assert (seen(planner, listing)["state"], seen(planner, listing)["claimed_by"]) == ("unclaimed", None)
    open_now = good(broker.get("/v1/submissions", mine=False, state="open"), 200)["items"]
    assert [each for each in open_now if each["kind"] == "claim"] == []
    good(claimed(hub, owner, listing))


def test_of_two_claims_at_once_one_stands(
    database: Database, clock: ManualClock, rng: SeededRng, _standing: Standing
) -> None:
    """The second is written while the first is not committed yet; the database refuses it.

    Sabotage seen: the partial index dropped, on PostgreSQL both stood.
    """
    hub = stood(database, clock, rng, _standing)
    broker = hub.key("broker", "BE")
    owner, provider_id = verified(hub, broker)
    rival, _ = verified(hub, broker, "Rival", "ES")
    (listing,) = listed(broker, {})
    me = Principal(owner.organisation_id, OrganisationKind.PROVIDER, "FR", "k", SCOPES_OF[OrganisationKind.PROVIDER])
    said: list[tuple[int, Any]] = []

    def beside() -> None:
        answer = claimed(hub, rival, listing)
        said.append((answer.status_code, answer.json().get("code")))

    evidence_id = paper(hub, owner)
    with database.write() as session:
        claims.claim(session, clock, rng, me, listing, grounds="Ours.", evidence_id=evidence_id)
        thread = threading.Thread(target=beside)
        thread.start()
        thread.join(0.5)
    thread.join(20)
    assert said == [(409, "claim.listing_taken")]
    with database.read() as session:
        assert session.exec(select(RegisterClaim.provider_id)).all() == [provider_id]


def test_the_database_itself_lets_one_claim_stand(
    database: Database, clock: ManualClock, rng: SeededRng, _standing: Standing
) -> None:
    """Ended ones make room. Sabotage seen: an index over all states refused the new claim of a listing set free."""
    hub = stood(database, clock, rng, _standing)
    broker = hub.key("broker", "BE")
    _, provider_id = verified(hub, broker)
    (listing,) = listed(broker, {})

    def row(number: int, state: str) -> RegisterClaim:
        return RegisterClaim(
            id=f"rgc_{number}",
            listing_id=listing,
            provider_id=provider_id,
            grounds="Ours.",
            state=state,
            created_at=clock.now(),
        )

    with database.write() as session:
        session.add_all([row(1, "refused"), row(2, "withdrawn"), row(3, "released"), row(4, "contested")])
    for state in ("open", "accepted", "contested"):
        with pytest.raises(IntegrityError), database.write() as session:
            session.add(row(5, state))


def test_a_newer_edition_of_the_register_keeps_the_claim(hub: Hub) -> None:
    broker, planner = hub.key("broker", "BE"), hub.key("nation", "DE")
    owner, _ = verified(hub, broker)
    (listing,) = listed(broker, {})
    decided(broker, good(claimed(hub, owner, listing))["id"], "accept")
    listed(broker, {"Current Official Name of Satellite": "Eye One"}, {})
    kept = seen(planner, listing)
    assert (kept["asset_name"], kept["state"], kept["claimed_by"]["legal_name"]) == ("Eye One", "claimed", "Clear Sky")
    with hub.database.read() as session:
        assert sorted(session.exec(select(RegisterListing.state))) == ["claimed", "unclaimed"]


@pytest.mark.parametrize("state", list(ClaimState))
@pytest.mark.parametrize("event", list(ClaimEvent))
def test_every_other_step_of_a_claim_is_refused(state: ClaimState, event: ClaimEvent) -> None:
    if (state, event) in CLAIM:
        assert next_claim(state, event) is CLAIM[(state, event)]
        return
    with pytest.raises(Conflict, match="step_illegal"):
        next_claim(state, event)


def test_what_has_ended_stays_so_and_what_stands_can_end() -> None:
    assert {start for start, _ in CLAIM} == TAKEN
    assert json.loads(json.dumps(sorted(TAKEN))) == ["accepted", "contested", "open"]
