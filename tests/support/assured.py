"""A pool of five nations and five suppliers, from peace to the end of a crisis, each scene a function.

A stage holds who acts and where its clock stands; the same scenes are played in earnest and in an exercise. What each
second must show is written in `tests/contract/test_assured_story.py`.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.activation import FIRST, SECOND, Supplied, Theatre, theatre
from tests.support.exercises import key, scenario
from tests.support.hub import Caller, Hub
from tests.support.supply import good

NORTH = {"type": "Polygon", "coordinates": [[[0, 60], [40, 60], [40, 80], [0, 80], [0, 60]]]}
IN_THE_NORTH = {"type": "Polygon", "coordinates": [[[10, 65], [20, 65], [20, 70], [10, 70], [10, 65]]]}
DAYS = {"window_from": "2024-11-04T00:00:00Z", "window_to": "2024-11-07T00:00:00Z"}
PURCHASER = {"name": "C. Durand", "office": "Space command"}


def peace(quantity: float, **more: Any) -> dict[str, Any]:
    return {"phase": "peace", "capacity_per_day": quantity, "notice": "PT12H", "priority": 9} | more


def crisis(quantity: float, notice: str, *ramp: tuple[str, str]) -> dict[str, Any]:
    return {
        "phase": "crisis",
        "capacity_per_day": quantity,
        "notice": notice,
        "priority": 5,
        "unit_price": "20",
        "activation": "required",
        "acknowledge": "PT1H",
        "ramp": [{"after": after, "share": share} for after, share in ramp],
        "cut_off_authorities": [],
    }


TERMS = {
    # Half an hour before the first level of the ramp: a ramp begins after the notice.
    "S1": (peace(30), crisis(150, "PT5H30M", ("PT6H", "0.5"), ("PT8H", "1"))),
    "S2": (peace(30), crisis(100, "PT6H")),
    "S3": (peace(10), crisis(50, "PT8H")),
    "S4": (peace(40), crisis(80, "PT6H")),
    "S5": (
        peace(100, civil_floor="0.4", preemptible=True, refund={"share": "0.25"}),
        peace(150, civil_floor="0.4", preemptible=True, refund={"share": "0.25"})
        | {"phase": "conflict", "notice": "PT1H", "priority": 2, "can_pre_empt": True, "cut_off_authorities": []},
    ),
}

QUOTAS = {"FR": 500, "DE": 1000, "PL": 1000, "IT": 100}
"""Of the year, added up over the days that are called off."""


@dataclass
class Stage:
    """The pool, its nations and suppliers, and the clock that stands where it was put last."""

    pool: Theatre
    france: Caller
    germany: Caller
    poland: Caller
    italy: Caller
    of: dict[str, Supplied]
    later: timedelta = timedelta()
    """How long after the days of the table it is played."""
    exercise_id: str | None = None
    activations: dict[str, str] = field(default_factory=dict)
    call_offs: dict[str, str] = field(default_factory=dict)

    @property
    def hub(self) -> Hub:
        return self.pool.hub

    def at(self, second: str) -> None:
        """Go on to this second of the table."""
        to = moment(second) + self.later
        assert to >= self.hub.clock.now(), second
        self.hub.clock.advance(to - self.hub.clock.now())

    def step(self, who: Caller, supplier: str, verb: str, **body: Any) -> Any:
        return who.post(f"/v1/activations/{self.activations[supplier]}/{verb}", body)

    def call_off(self, who: Caller, supplier: str, quantity: float, otherwise: str = "", **more: Any) -> Any:
        ways = [each for each in (supplier, otherwise) if each]
        options = [{"agreement_id": self.of[each].agreement_id, "quantity": quantity} for each in ways]
        body = {"options": options, "decided_by": PURCHASER, "area": IN_THE_NORTH} | DAYS | more
        return who.post("/v1/call-offs", body)

    def told(self, at: str | None) -> str:
        """A second as the table has it."""
        return "-" if at is None else (datetime.fromisoformat(at) - self.later).strftime("%dT%H:%M:%S")

    def seen(self, who: Caller, supplier: str) -> Any:
        return good(who.get(f"/v1/activations/{self.activations[supplier]}"), 200)


def moment(second: str) -> datetime:
    return datetime.fromisoformat(f"2024-11-{second}").replace(tzinfo=UTC)


def history(stage: Stage, supplier: str) -> list[str]:
    """The entries of one activation as the nation reads them, in the words of the table."""
    return [
        " ".join(
            [
                *(supplier, stage.told(each["at"]), each["event"], each["state"]),
                "-" if each["quantity"] is None else f"{each['quantity']:g}",
                *(each["clock"] or "-", stage.told(each["due_at"])),
                "-" if each["late_s"] is None else str(each["late_s"]),
            ]
        )
        for each in stage.seen(stage.france, supplier)["history"]
    ]


def clocks(stage: Stage, supplier: str) -> str:
    """The clocks of one activation as its supplier reads them."""
    found = stage.seen(stage.of[supplier].caller, supplier)["clocks"]
    return ", ".join(f"{each['clock']} {stage.told(each['due_at'])} {each['quantity']:g}" for each in found)


def whole(stage: Stage) -> list[str]:
    return [line for supplier in ("S1", "S2", "S3", "S4") for line in history(stage, supplier)]


def opened(hub: Hub) -> Stage:
    """Signed in peace, by the first second of the second of November."""
    pool = theatre(hub, capability="imagery.optical")
    france, germany, poland, italy = (pool.member(each) for each in QUOTAS)
    (lot,) = good(pool.lead.get(f"/v1/pools/{pool.pool_id}/lots"), 200)
    for who, quantity in zip((france, germany, poland, italy), QUOTAS.values(), strict=True):
        body = {"year": 2024, "quantity": quantity, "decided_by": FIRST}
        good(pool.lead.put(f"/v1/lots/{lot['id']}/quotas/{who.organisation_id}", body), 200)
    of = {name: pool.supplied(name, *terms) for name, terms in TERMS.items()}
    return Stage(pool, france, germany, poland, italy, of)


def in_peace(stage: Stage) -> None:
    """France has a second way; Poland's use is civil; Italy's begins in the night before all others.

    Some minutes later both call off a little more, as any other.
    """
    stage.at("02T06:00:00")
    placed = good(stage.call_off(stage.france, "S5", 40, otherwise="S4"))
    assert [(each["phase"], each["total_price"]) for each in placed["options"]] == [("peace", "1500")] * 2
    stage.call_offs["FR"] = placed["id"]
    stage.call_offs["PL"] = good(stage.call_off(stage.poland, "S5", 40, purpose="civil"))["id"]
    stage.call_offs["IT"] = good(stage.call_off(stage.italy, "S5", 5, window_from="2024-11-02T23:00:00Z"))["id"]
    stage.at("02T06:10:00")
    stage.call_offs["IT more"] = good(stage.call_off(stage.italy, "S5", 10))["id"]
    stage.at("02T06:20:00")
    stage.call_offs["PL more"] = good(stage.call_off(stage.poland, "S5", 5))["id"]


def it_comes_to_a_conflict(stage: Stage) -> str:
    """Germany needs 91 where 50 are left: the id of the pre-emption."""
    stage.at("03T00:00:00")
    body = {"phase": "conflict", "reason": "Attack", "decided_by": FIRST, "nations": ["DE"], "area": NORTH}
    good(stage.pool.lead.post(f"/v1/pools/{stage.pool.pool_id}/phases", body))
    refused = stage.call_off(stage.germany, "S5", 91)
    assert (refused.status_code, refused.json()["code"]) == (409, "capacity.exhausted"), "nothing falls unasked"
    taken: dict[str, Any] = {"pre_empt": True, "reason": "Defence of the coast"}
    above = stage.call_off(stage.germany, "S5", 106, **taken)
    assert (above.status_code, above.json()["code"]) == (409, "preemption.not_enough"), "what may not fall is left"
    good(stage.call_off(stage.germany, "S5", 91, **taken))
    (told,) = stage.pool.events(stage.france, "call_off.pre_empted")
    return str(told["data"]["preemption_id"])


def a_crisis_is_declared(stage: Stage) -> None:
    stage.at("02T08:00:00")
    body = {"phase": "crisis", "reason": "Flood", "decided_by": FIRST, "nations": ["FR", "DE"], "area": NORTH}
    good(stage.pool.lead.post(f"/v1/pools/{stage.pool.pool_id}/phases", body))
    refused = stage.call_off(stage.france, "S1", 31)
    assert (refused.status_code, refused.json()["code"]) == (409, "capacity.exhausted"), "peace until it is activated"


def three_are_activated_in_part(stage: Stage) -> None:
    stage.at("02T08:10:00")
    wanted = [(stage.of["S1"], 150), (stage.of["S2"], 100), (stage.of["S3"], 50)]
    made = stage.pool.ask(*wanted, by=stage.france, reserves=[stage.of["S4"].agreement_id])
    stage.activations |= dict(zip(("S1", "S2", "S3"), made, strict=True))
    approved = {"S1": 90, "S2": 60, "S3": 30}
    stage.at("02T08:20:00")
    for supplier, quantity in approved.items():
        good(stage.step(stage.pool.lead, supplier, "approve", quantity=quantity, decided_by=FIRST), 200)
    again = stage.step(stage.pool.lead, "S1", "approve", quantity=90, decided_by=SECOND)
    assert (again.status_code, again.json()["code"]) == (403, "activation.second_person"), "one key is one person"
    for name in approved:
        assert stage.of[name].caller.get(f"/v1/activations/{stage.activations[name]}").status_code == 404
    stage.at("02T08:31:05")
    for supplier, quantity in approved.items():
        good(stage.step(stage.pool.second, supplier, "approve", quantity=quantity, decided_by=SECOND), 200)


def they_answer(stage: Stage) -> None:
    first, second, third = (stage.of[name].caller for name in ("S1", "S2", "S3"))
    stage.at("02T08:50:00")
    good(stage.step(first, "S1", "acknowledge", quantity=90), 200)
    stage.at("02T09:00:00")
    good(stage.step(third, "S3", "acknowledge", quantity=20, reason="One satellite is in eclipse"), 200)
    stage.at("02T09:10:00")
    good(stage.step(second, "S2", "refuse", reason="Our ground segment is lost"), 200)
    asked = good(stage.france.get("/v1/activations", agreement_id=stage.of["S4"].agreement_id), 200)["items"]
    assert [(each["state"], each["requested"]) for each in asked] == [("requested", 60)]
    stage.activations["S4"] = asked[0]["id"]


def they_ramp_up(stage: Stage, looks: tuple[str, ...]) -> None:
    """`looks`: when the loop of the jobs process runs."""
    stage.at("02T14:00:00")
    good(stage.step(stage.of["S1"].caller, "S1", "report", event="ramp", quantity=45), 200)
    stage.at("02T16:31:05")
    stage.pool.turn()
    good(stage.step(stage.of["S1"].caller, "S1", "report", event="reach"), 200)
    if "02T16:31:06" in looks:
        stage.at("02T16:31:06")
        stage.pool.turn()
        assert stage.seen(stage.of["S3"].caller, "S3")["state"] == "late"
    if stage.exercise_id is None:
        stage.at("02T16:40:00")
        early = stage.call_off(stage.france, "S3", 15)
        assert (early.status_code, early.json()["code"]) == (409, "capacity.exhausted"), "it is not there yet"
    stage.at("02T16:48:48")
    good(stage.step(stage.of["S3"].caller, "S3", "report", event="reach", quantity=20), 200)
    if "02T19:00:00" in looks:
        stage.at("02T19:00:00")
        stage.pool.turn()


def what_is_there_is_called_off(stage: Stage) -> None:
    stage.at("02T19:30:00")
    for supplier, quantity, price in (("S1", 90, "5400"), ("S3", 20, "1200")):
        placed = good(stage.call_off(stage.france, supplier, quantity))
        assert [(each["phase"], each["total_price"]) for each in placed["options"]] == [("crisis", price)]
        above = stage.call_off(stage.germany, supplier, 1)
        assert (above.status_code, above.json()["code"]) == (409, "capacity.exhausted")


def it_is_over(stage: Stage) -> None:
    stage.at("06T06:00:00")
    for supplier in ("S1", "S3"):
        if stage.exercise_id is None:
            bound = stage.pool.lead.post(f"/v1/agreements/{stage.of[supplier].agreement_id}/end", {"decided_by": FIRST})
            assert bound.status_code == 409, "what is activated binds"
        good(stage.step(stage.france, supplier, "stand-down", reason="Water is falling", decided_by=PURCHASER), 200)
    good(stage.step(stage.france, "S4", "withdraw", reason="Water is falling"), 200)


def rehearsed(real: Stage, later: timedelta) -> Stage:
    """The same parties with keys of an exercise that has just begun."""
    names = ("S1", "S2", "S3", "S4")
    taking = [real.france, *(real.of[name].caller for name in names)]
    real.hub.clock.advance(moment("02T08:00:00") + later - real.hub.clock.now())
    body = {
        "name": "Northern light",
        "pool_id": real.pool.pool_id,
        "opens_at": real.hub.clock.now().isoformat(),
        "closes_at": "2024-11-30T00:00:00Z",
        "participants": [each.organisation_id for each in taking],
        "scenario": scenario(),
        "decided_by": FIRST,
    }
    made = good(real.pool.lead.post("/v1/exercises", body))["id"]
    for each in taking:
        good(each.post(f"/v1/exercises/{made}/acceptance"), 200)
    good(real.pool.lead.post(f"/v1/exercises/{made}/start", {"decided_by": FIRST}), 200)
    pool = replace(real.pool, lead=key(real.pool.lead, made), second=key(real.pool.second, made))
    of = {name: replace(real.of[name], caller=key(real.of[name].caller, made)) for name in names}
    return replace(real, pool=pool, france=key(real.france, made), of=of, later=later, exercise_id=made, activations={})
