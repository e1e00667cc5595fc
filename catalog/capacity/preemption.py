"""Who falls when a more important need does not find room: whole call-offs, by the written order. Pure.

A call-off may fall only if its terms allow it, it is less important than the asker (strictly:
equals never take from one another), is no protected civil or humanitarian use, has not begun and
can still be cancelled at its supplier. `catalog.capacity.held.precedence` says in which order.

Pass 1 takes call-offs in that order, each that holds some of a slot that is still short, until
every slot fits. Pass 2 goes back from the most important one taken and spares each that the
others make needless. What remains is least: without any one of the victims the ask fails.
Nothing falls for an ask that cannot be met.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.capacity.held import Held, precedence
from catalog.capacity.rules import Ask, Bucket, Refusal, State
from space_hub.text import Word


class Verdict(Word, of="preemption_verdict"):
    """What became of one call-off, and why; kept with the decision."""

    FALLS = "falls"
    GIVEN_BACK = "given_back"
    """Taken in pass 1, not needed after all."""
    NOT_REACHED = "not_reached"
    """It could have fallen; others before it were enough, or it holds nothing of what is short."""
    PROTECTED = "protected"
    NOT_PREEMPTIBLE = "not_preemptible"
    AS_IMPORTANT = "as_important"
    BEGUN = "begun"
    NOT_CANCELLABLE = "not_cancellable"


@dataclass(frozen=True, slots=True)
class Judged:
    held: Held
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Preemption:
    """The ask is granted: who falls for it (nobody, if there was room), the state after, and how each was judged."""

    victims: tuple[Held, ...]
    state: State
    judged: tuple[Judged, ...]


def preempt(state: State, ask: Ask, level: int, held: Iterable[Held]) -> Preemption | Refusal:
    """Room for `ask` of importance `level` in `state`, in which everything `held` is committed."""
    ordered = precedence(held)
    verdicts = {each.id: bar(each, level) for each in ordered}
    missing = {slot: ask.parts - state.get(slot, Bucket(0)).left for slot in ask.slots}
    taken = []
    for each in ordered:
        overlap = _overlap(each.ask, ask)
        if verdicts[each.id] is None and any(missing[slot] > 0 for slot in overlap):
            taken.append(each)
            for slot in overlap:
                missing[slot] -= each.ask.parts
    for slot, parts in missing.items():
        if parts > 0:
            return Refusal(slot, ask.parts, ask.parts - parts)

    victims = []
    for each in reversed(taken):
        overlap = _overlap(each.ask, ask)
        if all(missing[slot] + each.ask.parts <= 0 for slot in overlap):
            verdicts[each.id] = Verdict.GIVEN_BACK
            for slot in overlap:
                missing[slot] += each.ask.parts
        else:
            verdicts[each.id] = Verdict.FALLS
            victims.append(each)
    victims.reverse()
    judged = tuple(Judged(each, verdicts[each.id] or Verdict.NOT_REACHED) for each in ordered)
    return Preemption(tuple(victims), _after(state, ask, victims), judged)


def bar(held: Held, level: int) -> Verdict | None:
    """What keeps `held` from falling for an asker of importance `level`; None if nothing does."""
    bars = (
        (held.protected, Verdict.PROTECTED),
        (not held.preemptible, Verdict.NOT_PREEMPTIBLE),
        (held.level <= level, Verdict.AS_IMPORTANT),
        (held.begun, Verdict.BEGUN),
        (not held.cancellable, Verdict.NOT_CANCELLABLE),
    )
    return next((verdict for holds, verdict in bars if holds), None)


def _overlap(one: Ask, other: Ask) -> range:
    return range(max(one.first, other.first), min(one.last, other.last) + 1)


def _after(state: State, ask: Ask, victims: Iterable[Held]) -> State:
    """All slots of every victim are free again, those outside the ask too; the ask is committed."""
    after = dict(state)
    for victim in victims:
        for slot in victim.ask.slots:
            after[slot] = Bucket(after[slot].capacity, after[slot].committed - victim.ask.parts)
    for slot in ask.slots:
        after[slot] = Bucket(after[slot].capacity, after[slot].committed + ask.parts)
    return after
