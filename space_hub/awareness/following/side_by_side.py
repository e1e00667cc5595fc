"""What several sources say of one encounter, and by how much they disagree. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from math import log10


@dataclass(frozen=True, slots=True)
class View:
    """What one source says: `line` is whose looks follow each other, `at` since when it is known."""

    line: str
    at: datetime
    tca: datetime
    miss_distance_m: float
    pc: float | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """`other` less `one`: seconds, metres, and powers of ten of the probability (None where it is not defined)."""

    one: str
    other: str
    tca_s: float
    miss_distance_m: float
    pc_decades: float | None


def newest(views: Iterable[View]) -> list[View]:
    """The newest view of each line, by line."""
    found: dict[str, View] = {}
    for one in sorted(views, key=lambda view: view.at):
        found[one.line] = one
    return [found[line] for line in sorted(found)]


def disagreements(views: Iterable[View]) -> list[Disagreement]:
    """Each two lines by their newest views. A probability of nought has no power of ten, and so no decades."""
    return [
        Disagreement(
            one.line,
            other.line,
            round((other.tca - one.tca).total_seconds(), 6),
            round(other.miss_distance_m - one.miss_distance_m, 3),
            round(log10(other.pc) - log10(one.pc), 3) if one.pc and other.pc else None,
        )
        for one, other in combinations(newest(views), 2)
    ]
