"""Assured access: a supplier under an agreement is activated, drilled, ordered from, and quotes in a competition.

Beside it stands a rival in the same pool, lot, exercise and competition. In the worlds of a pair differ the
rival's quote, its offerings, terms and agreements, what it is activated and drilled for and how it answers, its
trouble, what is called off from it, and whether the supplier's own order came first or after the rival had refused.
That the supplier wins the competition stands in all worlds: who wins depends on rivals and must.
"""

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from benchmarks.disclosure.worlds import START, Round, World, reads
from jobs.proofs.competing import quote, sealed
from space_hub.trust import keys
from tests.support.activation import FIRST, SECOND
from tests.support.competing import Competing, begun
from tests.support.exercises import CRISIS, PEACE, key, scenario
from tests.support.hub import Caller, Hub
from tests.support.supply import good, offering

CUTTER = {"name": "Export office", "nation": "US", "instrument": "Licence"}
DECIDED = {"decided_by": FIRST}
_HOOK = "https://hooks.example.org/me"


@dataclass(frozen=True)
class Secret:
    """What the rival keeps to itself, and the nations of it."""

    prices: tuple[str, ...]
    capacities: tuple[float, ...]
    quotes: tuple[str, ...]
    """Its revisions."""
    grouped: bool
    """Whether it is activated together with the supplier."""
    activated: int
    """How far its activation came."""
    drilled: int
    exercises: int
    outages: int
    call_offs: int
    refused_first: bool
    """Whether the supplier's order comes after the rival refused it."""
    left: float | None
    """What a cut-off leaves of its agreement."""


def secret(draw: Random, fullest: bool) -> Secret:
    def some(most: int) -> int:
        return most if fullest else draw.randint(0, most)

    offered = some(2)
    return Secret(
        tuple(f"{draw.uniform(1, 99):.2f}" for _ in range(offered)),
        tuple(round(draw.uniform(20, 900), 1) for _ in range(offered)),
        tuple(f"{draw.uniform(10_000, 99_000):.2f}" for _ in range(some(2))),
        fullest or draw.random() < 0.5,
        some(4),
        some(4),
        some(2),
        some(2),
        some(3),
        fullest or draw.random() < 0.5,
        round(draw.uniform(1, 40), 1) if fullest or draw.random() < 0.5 else None,
    )


@dataclass
class Party:
    """A supplier with its agreement in the pool and its key of the exercise."""

    caller: Caller
    within: Caller
    provider_id: str
    agreement_id: str
    asset_id: str


@dataclass
class Cast:
    competing: Competing
    lead: Caller
    second: Caller
    member: Caller
    lead_within: Caller
    second_within: Caller
    me: Party
    rival: Party
    refusing_id: str
    """An agreement of the rival's whose orders are refused at once."""
    exercise_id: str
    hook_id: str
    envelope: dict[str, Any]

    @property
    def pool_id(self) -> str:
        return self.competing.field.pool_id


def prepare(hub: Hub) -> Cast:
    competing = begun(hub, 2)
    lead, pool_id = competing.lead, competing.field.pool_id
    second = second_person(lead)
    member = hub.key("nation", "DE")
    good(lead.post(f"/v1/pools/{pool_id}/members", {"organisation_id": member.organisation_id}))
    good(member.post(f"/v1/pools/{pool_id}/join"), 200)
    agreed = [
        agreement(lead, pool_id, competing.supplier(number), name) for number, name in enumerate(("MINE", "THEIRS"))
    ]
    refusing_id, _ = agreement(lead, pool_id, competing.supplier(1), "REFUSED+rejects")
    exercise_id = good(lead.post("/v1/exercises", exercise(pool_id, competing.suppliers)))["id"]
    for each in competing.suppliers:
        good(each.post(f"/v1/exercises/{exercise_id}/acceptance"), 200)
    good(lead.post(f"/v1/exercises/{exercise_id}/start", DECIDED), 200)
    me, rival = (
        Party(each, key(each, exercise_id), competing.field.entrants[number].supplier.provider_id, *agreed[number])
        for number, each in enumerate(competing.suppliers)
    )
    hook_id = good(me.caller.post("/v1/endpoints", {"url": _HOOK}))["id"]
    good(me.within.post("/v1/endpoints", {"url": _HOOK}))
    envelope = sealed(competing.notice, competing.invitation(0), quote("45000.00", "Ours"))
    within = key(lead, exercise_id), key(second, exercise_id)
    return Cast(competing, lead, second, member, *within, me, rival, refusing_id, exercise_id, hook_id, envelope)


def second_person(lead: Caller) -> Caller:
    hub = lead.hub
    with hub.database.write() as session:
        _, secret = keys.issue(session, hub.clock, hub.rng, organisation_id=lead.organisation_id, name="second")
    second = Caller(hub, lead.organisation_id, secret)
    second._creates = 100_000  # Keys of one organisation share their names of requests.
    return second


def exercise(pool_id: str, suppliers: list[Caller]) -> dict[str, Any]:
    return {
        "name": "Northern light",
        "pool_id": pool_id,
        "opens_at": START.isoformat(),
        "closes_at": (START + timedelta(days=20)).isoformat(),
        "participants": [each.organisation_id for each in suppliers],
        "scenario": scenario(),
        **DECIDED,
    }


def agreement(
    lead: Caller, pool_id: str, supplier: Caller, name: str, price: str = "12.50", capacity: float = 200
) -> tuple[str, str]:
    """A signed agreement on a new offering, and the asset that it rests on."""
    phases = ("peace", "crisis")
    offered = offering(name) | {
        "capacity": {each: {"quantity": 10_000, "unit": "km2/d"} for each in phases},
        "prices": {each: {"amount": price, "currency": "EUR", "per": "km2"} for each in phases},
        "assets": [{"kind": "satellite", "name": f"{name}-1"}],
    }
    made = good(supplier.post("/v1/offerings", offered))
    terms = {"unit_price": price, "currency": "EUR", "civil_floor": "0.1"}
    peace = PEACE | terms | {"capacity_per_day": min(50, capacity), "cut_off_authorities": [CUTTER]}
    crisis = CRISIS | terms | {"capacity_per_day": capacity, "cut_off_authorities": [CUTTER]}
    draft = {
        "pool_id": pool_id,
        "offering_id": made["id"],
        "period_from": START.isoformat(),
        "period_to": (START + timedelta(days=30)).isoformat(),
        "terms": [peace, crisis],
    }
    agreement_id = good(lead.post("/v1/agreements", draft))["id"]
    good(supplier.post(f"/v1/agreements/{agreement_id}/offer", {}), 200)
    good(lead.post(f"/v1/agreements/{agreement_id}/sign", DECIDED), 200)
    return agreement_id, made["assets"][0]["id"]


def others_act(world: World[Cast], kept: Secret) -> None:
    """The rival, the lead and the member do what they do; what they do with the supplier is the same in all worlds."""
    cast, rival = world.cast, world.cast.rival
    for number, (price, capacity) in enumerate(zip(kept.prices, kept.capacities, strict=True)):
        world.secrets += agreement(cast.lead, cast.pool_id, rival.caller, f"THEIRS{number}", price, capacity)
    for number, price in enumerate(kept.quotes, 1):
        good(cast.competing.send(1, quote(price), number), 200)
    _trouble(world, kept)
    real = (cast.lead, cast.second)
    _activate(world, real, rival.caller, kept.grouped, kept.activated)
    _activate(world, (cast.lead_within, cast.second_within), rival.within, kept.grouped, kept.drilled)
    for _ in range(kept.exercises):
        world.secrets.append(good(cast.lead.post("/v1/exercises", exercise(cast.pool_id, [rival.caller])))["id"])
    for _ in range(kept.call_offs):
        _call_off(world, [rival.agreement_id])
    if kept.refused_first:
        _call_off(world, [cast.refusing_id, cast.me.agreement_id])
    world.settle()
    # The supplier's order comes in this second: asked for now, or because the rival has refused by now.
    world.hub.clock.advance(timedelta(seconds=10))
    if not kept.refused_first:
        _call_off(world, [cast.me.agreement_id])
    for _ in range(2):
        world.settle()
    world.hub.clock.advance(START + timedelta(hours=1) - world.hub.clock.now())


def _trouble(world: World[Cast], kept: Secret) -> None:
    rival = world.cast.rival
    for number in range(kept.outages):
        report = {
            "asset_id": rival.asset_id,
            "severity": "degraded",
            "description": f"Trouble {number}",
            "began_at": (START - timedelta(hours=number + 1)).isoformat(),
        }
        world.secrets.append(good(rival.caller.post("/v1/outages", report))["id"])
    if kept.left is not None:
        body = {
            "authority": CUTTER["name"],
            "left_per_day": kept.left,
            "from_at": (START + timedelta(days=1)).isoformat(),
            "reason": "Needed at home",
        }
        good(rival.caller.post(f"/v1/agreements/{rival.agreement_id}/cut-offs", body))


def _activate(world: World[Cast], persons: tuple[Caller, Caller], rival: Caller, grouped: bool, steps: int) -> None:
    """The supplier is called up for 60, and the rival with it, or by itself, or not at all."""
    lead, second = persons
    cast = world.cast
    mine, theirs = ({"agreement_id": each.agreement_id, "quantity": 60} for each in (cast.me, cast.rival))
    wanted = [[mine, theirs]] if grouped and steps else [[mine], *([[theirs]] if steps else [])]
    made = []
    for each in wanted:
        body = {"phase": "crisis", "agreements": each, "reason": "Flood in the north"}
        made += good(lead.post("/v1/activations", body))["activations"]
    for number, each in enumerate(made):
        path = f"/v1/activations/{each['id']}"
        if number == 1:
            world.secrets.append(each["id"])
            if steps < 2:
                continue
        good(lead.post(f"{path}/approve", {"quantity": 60, "decided_by": FIRST}), 200)
        good(second.post(f"{path}/approve", {"quantity": 60, "decided_by": SECOND}), 200)
        if number == 1 and steps == 3:
            good(rival.post(f"{path}/refuse", {"reason": "We cannot"}), 200)
        if number == 1 and steps == 4:
            good(rival.post(f"{path}/acknowledge", {"quantity": 40, "reason": "Not all"}), 200)


def _call_off(world: World[Cast], agreement_ids: list[str]) -> None:
    window = (START + timedelta(days=6)).isoformat(), (START + timedelta(days=7)).isoformat()
    body = {
        "options": [{"agreement_id": each, "quantity": 10} for each in agreement_ids],
        "window_from": window[0],
        "window_to": window[1],
        **DECIDED,
    }
    placed = good(world.cast.member.post("/v1/call-offs", body))
    world.secrets.append(placed["id"])


def one_acts(world: World[Cast], ids: list[str]) -> int:
    """The supplier's round; how many of its lists were not empty."""
    cast, me = world.cast, world.cast.me
    with world.watched():
        invitation = world.note("invitations", me.caller.get("/v1/invitations"))["items"][0]["id"]
        world.note("quote", me.caller.put(f"/v1/invitations/{invitation}/quote", cast.envelope))
        activations = []
        for who in (me.caller, me.within):
            for each in world.note("activations", who.get("/v1/activations"))["items"]:
                activations.append(each["id"])
                body = {"quantity": 50, "reason": "One satellite rests"}
                world.note("acknowledge", who.post(f"/v1/activations/{each['id']}/acknowledge", body))
                report = {"event": "ramp", "quantity": 20}
                world.note("ramp", who.post(f"/v1/activations/{each['id']}/report", report))
        trouble = {
            "asset_id": me.asset_id,
            "severity": "degraded",
            "description": "A battery",
            "began_at": START.isoformat(),
        }
        outage = world.note("outage", me.caller.post("/v1/outages", trouble))
    for _ in range(2):
        world.settle()
    with world.watched():
        orders = [each["id"] for each in world.note("orders", me.caller.get("/v1/orders"))["items"]]
    cast.competing.due()
    cast.competing.opened()
    good(cast.competing.award(0, reason="It meets the need best."), 200)
    world.settle()
    given: dict[str, list[str]] = {
        "pool_id": [cast.pool_id],
        "competition_id": [cast.competing.id],
        "invitation_id": [invitation, cast.competing.invitation(1)],
        "exercise_id": [cast.exercise_id],
        "agreement_id": [me.agreement_id, cast.rival.agreement_id],
        "activation_id": activations,
        "order_id": orders,
        "outage_id": [outage["id"]],
        "provider_id": [me.provider_id, cast.rival.provider_id],
        "endpoint_id": [cast.hook_id],
        "organisation_id": [me.caller.organisation_id, cast.rival.caller.organisation_id],
    }
    for prefix, name in (
        ("agr", "agreement_id"),
        ("act", "activation_id"),
        ("cal", "call_off_id"),
        ("exr", "exercise_id"),
    ):
        given.setdefault(name, []).extend([each for each in ids if each.startswith(prefix)][:2])
    with world.watched():
        full = reads(world, me.caller, given)
        full += reads(world, me.within, given, only=("activations", "exercises", "events", "agreements", "pools"))
    theirs = [cast.rival.caller.get(f"/v1/{path}") for path in ("offerings", "agreements", "activations", "orders")]
    theirs += [
        each.get(f"/v1/{path}") for each in (cast.lead, cast.member) for path in ("activations", "call-offs", "impacts")
    ]
    theirs.append(cast.lead.get(f"{cast.competing.path}/quotes"))
    world.others = "".join(answer.text for answer in theirs)
    return full


ASSURED = Round(prepare, secret, others_act, one_acts)
