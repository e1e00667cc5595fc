"""Who keeps what was promised once there is less of it: an outage, a loss, a cut-off. Pure.

Protected civil and humanitarian use is seated first, then everyone in the opposite of the order
in which call-offs give way (`catalog.capacity.held.precedence`): the most important first. Each is
seated whole or not at all, and one that does not fit does not keep a smaller one after it from
fitting. So nobody who is dropped could have been seated beside all those before it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalog.capacity.held import Held, precedence
from catalog.capacity.rules import Bucket, State


@dataclass(frozen=True, slots=True)
class Replan:
    """Who is seated and who is not, each in the order of seating, and the state with those seated."""

    kept: tuple[Held, ...]
    dropped: tuple[Held, ...]
    state: State


def replan(capacities: Mapping[int, int], held: Iterable[Held]) -> Replan:
    """Seat `held` anew in `capacities`, which names every slot that is left."""
    left = dict(capacities)
    kept, dropped = [], []
    for each in seating(held):
        parts, slots = each.ask.parts, each.ask.slots
        if all(left.get(slot, 0) >= parts for slot in slots):
            kept.append(each)
            for slot in slots:
                left[slot] -= parts
        else:
            dropped.append(each)
    state = {slot: Bucket(capacity, capacity - left[slot]) for slot, capacity in capacities.items()}
    return Replan(tuple(kept), tuple(dropped), state)


def seating(held: Iterable[Held]) -> list[Held]:
    """`held` in the order of seating."""
    last_to_give_way_first = precedence(held)[::-1]
    return sorted(last_to_give_way_first, key=lambda each: not each.protected)
