"""Random sequences on the ledger, and what the pure rules say must come of each step.

A sequence places, holds, confirms, cancels, lets holds pass, pre-empts and replans in one alliance, through the
services that anyone uses. The model knows nothing of tables: it holds values and asks `catalog.capacity.{rules,
preemption,replanning}`. After every step the answer, every bucket and every reservation are compared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

from catalog.capacity.held import Held
from catalog.capacity.preemption import preempt
from catalog.capacity.replanning import replan
from catalog.capacity.rules import PARTS, Ask, Bucket, Refusal, Span, release, reserve, slot_at, start_of, with_ceiling
from jobs.proofs.alliance import CRISIS_LEVEL, FLOOR, PEACE_LEVEL
from space_hub.rng import Scope

CAPACITY, QUOTA, CENTS = 100 * PARTS, 600 * PARTS, 30_000_00
UNIT_CENTS = {PEACE_LEVEL: 12_50, CRISIS_LEVEL: 20_00}
DAYS = 2
HOLD = timedelta(minutes=10)


@dataclass(frozen=True)
class Kept:
    """One call-off as the model sees it: what it asked of each resource, and until when if it is a hold."""

    id: str
    nation: str
    asks: dict[str, Ask]
    level: int
    at: datetime
    until: datetime | None = None
    going: bool = False
    """Its supplier has it in hand: it cannot be cancelled any more by another's need."""


@dataclass
class Model:
    """Resources by name: the slots', the civil share, each nation's quota, the money."""

    clock: Callable[[], datetime]
    buckets: dict[str, dict[int, Bucket]] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)
    crisis: frozenset[str] = frozenset()
    limits: dict[int, int] = field(default_factory=dict)
    fell: list[frozenset[str]] = field(default_factory=list)

    def level(self, nation: str) -> int:
        return CRISIS_LEVEL if nation in self.crisis else PEACE_LEVEL

    def ceiling(self, resource: str, slot: int) -> int:
        most = {"slots": CAPACITY, "civil": int(CAPACITY * FLOOR), "money": CENTS}.get(resource, QUOTA)
        return min(most, self.limits.get(slot, most)) if resource == "slots" else most

    def asks(self, nation: str, ask: Ask, *, civil: bool) -> dict[str, Ask]:
        """In the order of the resources' names in the ledger."""
        days = len(ask.slots)
        found = {"slots": ask} | ({"civil": ask} if civil else {})
        cents = Decimal(UNIT_CENTS[self.level(nation)] * ask.parts * days) / PARTS
        money = Ask(0, 0, int(cents.quantize(Decimal(1), ROUND_HALF_EVEN)))
        return found | {"money": money, f"quota/{nation}": Ask(0, 0, ask.parts * days)}

    def place(self, id: str, nation: str, ask: Ask, *, civil: bool, until: datetime | None) -> str:
        """`granted`, or the resource that refuses."""
        asks = self.asks(nation, ask, civil=civil)
        while (refused := self._refusing(asks)) is not None:
            if not self._expire_of(refused):
                return refused
        self._take(Kept(id, nation, asks, self.level(nation), self.clock(), until))
        return "granted"

    def pre_empt(self, id: str, nation: str, ask: Ask) -> str:
        if nation not in self.crisis:
            return "not_allowed"
        found, refused = self._try_pre_empt(id, nation, ask)
        while found is None and refused != "not_enough" and self._expire_of(refused):
            found, refused = self._try_pre_empt(id, nation, ask)
        if found is not None:
            self.buckets, self.kept, self.fell = found.buckets, found.kept, found.fell
        return refused

    def _try_pre_empt(self, id: str, nation: str, ask: Ask) -> "tuple[Model | None, str]":
        """On a copy, which stands only if all of it is granted: one transaction."""
        then = replace(self, buckets=dict(self.buckets), kept=dict(self.kept), fell=list(self.fell))
        then.sweep()
        held = [then._held(each) for each in then.kept.values() if _meets(each.asks["slots"], ask)]
        reach = range(
            min([ask.first, *(each.ask.first for each in held)]), max([ask.last, *(each.ask.last for each in held)]) + 1
        )
        state = {slot: then._bucket("slots", slot) for slot in reach}
        decided = preempt(state, ask, then.level(nation), held)
        if isinstance(decided, Refusal):
            return None, "not_enough"
        for victim in decided.victims:
            then._end(victim.id)
        if decided.victims:
            then.fell.append(frozenset(each.id for each in decided.victims))
        asks = then.asks(nation, ask, civil=False)
        refused = then._refusing(asks)
        if refused is not None:
            return None, refused
        then._take(Kept(id, nation, asks, then.level(nation), then.clock()))
        return then, "granted"

    def confirm(self, id: str) -> str:
        each = self.kept.get(id)
        if each is None or each.until is None or each.until <= self.clock():
            return "expired"
        if start_of(Span.DAY, each.asks["slots"].first) < self.clock():
            return "late"
        self.kept[id] = replace(each, until=None)
        return "granted"

    def cancel(self, id: str) -> None:
        """What its supplier has in hand goes on until the supplier says that it does not."""
        if not self.kept[id].going:
            self._end(id)

    def go(self, id: str) -> None:
        self.kept[id] = replace(self.kept[id], going=True)

    def sweep(self) -> None:
        for each in self._over():
            self._end(each.id)

    def replan(self, first: int, last: int, left: int | None) -> None:
        self.sweep()
        for slot in range(first, last + 1):
            self.limits.pop(slot, None)
        if left is None:
            return
        within = Ask(first, last, 1)
        held = [self._held(each) for each in self.kept.values() if _meets(each.asks["slots"], within)]
        here = [replace(h, ask=Ask(max(h.ask.first, first), min(h.ask.last, last), h.ask.parts)) for h in held]
        for each in replan(dict.fromkeys(within.slots, left), here).dropped:
            self._end(each.id)
        self.limits |= dict.fromkeys(within.slots, left)

    def committed(self) -> dict[str, dict[int, int]]:
        return {
            name: {slot: each.committed for slot, each in slots.items() if each.committed}
            for name, slots in self.buckets.items()
            if any(each.committed for each in slots.values())
        }

    def _bucket(self, resource: str, slot: int) -> Bucket:
        return with_ceiling(self.buckets.get(resource, {}).get(slot, Bucket(0)), self.ceiling(resource, slot))

    def _refusing(self, asks: dict[str, Ask]) -> str | None:
        for resource, ask in asks.items():
            state = {slot: self._bucket(resource, slot) for slot in ask.slots}
            if isinstance(reserve(state, ask), Refusal):
                return resource
        return None

    def _take(self, kept: Kept) -> None:
        for resource, ask in kept.asks.items():
            granted = reserve({slot: self._bucket(resource, slot) for slot in ask.slots}, ask)
            if isinstance(granted, Refusal):
                raise AssertionError(f"{resource} was free a moment ago")
            self.buckets[resource] = self.buckets.get(resource, {}) | dict(granted.state)
        self.kept[kept.id] = kept

    def _end(self, id: str) -> None:
        for resource, ask in self.kept.pop(id).asks.items():
            span = Span.DAY if resource in ("slots", "civil") else Span.WHOLE
            self.buckets[resource] = release(self.buckets[resource], ask, slot_at(span, self.clock()))

    def _expire_of(self, resource: str) -> bool:
        """What a refusal by a resource clears away before the next try."""
        over = [each.id for each in self._over() if resource in each.asks]
        for each in over:
            self._end(each)
        return bool(over)

    def _over(self) -> list[Kept]:
        return [each for each in self.kept.values() if each.until and each.until <= self.clock()]

    def _held(self, each: Kept) -> Held:
        quota = self._bucket(f"quota/{each.nation}", 0)
        return Held(
            id=each.id,
            ask=each.asks["slots"],
            level=each.level,
            preemptible=True,
            protected="civil" in each.asks,
            quota_share=Fraction(quota.committed, quota.capacity),
            at=each.at,
            begun=start_of(Span.DAY, each.asks["slots"].first) <= self.clock(),
            cancellable=not each.going,
        )


def _meets(one: Ask, other: Ask) -> bool:
    return one.first <= other.last and other.first <= one.last


def drawn(chance: Scope, known: Sequence[str], *, kind: str | None = None) -> tuple[str, dict[str, Any]]:
    """The next step of a sequence: what is done, and with what; nothing for a step that needs what is not there."""

    def one(among: Sequence[Any]) -> Any:
        return among[int(chance.uniform() * len(among))]

    kind = kind or one(_KINDS)
    first = 1 + int(chance.uniform() * DAYS)
    match kind:
        case "place" | "hold" | "pre_empt":
            taking = kind == "pre_empt"
            return kind, {
                "nation": one(("DE", "DE", "DE", "DE", "FR") if taking else ("FR", "PL", "DE")),
                "parts": one((30, 50, 70, 85) if taking else (10, 25, 40, 60, 75)) * PARTS - one((0, 0, 1)),
                "first": first,
                "days": one((1, 1, 2)),
                "civil": chance.uniform() < 0.1,
            }
        case "wait":
            return kind, {"by": one((timedelta(minutes=5), HOLD, timedelta(hours=20)))}
        case "replan":
            return kind, {"first": first, "days": 2, "left": one((None, 0, 30 * PARTS, 60 * PARTS))}
        case "crisis":
            return kind, {"nations": one((["DE"], ["DE", "PL"]))}
        case "sweep":
            return kind, {}
        case _:
            return (kind, {"id": one(known)}) if known else ("sweep", {})


_OFTEN = {
    "place": 40,
    "hold": 12,
    "confirm": 8,
    "cancel": 10,
    "wait": 9,
    "sweep": 3,
    "pre_empt": 20,
    "replan": 5,
    "crisis": 4,
    "going": 3,
}
_KINDS = tuple(kind for kind, often in _OFTEN.items() for _ in range(often))
