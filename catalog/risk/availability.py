"""What would be missing if threats came true. Pure.

A conjunction without covariance has no probability, but it has a largest one: for an
isotropic error in the plane of the encounter the probability that two objects with the
combined radius r and the predicted miss d touch is greatest at a standard deviation of
d / sqrt(2), where it is close to r^2 / (e d^2) (Alfano 2005, "Relating position uncertainty
to maximum conjunction probability", for the idea; the circle is small against the miss).
That value is exceeded, by two parts in a million at r/d = 0.1 and by nearly a third near r = d, so
d^2 - r^2 stands in its place, which was above the exact maximum at every one of 300 ratios.
Whatever is made of it is labelled a bound, and a computed probability takes its place by
the same field.

Not here: errors that are longer in one direction, and causes that two assets share.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, e, isfinite, prod

from catalog.capacity.rules import units
from space_hub.errors import Invalid


@dataclass(frozen=True, slots=True)
class Probability:
    """How likely; with `is_bound` it is no more than that."""

    value: float
    is_bound: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 1:
            raise Invalid("commitment.probability_wrong", given=self.value)


NONE = Probability(0.0)
CERTAIN = Probability(1.0)
UNKNOWN = Probability(1.0, is_bound=True)
"""Nobody said how likely: no more than certain."""


def probability_bound(miss_m: float, radius_m: float) -> Probability:
    """The largest probability that two objects touch, whatever the isotropic error is; certain within the radius."""
    if not (isfinite(miss_m) and isfinite(radius_m) and miss_m >= 0 and radius_m > 0):
        raise Invalid("commitment.encounter_wrong", miss_m=miss_m, radius_m=radius_m)
    if miss_m <= radius_m:
        return Probability(1.0, is_bound=True)
    # The product keeps its digits where the difference of the squares would lose them.
    power = (miss_m - radius_m) * (miss_m + radius_m)
    return Probability(min(1.0, radius_m**2 / (e * power)), is_bound=True)


def either(probabilities: Iterable[Probability]) -> Probability:
    """That at least one of several independent threats comes true."""
    known = tuple(probabilities)
    value = 1 - prod(1 - each.value for each in known)
    return Probability(min(1.0, max(0.0, value)), any(each.is_bound for each in known))


@dataclass(frozen=True, slots=True)
class AssetState:
    """One asset under an offering: the share of capacity it carries, the part of it that is already lost, and how
    likely the rest is lost as well."""

    share: Fraction
    lost: Fraction = Fraction(0)
    threat: Probability = NONE


@dataclass(frozen=True, slots=True)
class Availability:
    """The share of capacity that is there in expectation, and with every open risk come true.

    With `is_bound` the expectation is at least `expected`, because a probability in it was at most what it said.
    """

    expected: Fraction
    worst: Fraction
    is_bound: bool = False


WHOLE = Availability(Fraction(1), Fraction(1))


def availability(assets: Sequence[AssetState]) -> Availability:
    """What is left of an offering. Assets fail independently; a share that no asset carries is not threatened."""
    carried = sum((asset.share for asset in assets), Fraction())
    if carried > 1 or any(asset.share < 0 or not 0 <= asset.lost <= 1 for asset in assets):
        given = ", ".join(f"{asset.share} ({asset.lost})" for asset in assets)
        raise Invalid("commitment.shares_wrong", given=given)
    expected = worst = Fraction(1)
    for asset in assets:
        left = asset.share * (1 - asset.lost)
        expected -= asset.share - left + left * Fraction(asset.threat.value)
        worst -= asset.share - (0 if asset.threat.value else left)
    return Availability(expected, worst, any(asset.threat.is_bound for asset in assets))


@dataclass(frozen=True, slots=True)
class AtRisk:
    """In each slot from `first` to `last`: what is committed, and what of it would be missing."""

    first: int
    last: int
    committed: int
    expected_short: Fraction
    """Missing at the expected availability. What is missing in expectation may be more, since plenty in one
    outcome does not make up for want in another."""
    worst_short: int
    is_bound: bool


def at_risk(
    commitments: Mapping[int, int], capacity: Mapping[int, int], available: Mapping[int, Availability]
) -> tuple[AtRisk, ...]:
    """The slots in which something may be missing; neighbours alike in everything are one line.

    A slot that `available` does not name is not threatened.
    """
    found: list[AtRisk] = []
    for slot, committed in sorted(commitments.items()):
        if slot not in capacity:
            raise Invalid("commitment.slot_unknown", slot=slot, committed=units(committed))
        state = available.get(slot, WHOLE)
        expected_short = max(Fraction(0), committed - capacity[slot] * state.expected)
        worst_short = max(0, ceil(committed - capacity[slot] * state.worst))
        if not worst_short:
            continue
        line = AtRisk(slot, slot, committed, expected_short, worst_short, state.is_bound)
        before = found[-1] if found else None
        if before and before == AtRisk(before.first, slot - 1, *_what(line)):
            found[-1] = AtRisk(before.first, slot, *_what(line))
        else:
            found.append(line)
    return tuple(found)


def _what(line: AtRisk) -> tuple[int, Fraction, int, bool]:
    return line.committed, line.expected_short, line.worst_short, line.is_bound
