"""A drill played through: who is called, what the clocks say, how much is there when. Pure.

So much is wanted of a phase. The agreements are called in their rank until the wanted is
covered; whatever a supplier refuses, whole or in part, is called at that second from the
next agreement in rank, each agreement once. Two persons approve every call. Suppliers
behave as the scenario says: within its bounds the draws decide, one stream for each
agreement, so that what one supplier does shifts no draw of another. Every step goes
through `catalog.activation.rules`: a drill cannot be kinder than the real thing.

Not here: orders, capacity already sold, and suppliers that fall short once they are there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush

from catalog.activation.readiness import Outcome, outcome
from catalog.activation.rules import FULL, Act, Activation, Person, Promise, clocks, level, step
from catalog.activation.states import FINAL, Event, Side, State
from space_hub.errors import Invalid

Draw = Callable[[], float]
"""The next number of a stream, from 0 up to and without 1."""


SLOWEST = 1000.0
"""The largest pace: a supplier that takes longer does not come at all within any drill."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a supplier acts: how likely it refuses all, and between which bounds the rest is drawn.

    `accepts` is the share of what is asked. `pace` stretches every time of the ramp: 1 is punctual, 2 takes twice
    as long. A notice that does not arrive is never answered.
    """

    refuses: float = 0.0
    unreached: float = 0.0
    answers: tuple[timedelta, timedelta] = (timedelta(0), timedelta(0))
    accepts: tuple[float, float] = (1.0, 1.0)
    pace: tuple[float, float] = (1.0, 1.0)

    def __post_init__(self) -> None:
        chances = all(0 <= each <= 1 for each in (self.refuses, self.unreached, *self.accepts))
        times = timedelta(0) <= self.answers[0] <= self.answers[1]
        shares = self.accepts[0] <= self.accepts[1] and 0 <= self.pace[0] <= self.pace[1] <= SLOWEST
        if not (chances and times and shares):
            low, high = self.answers
            given = (
                f"refuses {self.refuses}, unreached {self.unreached}, answers {low} - {high}, "
                f"accepts {self.accepts[0]} - {self.accepts[1]}, pace {self.pace[0]} - {self.pace[1]}"
            )
            raise Invalid("exercise.behaviour_wrong", given=given, slowest=SLOWEST)


PUNCTUAL = Behaviour()


@dataclass(frozen=True, slots=True)
class Agreement:
    """What stands when the drill begins: the parts and times that the terms of the phase promise."""

    parts: int
    promise: Promise


@dataclass(frozen=True, slots=True)
class Scenario:
    """So many parts are wanted from `begins_at`; everybody is stood down at `ends_at`.

    `approvals` is how long after a call its first and its second person approve.
    """

    wanted: int
    rank: tuple[str, ...]
    begins_at: datetime
    ends_at: datetime
    persons: tuple[Person, Person]
    asker: Person
    approvals: tuple[timedelta, timedelta]
    behaviour: Mapping[str, Behaviour]


@dataclass(frozen=True, slots=True)
class Played:
    called_at: datetime
    activation: Activation
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Level:
    """From `at` on so many parts are there, of all suppliers together."""

    at: datetime
    parts: int


@dataclass(frozen=True, slots=True)
class Report:
    """What happened to each agreement called, how much was there when, and what nobody was left to cover."""

    played: Mapping[str, Played]
    levels: tuple[Level, ...]
    uncovered: int
    reached_at: datetime | None
    """When all that was wanted was there for the first time."""


def play(scenario: Scenario, state: Mapping[str, Agreement], draws: Mapping[str, Draw]) -> Report:
    """The drill from its first call until everybody has been stood down; equal draws give an equal report."""
    unknown = sorted({*scenario.rank, *scenario.behaviour} - state.keys() | set(scenario.rank) - draws.keys())
    if unknown or len(set(scenario.rank)) < len(scenario.rank):
        raise Invalid("exercise.agreements_wrong", given=", ".join(scenario.rank), unknown=", ".join(unknown) or "-")
    if scenario.ends_at <= scenario.begins_at:
        begins, ends = scenario.begins_at.isoformat(), scenario.ends_at.isoformat()
        raise Invalid("exercise.period_wrong", begins=begins, ends=ends)
    waiting = list(reversed(scenario.rank))
    played: dict[str, Played] = {}
    gaps = [(scenario.begins_at, 0, scenario.wanted)]
    uncovered = 0
    while gaps:
        at, _, missing = heappop(gaps)
        while missing and waiting:
            name = waiting.pop()
            parts = min(missing, state[name].parts)
            missing -= parts
            behaviour = scenario.behaviour.get(name, PUNCTUAL)
            played[name], gap = _call(scenario, state[name].promise, behaviour, draws[name], at, parts)
            if gap:
                heappush(gaps, (gap.at, len(played), gap.parts))
        uncovered += missing
    levels = tuple(_levels([each.activation for each in played.values()]))
    reached = next((each.at for each in levels if each.parts >= scenario.wanted), None)
    return Report(played, levels, uncovered, reached)


def _call(
    scenario: Scenario, promise: Promise, behaviour: Behaviour, draw: Draw, at: datetime, parts: int
) -> tuple[Played, Level | None]:
    """One agreement called at `at`, with the parts that it refused and when."""
    unreached, refuses, answer, accept, pace = (draw() for _ in range(5))
    arrives = unreached >= behaviour.unreached
    activation = Activation(promise, parts)
    acts = [
        Act(Event.APPROVE, Side.AUTHORITY, at + after, person, parts)
        for person, after in zip(scenario.persons, sorted(scenario.approvals), strict=True)
    ]
    notified_at = acts[-1].at
    supplier = Person("supplier", "supplier")
    if arrives:
        answered_at = notified_at + _between(behaviour.answers, answer)
        if refuses < behaviour.refuses:
            acts.append(Act(Event.REFUSE, Side.SUPPLIER, answered_at, supplier, reason="drawn"))
        else:
            low, high = behaviour.accepts
            accepted = max(1, int(parts * (low + (high - low) * accept)))
            acts.append(Act(Event.ACKNOWLEDGE, Side.SUPPLIER, answered_at, supplier, accepted, "drawn"))
            stretch = behaviour.pace[0] + (behaviour.pace[1] - behaviour.pace[0]) * pace
            acts.extend(_ramped(promise, notified_at, answered_at, accepted, stretch, supplier))
    for act in acts:
        if act.at < scenario.ends_at:
            activation = step(activation, act)
    before_end = activation
    event = Event.STAND_DOWN if activation.approved is not None else Event.WITHDRAW
    if activation.state is not State.REFUSED:
        activation = step(activation, Act(event, Side.BUYER, scenario.ends_at, scenario.asker))
    found = Played(at, activation, outcome(activation, scenario.ends_at, notice_arrived=arrives))
    return found, _refused(before_end, parts)


def _between(bounds: tuple[timedelta, timedelta], draw: float) -> timedelta:
    """Whole seconds, as a desk's log has them."""
    low, high = bounds
    return low + timedelta(seconds=int((high - low).total_seconds() * draw))


def _ramped(
    promise: Promise, notified_at: datetime, answered_at: datetime, accepted: int, stretch: float, supplier: Person
) -> Iterator[Act]:
    for clock in clocks(promise, notified_at, accepted):
        taken = int((clock.due_at - notified_at).total_seconds() * stretch)
        at = max(answered_at, notified_at + timedelta(seconds=taken))
        if clock.name == FULL:
            yield Act(Event.REACH, Side.SUPPLIER, at, supplier)
        elif 0 < clock.parts < accepted:
            yield Act(Event.RAMP, Side.SUPPLIER, at, supplier, clock.parts)


def _refused(activation: Activation, parts: int) -> Level | None:
    for entry in activation.entries:
        if entry.event is Event.REFUSE:
            return Level(entry.at, parts)
        if entry.event is Event.REFUSE_PART:
            return Level(entry.at, entry.parts or 0)
    return None


def _levels(activations: list[Activation]) -> Iterator[Level]:
    """The sum over all, at each second at which it changes."""
    changes: dict[datetime, int] = {}
    for activation in activations:
        before = 0
        for entry in activation.entries:
            after = 0 if entry.state in FINAL else level(activation.entries, entry.at)
            changes[entry.at] = changes.get(entry.at, 0) + after - before
            before = after
    total = 0
    for at, change in sorted(changes.items()):
        total += change
        if change:
            yield Level(at, total)
