"""What of a promise is missing in which slots, while several things threaten what it rests on. Pure.

Every commitment bears the loss in proportion: with half of an offering gone, half of each promise on it is missing,
whatever else the supplier has promised or to whom. Others' promises are therefore not needed, and cannot be read off.
The assets of an offering carry equal shares of it, since nobody says which satellite serves whom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil

from catalog.risk.availability import CERTAIN, AssetState, Availability, Probability, at_risk, availability, either


@dataclass(frozen=True, slots=True)
class Piece:
    """So many parts of each slot from `first` to `last`."""

    first: int
    last: int
    parts: int


@dataclass(frozen=True, slots=True)
class Danger:
    """An open risk, in slots; `last` None has no end that is known, `asset` None concerns the whole.

    `left` is what a cut-off leaves of the agreement, and None for everything else.
    """

    id: str
    first: int
    last: int | None
    asset: str | None = None
    loss: Fraction = Fraction(1)
    probability: Probability = CERTAIN
    left: Fraction | None = None

    @property
    def certain(self) -> bool:
        return self.probability.value == 1 and not self.probability.is_bound

    def meets(self, first: int, last: int) -> bool:
        return self.first <= last and (self.last is None or first <= self.last)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """In each slot from `first` to `last`; with `is_bound` no more than `expected` is missing in expectation."""

    first: int
    last: int
    committed: int
    expected: int
    worst: int
    is_bound: bool
    causes: tuple[str, ...]


def shortfalls(pieces: Sequence[Piece], assets: Sequence[str], dangers: Sequence[Danger]) -> tuple[Shortfall, ...]:
    """What may be missing of `pieces`, which rest on `assets` together; neighbours alike in every figure are one."""
    dangers = [danger for danger in dangers if danger.asset is None or danger.asset in assets]
    edges = sorted(
        {edge for piece in pieces for edge in (piece.first, piece.last + 1)}
        | {danger.first for danger in dangers}
        | {danger.last + 1 for danger in dangers if danger.last is not None}
    )
    stretches = [(first, after - 1) for first, after in pairwise(edges)]
    committed = {
        index: sum(piece.parts for piece in pieces if piece.first <= first <= piece.last)
        for index, (first, _) in enumerate(stretches)
    }
    wanted = {index: parts for index, parts in committed.items() if parts}
    left = {index: _left(assets, [danger for danger in dangers if danger.meets(*stretches[index])]) for index in wanted}
    found = []
    for line in at_risk(wanted, wanted, left):
        first, last = stretches[line.first][0], stretches[line.last][1]
        causes = tuple(sorted(danger.id for danger in dangers if danger.meets(first, last)))
        found.append(
            Shortfall(
                *(first, last, line.committed), ceil(line.expected_short), line.worst_short, line.is_bound, causes
            )
        )
    return tuple(found)


def _left(assets: Sequence[str], dangers: Sequence[Danger]) -> Availability:
    carriers = list(assets) or [""]
    states = []
    for asset in carriers:
        mine = [danger for danger in dangers if danger.left is None and danger.asset in (None, asset)]
        states.append(
            AssetState(
                share=Fraction(1, len(carriers)),
                lost=min(Fraction(1), sum((danger.loss for danger in mine if danger.certain), Fraction())),
                threat=either(danger.probability for danger in mine if not danger.certain),
            )
        )
    found = availability(states)
    least = min([Fraction(1), *(danger.left for danger in dangers if danger.left is not None)])
    return Availability(min(found.expected, least), min(found.worst, least), found.is_bound)
