"""An activation and the clocks it is held against. Pure.

An activation calls up what an agreement promises for a graver phase. It is a list of
entries that only grows; its state, its parts and what was missed are read from them.
Two persons approve the same figure, with two keys and under two names. The supplier may
accept less than was approved, which is a refusal in part and has an entry of its own.

A clock is missed when its second has passed and what it asks for was not there; whatever
came in that very second was in time. The entry of a miss carries the second that was
missed and not the one in which somebody looked: `step` and `turn` write all misses that
lie before, so that looking often, seldom or never gives the same entries. What was missed
stays missed when the supplier catches up.

The clocks follow the Civil Reserve Air Fleet and the International Charter Space and
Major Disasters, as the steps in `states` do; partial activation the former's use in 2003, when
47 aircraft of 78 were called. Quantities are whole parts, as in the ledger of capacity.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from catalog.activation.states import FINAL, Event, Side, State, next_state
from catalog.capacity.rules import units
from space_hub.errors import Conflict, Forbidden, Invalid


@dataclass(frozen=True, slots=True)
class Ramp:
    """`share` of the accepted parts is there `after` the notice went out."""

    after: timedelta
    share: Fraction


@dataclass(frozen=True, slots=True)
class Promise:
    """What the terms of a phase say of time, all counted from the moment of notice.

    Without a ramp everything is there once `notice` is over; a ramp begins later than that and rises to the whole.
    """

    acknowledge: timedelta
    notice: timedelta
    ramp: tuple[Ramp, ...] = ()

    def __post_init__(self) -> None:
        steps = (Ramp(self.notice, Fraction(0)), *self.ramp)
        rises = all(a.after < b.after and a.share < b.share for a, b in pairwise(steps))
        whole = not self.ramp or self.ramp[-1].share == 1
        if not (rises and whole and timedelta(0) < self.acknowledge and timedelta(0) <= self.notice):
            ramp = ", ".join(f"{each.share} @ {each.after}" for each in self.ramp) or "-"
            raise Invalid(
                "activation.promise_wrong", acknowledge=str(self.acknowledge), notice=str(self.notice), ramp=ramp
            )


@dataclass(frozen=True, slots=True)
class Person:
    """Who acted: the key and the name under it. Two persons differ in both."""

    key_id: str
    name: str

    def is_other_than(self, first: "Person") -> bool:
        return self.key_id != first.key_id and _plain(self.name) != _plain(first.name)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants done; `parts` where the event says how much."""

    event: Event
    side: Side
    at: datetime
    person: Person
    parts: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history; with `clock` and `due_at` where it meets or misses one, and how `late` it was."""

    event: Event
    state: State
    at: datetime
    person: Person | None = None
    parts: int | None = None
    reason: str = ""
    clock: str | None = None
    due_at: datetime | None = None
    late: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """At `due_at` the supplier has acknowledged (`parts` is 0) or has this many parts there."""

    name: str
    due_at: datetime
    parts: int


ACKNOWLEDGE, START, FULL = "acknowledge", "start", "full"


def clocks(promise: Promise, notified_at: datetime, accepted: int) -> tuple[Clock, ...]:
    """Every clock that the notice starts, by its second. Shares of parts are rounded down."""
    found = [Clock(ACKNOWLEDGE, notified_at + promise.acknowledge, 0)]
    if promise.ramp:
        found.append(Clock(START, notified_at + promise.notice, 1))
        for number, ramp in enumerate(promise.ramp[:-1], 1):
            found.append(Clock(f"ramp.{number}", notified_at + ramp.after, int(accepted * ramp.share)))
    full_after = promise.ramp[-1].after if promise.ramp else promise.notice
    found.append(Clock(FULL, notified_at + full_after, accepted))
    return tuple(sorted(found, key=lambda clock: clock.due_at))


@dataclass(frozen=True, slots=True)
class Activation:
    """What was asked of one agreement, and all that followed."""

    promise: Promise
    requested: int
    entries: tuple[Entry, ...] = ()

    def __post_init__(self) -> None:
        if self.requested < 1:
            raise Invalid("activation.quantity_wrong", given=units(self.requested), least=units(1), most="-")

    @property
    def state(self) -> State:
        return self.entries[-1].state if self.entries else State.REQUESTED

    @property
    def approved(self) -> int | None:
        return self._parts(Event.APPROVE, State.NOTIFIED)

    @property
    def accepted(self) -> int | None:
        return self._parts(Event.ACKNOWLEDGE, State.ACKNOWLEDGED)

    @property
    def available(self) -> int:
        """Parts that are there now; none before they were reported and none after the end."""
        return 0 if not self.entries or self.state in FINAL else level(self.entries, self.entries[-1].at)

    @property
    def missed(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.event is Event.MISS)

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """None before the notice; by the accepted parts, and until there are any by the approved ones."""
        notified_at, approved = _notified_at(self.entries), self.approved
        if notified_at is None or approved is None:
            return ()
        return clocks(self.promise, notified_at, approved if self.accepted is None else self.accepted)

    def next_clock(self, now: datetime) -> Clock | None:
        """The clock at which somebody has to look again."""
        if self.state in FINAL:
            return None
        open_clocks = (
            clock
            for clock in self.clocks
            if clock.due_at >= now and not (clock.name == ACKNOWLEDGE and self.accepted is not None)
        )
        return next(open_clocks, None)

    def _parts(self, event: Event, state: State) -> int | None:
        return next((entry.parts for entry in self.entries if entry.event is event and entry.state is state), None)


@dataclass(frozen=True, slots=True)
class Miss:
    clock: str
    due_at: datetime
    parts: int


def missed(started: Sequence[Clock], entries: Sequence[Entry], now: datetime) -> tuple[Miss, ...]:
    """The clocks whose second lies before `now`, was not met, and has no entry yet.

    Nothing can be missed once the activation has ended.
    """
    written = {entry.clock for entry in entries if entry.event is Event.MISS}
    ended = next((entry.at for entry in entries if entry.state in FINAL), now)
    return tuple(
        Miss(clock.name, clock.due_at, clock.parts)
        for clock in started
        if clock.due_at < min(now, ended) and clock.name not in written and not _met(clock, entries)
    )


def _met(clock: Clock, entries: Sequence[Entry]) -> bool:
    if clock.name == ACKNOWLEDGE:
        return any(entry.event is Event.ACKNOWLEDGE and entry.at <= clock.due_at for entry in entries)
    return level(entries, clock.due_at) >= clock.parts


def level(entries: Sequence[Entry], at: datetime) -> int:
    """The parts last reported at or before `at`."""
    said = [entry.parts for entry in entries if entry.event in _REPORTS and entry.at <= at]
    return said[-1] or 0 if said else 0


_REPORTS = frozenset({Event.RAMP, Event.REACH, Event.FALL_SHORT})


def turn(activation: Activation, now: datetime) -> Activation:
    """`activation` with an entry for every clock missed before `now`."""
    late = tuple(
        Entry(Event.MISS, State.LATE, miss.due_at, parts=miss.parts, clock=miss.clock, due_at=miss.due_at)
        for miss in missed(activation.clocks, activation.entries, now)
    )
    return replace(activation, entries=activation.entries + late)


def step(activation: Activation, act: Act) -> Activation:
    """`activation` after `act`; what was missed before it is written first."""
    if act.event is Event.MISS:
        raise Forbidden("activation.step_of_other_side", event=Event(act.event), side=Side.CLOCK)
    activation = turn(activation, act.at)
    if activation.entries and act.at < activation.entries[-1].at:
        last = activation.entries[-1].at
        raise Invalid("activation.out_of_order", given=act.at.isoformat(), last=last.isoformat())
    after = next_state(activation.state, act.event, act.side)
    return replace(activation, entries=activation.entries + tuple(_entries(activation, act, after)))


def _entries(activation: Activation, act: Act, after: State) -> Iterator[Entry]:
    entry = Entry(act.event, after, act.at, act.person, reason=act.reason.strip())
    match act.event:
        case Event.APPROVE:
            yield replace(entry, parts=_approved(activation, act))
        case Event.REJECT | Event.REFUSE:
            yield _reasoned(entry)
        case Event.ACKNOWLEDGE:
            yield from _acknowledged(activation, act, entry)
        case Event.RAMP | Event.REACH | Event.FALL_SHORT:
            yield _reported(activation, act, entry)
        case _:
            yield entry


def _reasoned(entry: Entry) -> Entry:
    if not entry.reason:
        raise Invalid("activation.reason_missing", event=Event(entry.event))
    return entry


def _approved(activation: Activation, act: Act) -> int:
    parts = _between(act.parts, 1, activation.requested)
    if activation.state is State.HALF_APPROVED:
        first = activation.entries[-1]
        if first.person is None or not act.person.is_other_than(first.person):
            raise Forbidden("activation.second_person", name=act.person.name)
        if parts != first.parts:
            raise Conflict("activation.other_figure", given=units(parts), first=units(first.parts or 0))
    return parts


def _acknowledged(activation: Activation, act: Act, entry: Entry) -> Iterator[Entry]:
    approved = activation.approved or 0
    if activation.accepted is not None:
        raise Conflict("activation.already_acknowledged", accepted=units(activation.accepted))
    accepted = _between(act.parts, 1, approved)
    clock = next(clock for clock in activation.clocks if clock.name == ACKNOWLEDGE)
    yield replace(_against(entry, clock), parts=accepted)
    if accepted < approved:
        yield _reasoned(replace(entry, event=Event.REFUSE_PART, parts=approved - accepted))


def _reported(activation: Activation, act: Act, entry: Entry) -> Entry:
    if activation.accepted is None:
        raise Conflict("activation.acknowledge_first")
    if act.event is Event.REACH:
        whole = activation.accepted
        parts = whole if act.parts is None else _between(act.parts, whole, whole)
    else:
        parts = _between(act.parts, 0, activation.accepted - 1)
    met = [clock for clock in activation.clocks if clock.name != ACKNOWLEDGE and clock.parts <= parts]
    entry = replace(entry, parts=parts)
    return _against(entry, met[-1]) if met and act.event is not Event.FALL_SHORT else entry


def _against(entry: Entry, clock: Clock) -> Entry:
    return replace(entry, clock=clock.name, due_at=clock.due_at, late=max(entry.at - clock.due_at, timedelta(0)))


def _between(parts: int | None, least: int, most: int) -> int:
    if parts is None or not least <= parts <= most:
        given = "-" if parts is None else units(parts)
        raise Invalid("activation.quantity_wrong", given=given, least=units(least), most=units(most))
    return parts


def usable(activation: Activation, now: datetime, at: datetime) -> int:
    """The parts that may be ordered for `at`, as far as is known `now`.

    What is there, or what the clocks that are still to come bring by then; nothing before the supplier accepted.
    """
    if activation.accepted is None or activation.state in FINAL:
        return 0
    coming = [clock.parts for clock in activation.clocks if now <= clock.due_at <= at]
    return max([level(activation.entries, now), *coming])


@dataclass(frozen=True, slots=True)
class Reached:
    """So many parts were there so long after the notice, for the first time."""

    parts: int
    after: timedelta


def measured(entries: Sequence[Entry]) -> tuple[Reached, ...]:
    """How long after the notice each higher level was first there."""
    notified_at = _notified_at(entries)
    if notified_at is None:
        return ()
    found: list[Reached] = []
    for entry in entries:
        parts = (entry.parts or 0) if entry.event in _REPORTS else 0
        if parts > (found[-1].parts if found else 0):
            found.append(Reached(parts, entry.at - notified_at))
    return tuple(found)


def _notified_at(entries: Sequence[Entry]) -> datetime | None:
    return next((entry.at for entry in entries if entry.state is State.NOTIFIED), None)
