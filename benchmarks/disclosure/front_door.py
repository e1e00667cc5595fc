"""The front door and the shelf: a supplier arrives, shows evidence, publishes, asks and reads.

In both worlds of a pair the same organisations exist: a rival supplier, three ministries with needs of their own, a
broker. Their prices, capacities, drafts, documents, needs and claims of register listings differ, in value and in
number.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from random import Random

from httpx2 import Response

from benchmarks.disclosure.worlds import START, Round, World, reads
from catalog.tables import OfferingDraftRow
from providers.adapters.register_rows import STATIONS
from tests.support.hub import Caller, Hub
from tests.support.supply import AREAS, arrive, confirm, evidence, good, offering, requirement, verified

B_NATIONS = ("PL", "DE", "IT")
"""Fewer than five: what they let be counted stays uncounted."""

_LISTINGS = 4
"""Rows of a public register in both worlds; the last one is nobody's but the supplier's."""


@dataclass(frozen=True)
class Secret:
    """What the others keep to themselves in one world."""

    prices: tuple[str, ...]
    capacities: tuple[float, ...]
    sharpness: tuple[float, ...]
    drafts: int
    documents: int
    quantities: tuple[float, ...]
    levels: tuple[str, ...]
    claims: int
    accepted: int
    """Of its claims of register listings."""


MOST_OFFERINGS, MOST_NEEDS = 3, 4


def secret(draw: Random, fullest: bool) -> Secret:
    """What others keep in a world drawn at random; in the fullest, as much of it as any world has."""
    count = MOST_OFFERINGS if fullest else draw.randint(0, MOST_OFFERINGS)
    needs = MOST_NEEDS if fullest else draw.randint(0, MOST_NEEDS)
    return Secret(
        tuple(f"{draw.uniform(1, 99):.2f}" for _ in range(count)),
        tuple(round(draw.uniform(10, 90_000), 1) for _ in range(count)),
        tuple(round(draw.uniform(0.2, 2), 2) for _ in range(count)),
        draw.randint(0, 3),
        draw.randint(0, 3),
        tuple(round(draw.uniform(1, 50_000), 1) for _ in range(needs)),
        tuple(draw.choice(("private", "aggregated", "anonymous")) for _ in range(needs)),
        claims := _LISTINGS - 1 if fullest else draw.randint(0, _LISTINGS - 1),
        draw.randint(0, claims),
    )


@dataclass
class Cast:
    broker: Caller
    rival: Caller
    rival_id: str
    ministries: list[Caller]
    listings: list[str]


def prepare(hub: Hub) -> Cast:
    broker = hub.key("broker", "BE")
    rival, rival_id = verified(hub, broker, "Rival", "PL")
    ministries = [hub.key("nation", nation) for nation in B_NATIONS]
    _public(hub.key("nation", "NO"))
    return Cast(broker, rival, rival_id, ministries, _register(broker))


def _public(planner: Caller) -> None:
    """What both worlds publish: a need by name, and an opportunity."""
    stated = good(planner.post("/v1/requirements", requirement()))
    path = f"/v1/requirements/{stated['id']}/publication"
    shown = good(planner.get(f"{path}/preview", level="named"), 200)
    good(planner.put(path, {"level": "named", "consent_ref": shown["consent_ref"]}), 200)
    both = {"title_en": "North", "title_fr": "Nord", "text_en": "Images.", "text_fr": "Images."}
    body = {"kind": "opportunity", **both, "mission_areas": ["imagery"], "closes_at": "2025-11-02T00:00:00Z"}
    made = good(planner.post("/v1/opportunities", body))
    good(planner.put(f"/v1/opportunities/{made['id']}/opening"), 200)


def _register(broker: Caller) -> list[str]:
    """A public register, read in both worlds alike; its listings."""
    place = {"type": "Point", "coordinates": [15.4, 78.2]}
    sites = [
        {"geometry": place, "properties": {"name": f"Site {number}", "provider": "Ground"}}
        for number in range(_LISTINGS)
    ]
    body = {"name": STATIONS, "edition": "1", "licence_note": "None", "table": json.dumps({"features": sites})}
    good(broker.post("/v1/registers", body))
    listed = good(broker.get("/v1/register-listings"), 200)["items"]
    return [each["id"] for each in sorted(listed, key=lambda each: str(each["asset_name"]))]


def _claim(caller: Caller, provider_id: str, listing_id: str) -> Response:
    document = good(caller.post(f"/v1/providers/{provider_id}/evidence", evidence(kind="reference")))
    body = {"grounds": "It is ours.", "evidence_id": document["id"]}
    return caller.post(f"/v1/register-listings/{listing_id}/claim", body)


def others_act(world: World[Cast], kept: Secret) -> None:
    """The rival and the ministries do what they do, and nobody else is meant to know."""
    rival = world.cast.rival
    for number, (price, capacity, sharp) in enumerate(zip(kept.prices, kept.capacities, kept.sharpness, strict=True)):
        values = {"gsd": {"value": sharp, "unit": "m"}}
        body = offering(f"B{number}", price=price, capacity=capacity, attributes=values)
        world.secrets.append(good(rival.post("/v1/offerings", body))["id"])
    for number in range(kept.documents):
        document = evidence() | {"document_sha256": sha256(f"{kept}{number}".encode()).hexdigest()}
        good(rival.post(f"/v1/providers/{world.cast.rival_id}/evidence", document))
    with world.hub.database.write() as session:
        for number in range(kept.drafts):
            session.add(
                OfferingDraftRow(
                    id=world.hub.rng.scope(rival.organisation_id, "offering_draft").id("ofd"),
                    provider_id=world.cast.rival_id,
                    reference=f"D{number}",
                    body=offering(f"D{number}"),
                    faults=[],
                    updated_at=world.hub.clock.now(),
                )
            )
    for number, (quantity, level) in enumerate(zip(kept.quantities, kept.levels, strict=True)):
        ministry = world.cast.ministries[number % len(world.cast.ministries)]
        phases = [{"phase": "peace", "quantity": quantity, "unit": "km2/d"}]
        stated = good(ministry.post("/v1/requirements", requirement(title=f"Secret {quantity}", phases=phases)))
        world.secrets.append(stated["id"])
        good(ministry.post("/v1/matches", {"requirement_id": stated["id"]}))
        path = f"/v1/requirements/{stated['id']}/publication"
        if level != "private":
            shown = good(ministry.get(f"{path}/preview", level=level), 200)
            good(ministry.put(path, {"level": level, "consent_ref": shown["consent_ref"]}), 200)
    for number in range(kept.claims):
        claimed = good(_claim(rival, world.cast.rival_id, world.cast.listings[number]))["id"]
        world.secrets.append(claimed)
        if number < kept.accepted:
            said = {"event": "accept", "reasons": ["The licence names it."]}
            good(world.cast.broker.post(f"/v1/claims/{claimed}/decisions", said))
    world.settle()
    world.hub.clock.advance(START + timedelta(hours=1) - world.hub.clock.now())


def one_acts(world: World[Cast], ids: list[str]) -> int:
    """The round of one supplier; how many of its lists were not empty."""
    hub = world.hub
    with world.watched():
        me, provider_id = arrive(hub, "Newcomer", "FR")
        path = f"/v1/providers/{provider_id}"
        world.note("evidence", me.post(f"{path}/evidence", evidence()))
    confirm(hub, provider_id)
    with world.watched():
        asked = {"tier": "listed", "mission_areas": list(AREAS)}
        world.note("apply", me.post(f"{path}/applications", asked))
    world.settle()
    with world.watched():
        hook = world.note("endpoint", me.post("/v1/endpoints", {"url": "https://hooks.example.org/me"}))
        mine = world.note("offer", me.post("/v1/offerings", offering("EYE")))
        blurred = offering("BLUR", attributes={"gsd": {"value": 0.9, "unit": "m"}})
        second = world.note("offer", me.post("/v1/offerings", blurred))
        world.note("manifest", me.post("/v1/offerings/manifest", [offering("M1"), offering("M2") | {"title": ""}]))
        world.note("door", me.put(f"{path}/door", {"adapter": "simulated"}))
        open_now = world.note("opportunities", me.get("/v1/opportunities"))["items"][0]["id"]
        asked = world.note("ask", me.post(f"/v1/opportunities/{open_now}/questions", {"question": "By night?"}))
        made = world.note("claim", _claim(me, provider_id, world.cast.listings[-1]))
    world.settle()
    with world.watched():
        better = offering("BLUR", attributes={"gsd": {"value": 0.5, "unit": "m"}})
        world.note("change", me.put(f"/v1/offerings/{second['id']}", better))
        for each in ids:
            world.note(f"their {each}", me.get(f"/v1/offerings/{each}"))
            world.note(f"their gap {each}", me.get(f"/v1/offerings/{each}/gap-report"))
            world.note(f"their need {each}", me.get(f"/v1/requirements/{each}"))
            world.note(f"their claim {each}", me.get(f"/v1/claims/{each}"))
    world.settle()
    given = {
        "provider_id": [provider_id, world.cast.rival_id],
        "offering_id": [mine["id"], second["id"], *ids[:2]],
        "requirement_id": ids[-1:] or ["req_none"],
        "opportunity_id": [open_now],
        "question_id": [asked["id"]],
        "claim_id": [made["id"], *ids[-1:]],
        "submission_id": [asked["submission_id"], made["submission_id"]],
        "endpoint_id": [hook["id"]],
        "organisation_id": [me.organisation_id, world.cast.rival.organisation_id],
    }
    with world.watched():
        full = reads(world, me, given)
    theirs = [world.cast.rival.get(f"/v1/{path}") for path in ("offerings", "claims")]
    theirs += [each.get("/v1/requirements") for each in world.cast.ministries]
    world.others = "".join(answer.text for answer in theirs)
    return full


FRONT_DOOR = Round(prepare, secret, others_act, one_acts)
