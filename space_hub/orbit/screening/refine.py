"""Candidates to encounters, by a rule that knows only the two element sets and absolute instants.

The *seat* of a fast encounter is the whole second at which the distance is less than one
second before and not more than one second after. From the seat follow the kind and all
figures:

* plain: a polynomial through five states around the seat (1 s apart, or 10 s where the
  encounter lasts longer); all such candidates are settled together, as arrays;
* edge: the window or the end of an object is near; the pair is traced on whole seconds;
* slow: below `slow_km_s` at the seat; the pair is traced on whole tens of seconds
  (`traces`), which can tell several minima of one interval.

At or above `slow_km_s` the distance has one minimum an interval: README, "One minimum".
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from space_hub.orbit.approach import MILLISECOND, Passage, Path, Span, relative_nodes, square
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.slabs import LAST_STATE
from space_hub.orbit.times import SECOND, Floats, Ticks

Indices = npt.NDArray[np.intp]

EdgeSighting = tuple[int, int, int, float]
"""Pair, an instant near the encounter, relative speed km/s (not a number when a state is missing there)."""

SLOW_KM_S = 0.1
LONGEST_HALF_S = 50.0
"""A plain encounter lasts at most twice this: nodes 10 s apart reach its ends."""

SHORT_HALF_S = 5.0
WIDE = 10 * SECOND
ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked: ticks from start to stop, the threshold, and when each object fails."""

    start: int
    stop: int
    threshold_km: float
    fails: Ticks

    @property
    def slow_km_s(self) -> float:
        return max(SLOW_KM_S, self.threshold_km / LONGEST_HALF_S)

    def last(self, a: Indices, b: Indices) -> Ticks:
        """The last tick at which both of each pair have a state."""
        return np.minimum(self.fails[a], self.fails[b]) - LAST_STATE

    def span(self, a: int, b: int) -> Span:
        last = int(min(self.fails[a], self.fails[b])) - LAST_STATE
        # Far enough beyond the window for any node, near enough for whole-second arithmetic.
        last = min(last, self.stop + 60 * SECOND)
        return Span(self.start, min(self.stop, last), last)


@dataclass(slots=True)
class Settled:
    """Candidates told apart: plain encounters as columns, and pairs to trace."""

    a: Indices
    b: Indices
    tca: Ticks
    miss_km: Floats
    speed_km_s: Floats
    entry: Ticks
    exit: Ticks
    edges: list[EdgeSighting] = field(default_factory=list)
    slow: list[tuple[int, int, int]] = field(default_factory=list)
    """Pair and an instant near the encounter."""

    def passages(self) -> list[tuple[int, int, Passage]]:
        """The plain encounters as records."""
        columns = (self.a, self.b, self.tca, self.miss_km, self.speed_km_s, self.entry, self.exit)
        return [
            (a, b, Passage(tca, miss, speed, entry, exit, False, False, False))
            for a, b, tca, miss, speed, entry, exit in zip(*(one.tolist() for one in columns), strict=True)
        ]


def settle(fleet: Fleet, window: Window, a: Indices, b: Indices, around: Ticks) -> Settled:
    """Settle candidates (P,): pairs of fleet indices and ticks near which their distance is least."""
    seat, nodes, sure = _seats(fleet, a, b, around)
    speed = 0.5 * np.sqrt(square(nodes[:, 3] - nodes[:, 1]))
    lost = ~np.isfinite(square(nodes).sum(axis=1))
    slow = ~lost & (~sure | (speed < window.slow_km_s))
    with np.errstate(divide="ignore"):
        half = window.threshold_km / speed
    spacing = np.where(half > SHORT_HALF_S, WIDE, SECOND)
    reach = np.where(
        lost | slow, 0, np.maximum(2 * spacing, np.ceil(1.25 * np.where(lost | slow, 0.0, half)) * SECOND) + 2 * SECOND
    ).astype(np.int64)
    stop = np.minimum(window.stop, window.last(a, b))
    edge = ~slow & (lost | (seat - reach < window.start) | (seat + reach > stop))
    plain = np.flatnonzero(~slow & ~edge)
    settled = _plain(fleet, window, a[plain], b[plain], seat[plain], spacing[plain], nodes[plain], speed[plain])
    settled.edges = [
        (int(a[n]), int(b[n]), int(around[n] if lost[n] else seat[n]), float(speed[n])) for n in np.flatnonzero(edge)
    ]
    settled.slow = [(int(a[n]), int(b[n]), int(around[n])) for n in np.flatnonzero(slow)]
    return settled


def _seats(fleet: Fleet, a: Indices, b: Indices, around: Ticks) -> tuple[Ticks, Floats, npt.NDArray[np.bool_]]:
    """Seats (P,), relative positions (P, 5, 3) from 2 s before to 2 s after them, and whether they are seats."""
    seat = np.round(around / SECOND).astype(np.int64) * SECOND
    one = np.full(len(seat), SECOND, dtype=np.int64)
    nodes = np.full((len(seat), 5, 3), np.nan)
    sure = np.zeros(len(seat), dtype=bool)
    open_ = np.arange(len(seat))
    for _ in range(ROUNDS):
        if not len(open_):
            break
        nodes[open_] = relative_nodes(fleet, a[open_], b[open_], seat[open_], one[open_])
        distance2 = square(nodes[open_])
        lost = ~np.isfinite(distance2.sum(axis=1))
        best = np.argmin(np.where(lost[:, None], 0.0, distance2), axis=1) - 2
        sure[open_] = best == 0
        # Far from the seat the distance is nearly that of a straight line: jump to its foot.
        rate = 0.5 * (nodes[open_, 3] - nodes[open_, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            foot = -(nodes[open_, 2] * rate).sum(axis=1) / square(rate)
        jump = np.where(np.abs(best) == 2, np.clip(np.round(np.nan_to_num(foot)), -60, 60), best).astype(np.int64)
        jump = np.where((np.abs(best) == 2) & (np.abs(jump) < 2), best, jump)
        moving = ~lost & (best != 0)
        seat[open_[moving]] += jump[moving] * SECOND
        open_ = open_[moving]
    return seat, nodes, sure


def _plain(
    fleet: Fleet, window: Window, a: Indices, b: Indices, seat: Ticks, spacing: Ticks, nodes: Floats, speed: Floats
) -> Settled:
    threshold = window.threshold_km
    wide = np.flatnonzero(spacing == WIDE)
    if len(wide):
        nodes = nodes.copy()
        nodes[wide] = relative_nodes(fleet, a[wide], b[wide], seat[wide], spacing[wide])
    path = Path.through(nodes)
    second = SECOND / spacing
    tau = path.lowest(-second, second)
    near = np.flatnonzero(square(path.position(tau)) <= (threshold + 1e-6) ** 2)
    a, b, seat, spacing, tau, speed = a[near], b[near], seat[near], spacing[near], tau[near], speed[near]
    path = Path.through(nodes[near])
    tca = seat + np.round(tau * spacing).astype(np.int64)
    gap = fleet.positions_of(b, tca[:, None])[:, 0] - fleet.positions_of(a, tca[:, None])[:, 0]
    miss = np.sqrt(square(gap))
    away = 1.25 * threshold / speed * SECOND / spacing
    entry = seat + np.ceil(path.crossing(tau, tau - away, threshold) * spacing / MILLISECOND).astype(np.int64) * (
        MILLISECOND
    )
    exit = seat + np.floor(path.crossing(tau, tau + away, threshold) * spacing / MILLISECOND).astype(np.int64) * (
        MILLISECOND
    )
    rate = np.sqrt(square(path.rate(tau))) * (SECOND / spacing)
    hit = np.flatnonzero(miss <= threshold)
    return Settled(
        a[hit], b[hit], tca[hit], miss[hit], rate[hit], np.minimum(entry, tca)[hit], np.maximum(exit, tca)[hit]
    )
