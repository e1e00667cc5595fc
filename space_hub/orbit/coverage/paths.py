"""Paths of satellites over the turning earth: SGP4 at the nodes of a grid, a polynomial between them.

Each satellite has the longest step of 30 s x 2^j in which it turns by 0.14 rad at perigee at
most (120 s in a low orbit, half an hour in the geostationary one). A polynomial of degree seven
through eight nodes then errs by 1.07e-3 r 0.14^8 in the middle, 1 mm in a low orbit. What is
asked of SGP4 grows with satellites and days, not with places or with how finely windows end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from space_hub.orbit.coverage.earth import earth_fixed
from space_hub.orbit.coverage.sun import sunward
from space_hub.orbit.elements import MU_KM3_S2, ElementSet
from space_hub.orbit.kernels import deep_columns, deep_positions, deep_state, near_columns, near_march, records
from space_hub.orbit.kernels.rows import Records
from space_hub.orbit.times import SECOND, Floats, Indices, Ticks

NODES = 8
BEFORE = 3
"""Nodes before the cell in which a polynomial is used; four stand behind it."""

_TURN_RAD = 0.14
_SHORTEST_S, _DOUBLINGS = 30, 6
_TOGETHER = 128
"""Satellites flown at a time: a block of vector lanes. It bounds the memory."""

_PLACES = np.arange(NODES) - BEFORE
_DENOMINATORS = np.array(
    [np.prod([one - other for other in range(NODES) if other != one]) for one in range(NODES)], dtype=np.float64
)


@dataclass(frozen=True, slots=True)
class Paths:
    """Some satellites with one step: `satellites` (N,) are their places among all that were given.

    Node j of `nodes` (N, J, 3) km and of `sun` (J, 3), Earth-fixed, stands at `first + (j - BEFORE) * step`
    ticks; cell c lies between nodes c + BEFORE and c + BEFORE + 1. NaN where SGP4 has no state.
    """

    satellites: Indices
    first: int
    step: int
    nodes: Floats
    sun: Floats

    @property
    def cells(self) -> int:
        return int(self.nodes.shape[1]) - NODES + 1

    def at(self, rows: Indices, cells: Indices, x: Floats, motion: bool, sun: bool) -> tuple[Floats, Floats, Floats]:
        """Satellite `rows[k]` a share `x[k]` (0 to 1) into cell `cells[k]`: position, velocity, sun; (K, 3) each.

        Velocity and sun are UNASKED without `motion` and `sun`: they are half of the time.
        """
        held = cells[:, None] + np.arange(NODES)
        nodes = self.nodes[rows[:, None], held]
        value = weights(x)
        return (
            np.einsum("kn,knx->kx", value, nodes),
            np.einsum("kn,knx->kx", slopes(x), nodes) * (SECOND / self.step) if motion else UNASKED,
            np.einsum("kn,knx->kx", value, self.sun[held]) if sun else UNASKED,
        )


UNASKED = np.full(3, np.nan)
"""In place of what was not asked for: whoever reads it all the same finds nothing that holds."""


def weights(x: Floats) -> Floats:
    """Lagrange's weights (K, NODES) of the nodes at -BEFORE ... NODES - 1 - BEFORE for x (K,)."""
    apart = x[:, None] - _PLACES
    before, behind = np.ones_like(apart), np.ones_like(apart)
    for n in range(1, NODES):
        np.multiply(before[:, n - 1], apart[:, n - 1], out=before[:, n])
        m = NODES - 1 - n
        np.multiply(behind[:, m + 1], apart[:, m + 1], out=behind[:, m])
    return np.asarray(before * behind / _DENOMINATORS)


def slopes(x: Floats) -> Floats:
    """The derivatives of `weights` by x."""
    apart = x[:, None] - _PLACES
    before, behind = np.ones_like(apart), np.ones_like(apart)
    d_before, d_behind = np.zeros_like(apart), np.zeros_like(apart)
    for n in range(1, NODES):
        before[:, n] = before[:, n - 1] * apart[:, n - 1]
        d_before[:, n] = d_before[:, n - 1] * apart[:, n - 1] + before[:, n - 1]
        m = NODES - 1 - n
        behind[:, m] = behind[:, m + 1] * apart[:, m + 1]
        d_behind[:, m] = d_behind[:, m + 1] * apart[:, m + 1] + behind[:, m + 1]
    return np.asarray((d_before * behind + before * d_behind) / _DENOMINATORS)


def step_of(elements: ElementSet) -> int:
    """Ticks between the nodes of this satellite."""
    perigee = elements.semi_major_axis_km * (1.0 - elements.eccentricity)
    fastest = sqrt(MU_KM3_S2 * (1.0 + elements.eccentricity) / perigee**3)
    doublings = next((j for j in range(_DOUBLINGS, 0, -1) if fastest * (_SHORTEST_S << j) <= _TURN_RAD), 0)
    return (_SHORTEST_S << doublings) * SECOND


def flown(elements: Sequence[ElementSet], start: int, stop: int) -> Iterator[Paths]:
    """Paths of all satellites over ticks `start` to `stop`, a handful of satellites at a time."""
    made = records(elements)
    steps = np.array([step_of(one) for one in elements], dtype=np.int64)
    for step in np.unique(steps).tolist():
        cells = -(-(stop - start) // step)
        at = start + step * np.arange(-BEFORE, cells + NODES - BEFORE, dtype=np.int64)
        sun = sunward(at)
        for deep in (False, True):
            some = np.flatnonzero((steps == step) & ((made.deep >= 0) == deep))
            for begin in range(0, len(some), _TOGETHER):
                part = some[begin : begin + _TOGETHER]
                yield Paths(part, start, step, earth_fixed(_states(made, part, at, deep), at), sun)


def _states(made: Records, some: Indices, at: Ticks, deep: bool) -> Floats:
    """TEME (N, T, 3) km of near or deep objects; NaN where SGP4 fails."""
    out, codes = np.empty((len(at), 3, len(some))), np.empty((len(at), len(some)), dtype=np.uint8)
    if deep:
        columns = deep_columns(made, some)
        state = deep_state(columns)
        for n, tick in enumerate(at.tolist()):
            deep_positions(columns, state, tick, out[n], codes[n])
    else:
        near_march(near_columns(made, some), at, out, codes)
    return np.ascontiguousarray(out.transpose(2, 0, 1))
