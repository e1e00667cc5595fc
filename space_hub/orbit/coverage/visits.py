"""What windows amount to at a place: visits, the gaps between them, how much of the time is covered.

A *visit* is a union of windows; those less than `apart_s` from each other are one, because
satellites that fly together make one look, not several. Revisit is the time without access
between two visits: 0 gaps stand for permanence, and GEO needs no case of its own. The time
before the first visit and after the last is no gap, for nobody knows how long it was; it
counts towards the worst, which is then a lower bound (`worst_is_open`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from space_hub.orbit.coverage.access import Accesses
from space_hub.orbit.times import SECOND, Floats, Ticks


@dataclass(frozen=True, slots=True)
class Revisit:
    """At one place. Seconds; mean, p95 and error are None without a gap that has both ends.

    `error_s` is the standard error of the mean, from the spread of the gaps as if they were independent.
    """

    visits: int
    gaps: int
    mean_s: float | None
    p95_s: float | None
    error_s: float | None
    worst_s: float
    worst_is_open: bool
    covered: float
    """Share of the time with access, 0 to 1."""


@dataclass(frozen=True, slots=True)
class AreaRevisit:
    """Over M places: the mean of their means, the mean of their p95, the worst place; `unseen` places have no visit.

    The means are None as soon as one place has none of its own, for a mean over the others would flatter.
    """

    places: int
    unseen: int
    fewest_gaps: int
    mean_s: float | None
    p95_s: float | None
    error_s: float | None
    worst_s: float
    worst_is_open: bool
    least_covered: float


def union(begin: Ticks, end: Ticks, apart: int = 0) -> tuple[Ticks, Ticks]:
    """Intervals (K,) as disjoint ones in order; those not more than `apart` ticks from each other become one."""
    if not len(begin):
        return begin, end
    order = np.argsort(begin, kind="stable")
    begin, until = begin[order], np.maximum.accumulate(end[order])
    fresh = np.append(True, begin[1:] > until[:-1] + apart)
    return begin[fresh], until[np.append(fresh[1:], True)]


def revisit(found: Accesses, place: int, apart_s: float = 0.0) -> Revisit:
    """What the windows of all satellites amount to at one place."""
    one = found.of_place(place)
    span = (found.stop - found.start) / SECOND
    exact_begin, exact_end = union(one.begin, one.end)
    covered = float((exact_end - exact_begin).sum()) / SECOND / span
    begin, end = union(one.begin, one.end, round(apart_s * SECOND))
    if not len(begin):
        return Revisit(0, 0, None, None, None, span, True, 0.0)
    gaps = (begin[1:] - end[:-1]) / SECOND
    edges = max(begin[0] - found.start, found.stop - end[-1]) / SECOND
    worst = float(max(gaps.max(initial=0.0), edges))
    open_ = bool(edges > gaps.max(initial=0.0))
    if not len(gaps):
        permanent = edges == 0.0
        figure = 0.0 if permanent else None
        return Revisit(len(begin), 0, figure, figure, figure, worst, open_, covered)
    error = float(gaps.std(ddof=1)) / sqrt(len(gaps)) if len(gaps) > 1 else None
    return Revisit(
        len(begin), len(gaps), float(gaps.mean()), float(np.percentile(gaps, 95.0)), error, worst, open_, covered
    )


def over_area(places: Sequence[Revisit]) -> AreaRevisit:
    """Several places taken together. The error is that of a typical place: neighbours see the same passes."""
    worst = max(places, key=lambda one: one.worst_s)
    return AreaRevisit(
        places=len(places),
        unseen=sum(one.visits == 0 for one in places),
        fewest_gaps=min(one.gaps for one in places),
        mean_s=_mean([one.mean_s for one in places]),
        p95_s=_mean([one.p95_s for one in places]),
        error_s=_mean([one.error_s for one in places]),
        worst_s=worst.worst_s,
        worst_is_open=worst.worst_is_open,
        least_covered=min(one.covered for one in places),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known: Floats = np.array([one for one in values if one is not None])
    return float(known.mean()) if len(known) == len(values) else None
