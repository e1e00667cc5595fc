"""A buyer under one agreement of a supplier that is in trouble under another.

Two nations have a pool each, and an agreement each on another offering of the same supplier. The first has also matched
the offering that the second holds. In the worlds of a pair differ what befalls that offering and who is told of it:
outages, manoeuvres, a cut-off, activations and drills that go well or badly, orders. Of all this the first, which holds
no agreement on it, sees nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from benchmarks.disclosure.assured import CUTTER, DECIDED, agreement, exercise, second_person
from benchmarks.disclosure.worlds import START, Round, World, reads
from tests.support.activation import FIRST, SECOND
from tests.support.exercises import key
from tests.support.hub import Caller, Hub
from tests.support.supply import good, requirement, verified

_HOOK = "https://hooks.example.org/me"
_KINDS = ("failure", "manoeuvre", "maintenance")


@dataclass(frozen=True)
class Secret:
    """What befalls the other offering."""

    outages: tuple[tuple[str, str], ...]
    """Kind and severity."""
    left: float | None
    activated: int
    """How far the other nation's activation came; a refusal is evidence of the supplier's readiness."""
    drilled: int
    call_offs: int


def secret(draw: Random, fullest: bool) -> Secret:
    def some(most: int) -> int:
        return most if fullest else draw.randint(0, most)

    return Secret(
        tuple((draw.choice(_KINDS), draw.choice(("degraded", "lost"))) for _ in range(some(3))),
        round(draw.uniform(1, 40), 1) if fullest or draw.random() < 0.5 else None,
        some(4),
        some(4),
        some(3),
    )


@dataclass
class Buyer:
    lead: Caller
    second: Caller
    pool_id: str
    agreement_id: str
    asset_id: str


@dataclass
class Cast:
    supplier: Caller
    within: Caller
    provider_id: str
    me: Buyer
    other: Buyer
    other_within: tuple[Caller, Caller]
    hook_id: str
    match_id: str
    requirement_id: str


def prepare(hub: Hub) -> Cast:
    broker = hub.key("broker", "BE")
    supplier, provider_id = verified(hub, broker, "Sky", "FR")
    good(supplier.put(f"/v1/providers/{provider_id}/door", {"adapter": "simulated"}), 200)
    me, other = (_buyer(hub, supplier, nation, name) for nation, name in (("FR", "ONE"), ("PL", "TWO")))
    stated = good(me.lead.post("/v1/requirements", requirement()))
    match = good(me.lead.post("/v1/matches", {"requirement_id": stated["id"]}))
    hook_id = good(me.lead.post("/v1/endpoints", {"url": _HOOK}))["id"]
    exercise_id = good(other.lead.post("/v1/exercises", exercise(other.pool_id, [supplier])))["id"]
    good(supplier.post(f"/v1/exercises/{exercise_id}/acceptance"), 200)
    good(other.lead.post(f"/v1/exercises/{exercise_id}/start", DECIDED), 200)
    within = key(other.lead, exercise_id), key(other.second, exercise_id)
    return Cast(
        *(supplier, key(supplier, exercise_id), provider_id, me, other, within, hook_id, match["id"], stated["id"])
    )


def _buyer(hub: Hub, supplier: Caller, nation: str, name: str) -> Buyer:
    lead = hub.key("nation", nation)
    pool = {
        "name": f"Pool {name}",
        "contracting_authority": FIRST,
        "mission_area": "imagery",
        "open_to_suppliers": False,
    }
    pool_id = good(lead.post("/v1/pools", pool))["id"]
    return Buyer(lead, second_person(lead), pool_id, *agreement(lead, pool_id, supplier, name))


def others_act(world: World[Cast], kept: Secret) -> None:
    cast, other = world.cast, world.cast.other
    for number, (kind, severity) in enumerate(kept.outages, 1):
        report = {
            "asset_id": other.asset_id,
            "kind": kind,
            "severity": severity,
            "description": f"Trouble {number}",
            "began_at": (START - timedelta(hours=number)).isoformat(),
        }
        world.secrets.append(good(cast.supplier.post("/v1/outages", report))["id"])
    if kept.left is not None:
        body = {
            "authority": CUTTER["name"],
            "left_per_day": kept.left,
            "from_at": (START + timedelta(days=1)).isoformat(),
            "reason": "Needed at home",
        }
        made = good(cast.supplier.post(f"/v1/agreements/{other.agreement_id}/cut-offs", body))
        world.secrets.append(made["id"])
    _activate(world, (other.lead, other.second), cast.supplier, kept.activated)
    _activate(world, cast.other_within, cast.within, kept.drilled)
    for number in range(kept.call_offs):
        body = {
            "options": [{"agreement_id": other.agreement_id, "quantity": number + 1}],
            "window_from": (START + timedelta(days=6)).isoformat(),
            "window_to": (START + timedelta(days=7)).isoformat(),
            **DECIDED,
        }
        answer = other.lead.post("/v1/call-offs", body)
        if answer.is_success:  # What a cut-off leaves may be too little.
            world.secrets.append(answer.json()["id"])
    for _ in range(2):
        world.settle()
    # Evidence of readiness counts by then.
    world.hub.clock.advance(START + timedelta(days=5) - world.hub.clock.now())
    world.settle()


def _activate(world: World[Cast], persons: tuple[Caller, Caller], supplier: Caller, steps: int) -> None:
    lead, second = persons
    if not steps:
        return
    wanted = [{"agreement_id": world.cast.other.agreement_id, "quantity": 60}]
    body = {"phase": "crisis", "agreements": wanted, "reason": "Flood"}
    made = good(lead.post("/v1/activations", body))["activations"][0]["id"]
    world.secrets.append(made)
    path = f"/v1/activations/{made}"
    if steps > 1:
        good(lead.post(f"{path}/approve", {"quantity": 60, "decided_by": FIRST}), 200)
        good(second.post(f"{path}/approve", {"quantity": 60, "decided_by": SECOND}), 200)
    if steps == 3:
        good(supplier.post(f"{path}/refuse", {"reason": "We cannot"}), 200)
    if steps == 4:
        good(supplier.post(f"{path}/acknowledge", {"quantity": 40, "reason": "Not all"}), 200)


def one_acts(world: World[Cast], ids: list[str]) -> int:
    """The round of the nation that holds the one agreement; how many of its lists were not empty."""
    cast, me = world.cast, world.cast.me
    trouble = {
        "asset_id": me.asset_id,
        "severity": "degraded",
        "description": "A battery",
        "began_at": (START + timedelta(days=4)).isoformat(),
    }
    good(cast.supplier.post("/v1/outages", trouble))
    world.settle()
    with world.watched():
        wanted = [{"agreement_id": me.agreement_id, "quantity": 60}]
        body = {"phase": "crisis", "agreements": wanted, "reason": "Flood"}
        made = world.note("activate", me.lead.post("/v1/activations", body))["activations"][0]["id"]
        for who, by in ((me.lead, FIRST), (me.second, SECOND)):
            approval = {"quantity": 60, "decided_by": by}
            world.note("approve", who.post(f"/v1/activations/{made}/approve", approval))
        ask = {
            "options": [{"agreement_id": me.agreement_id, "quantity": 5}],
            "window_from": (START + timedelta(days=8)).isoformat(),
            "window_to": (START + timedelta(days=9)).isoformat(),
            **DECIDED,
        }
        placed = world.note("call off", me.lead.post("/v1/call-offs", ask))
        matched = world.note("match", me.lead.post("/v1/matches", {"requirement_id": cast.requirement_id}))
    for _ in range(2):
        world.settle()
    given = {
        "pool_id": [me.pool_id, cast.other.pool_id],
        "agreement_id": [me.agreement_id, cast.other.agreement_id],
        "activation_id": [made, *_of("act", ids)],
        "call_off_id": [placed["id"], *_of("cal", ids)],
        "outage_id": _of("out", ids),
        "provider_id": [cast.provider_id],
        "endpoint_id": [cast.hook_id],
        "match_id": [cast.match_id, matched["id"]],
        "requirement_id": [cast.requirement_id],
        "organisation_id": [me.lead.organisation_id, cast.supplier.organisation_id],
    }
    with world.watched():
        full = reads(world, me.lead, given)
    theirs = [
        each.get(f"/v1/{path}") for each in (cast.other.lead, cast.supplier) for path in ("activations", "impacts")
    ]
    theirs.append(cast.other.lead.get("/v1/call-offs"))
    world.others = "".join(answer.text for answer in theirs)
    return full


def _of(prefix: str, ids: list[str]) -> list[str]:
    return [each for each in ids if each.startswith(prefix)][:2]


BUYER = Round(prepare, secret, others_act, one_acts)
