"""What a supplier that does not exist does with an order, told by words in the offering's reference. Pure.

Words stand after plus signs and may be joined: `SAR-1+fails30+charges20+late`.

* `rejects`, `fails`, `expires`, `revokes`: the order ends that way;
* `holds`: it is accepted and never completed;
* `binds`: once accepted it can no longer be cancelled;
* `loses_answer`: the first placing is written down and its answer is lost;
* `silent`: the supplier cannot be reached;
* `late`: it delivers long after it said it would;
* `fails30`: of 100 orders 30 end badly, one way or another;
* `loses30`: of 100 first placings 30 answers are lost;
* `charges20`: cancelling what was accepted costs 20 % of the list price.

What befalls one order is drawn from the two references alone: the same order
has the same fate in every run, in every process, before and after a crash.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from hashlib import sha256

from space_hub.vocabulary.money import Money

UNIT_PRICE = Money(Decimal(100), "EUR")
"""The list price of one unit: what a share of it costs is stated in euro."""

_SHARE = re.compile(r"(fails|loses|charges)(100|[1-9]?[0-9])")


class Course(StrEnum):
    COMPLETES = "completes"
    REJECTS = "rejects"
    FAILS = "fails"
    EXPIRES = "expires"
    REVOKES = "revokes"
    HOLDS = "holds"


BAD = (Course.REJECTS, Course.FAILS, Course.EXPIRES, Course.REVOKES)


@dataclass(frozen=True, slots=True)
class Fate:
    """What befalls one order. `fee_share` is in percent of its list price, and is owed from acceptance on."""

    course: Course = Course.COMPLETES
    binds: bool = False
    loses_answer: bool = False
    late: bool = False
    fee_share: int = 0

    def fee(self, quantity: float) -> Money | None:
        """What cancelling costs; None: nothing."""
        if not self.fee_share:
            return None
        amount = UNIT_PRICE.amount * Decimal(str(quantity)) * self.fee_share / 100
        return Money(amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN), UNIT_PRICE.currency)


def words(offering_reference: str) -> list[str]:
    """The words of a reference; those that mean nothing here are part of the name."""
    return offering_reference.split("+")[1:]


def fate(offering_reference: str, our_reference: str) -> Fate:
    """What becomes of the order `our_reference`."""
    told = words(offering_reference)
    shares = {found[1]: int(found[2]) for found in map(_SHARE.fullmatch, told) if found is not None}
    named = [Course(word) for word in told if word in set(Course)]
    course = named[-1] if named else Course.COMPLETES
    if not named and _draw(offering_reference, our_reference, "fails", 100) < shares.get("fails", 0):
        course = BAD[_draw(offering_reference, our_reference, "ends", len(BAD))]
    loses = _draw(offering_reference, our_reference, "loses", 100) < shares.get("loses", 0)
    return Fate(course, "binds" in told, loses or "loses_answer" in told, "late" in told, shares.get("charges", 0))


def _draw(offering_reference: str, our_reference: str, what: str, most: int) -> int:
    """A number below `most`, as even as 64 bits of a digest are."""
    digest = sha256("\n".join((what, offering_reference, our_reference)).encode()).digest()
    return int.from_bytes(digest[:8]) % most
