"""What holds capacity, slot by slot, and the written order in which it gives way. Pure.

`precedence` is the one order of the house. Whoever stands first in it falls first when a
more important need may take what others hold (`catalog.capacity.preemption`), and is
seated last when there is less to hand out than was promised
(`catalog.capacity.replanning`):

1. the least important level, as allocation and retention priority in mobile
   networks orders its bearers (3GPP TS 23.203: 1 is served first, 15 last);
2. among equals, whoever has used the larger share of its quota;
3. then what was promised latest;
4. then the identifier, so that every machine comes to the same answer.

Who asks is not in it: no nation outranks another.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from catalog.capacity.rules import Ask
from catalog.promise.access import FIRST_PRIORITY, LAST_PRIORITY

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """One call-off that holds capacity, with all that decides whether and when it gives way.

    `protected` is civil or humanitarian use within its floor, `begun` what is already being
    used, `cancellable` false once its supplier can no longer stop it. `quota_share` is how much
    of its quota the holder has used.
    """

    id: str
    ask: Ask
    level: int
    preemptible: bool
    protected: bool
    quota_share: Fraction
    at: datetime
    begun: bool
    cancellable: bool

    def __post_init__(self) -> None:
        if not FIRST_PRIORITY <= self.level <= LAST_PRIORITY:
            raise ValueError(f"{self.id} has level {self.level}; {FIRST_PRIORITY} to {LAST_PRIORITY} exist")


def precedence(held: Iterable[Held]) -> list[Held]:
    """`held` in the written order: the first gives way first."""
    ordered = sorted(held, key=_place)
    twice = [name for name, count in Counter(each.id for each in ordered).items() if count > 1]
    if twice:
        raise ValueError(f"given twice: {', '.join(twice)}")
    return ordered


def _place(each: Held) -> tuple[int, Fraction, timedelta, str]:
    return -each.level, -each.quota_share, _EPOCH - each.at, each.id
