"""Where is the distance least, and how small is it there? Asked of the sgp4 package directly, by distance alone.

For many (pair, time) at once: the square of the distance at five instants a step apart, a polynomial of degree four
through them, its minimum; from there again. No velocity is used, and nothing of any contestant but where to begin.
One second is short against a revolution and long against the noise of SGP4: the minimum comes out to a microsecond.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sgp4.api import Satrec

from benchmarks.screening.direct import Places, relative
from benchmarks.screening.rows import SLOW_KM_S
from space_hub.orbit.times import SECOND, Floats, Ticks

NODES = np.arange(-2, 3)
STEP = SECOND
LONGEST = 64 * SECOND
ROUNDS = 40
SETTLED = 2
"""Ticks: a pair whose minimum moves less from one round to the next is done."""

_TO_POLYNOMIAL = np.linalg.inv(np.vander(NODES.astype(np.float64), 5, increasing=True))


@dataclass(frozen=True, slots=True)
class Refined:
    """The minimum near each beginning: tick, km, km/s from positions a second or so apart.

    `kind`: MINIMUM; SLOW where the pair moves at less than SLOW_KM_S (its distance is that at the beginning: a minimum
    to the microsecond has no meaning there); CUT where an object has no state beside the place it came to; NONE where
    the distance falls on and on.
    """

    tca: Ticks
    miss_km: Floats
    speed_km_s: Floats
    kind: npt.NDArray[np.uint8]


MINIMUM, SLOW, CUT, NONE = 0, 1, 2, 3


def refine(records: Sequence[Satrec], a: Places, b: Places, begin: Ticks) -> Refined:
    """Walk from each beginning down to the least distance."""
    tca, speed = begin.copy(), np.full(len(begin), np.nan)
    kind = np.full(len(begin), NONE, dtype=np.uint8)
    step = np.full(len(begin), STEP, dtype=np.int64)
    active = np.arange(len(begin))
    for _ in range(ROUNDS):
        if len(active) == 0:
            break
        width = step[active]
        at = tca[active, None] + NODES * width[:, None]
        one, other = (np.repeat(column[active], len(NODES)) for column in (a, b))
        gap = relative(records, one, other, at.ravel())[0].reshape(len(active), len(NODES), 3)
        square = np.einsum("pnx,pnx->pn", gap, gap)
        speed[active] = np.sqrt(((gap[:, 3] - gap[:, 1]) ** 2).sum(axis=1)) / (2.0 * width / SECOND)
        lost, slow = ~np.isfinite(square).all(axis=1), speed[active] < SLOW_KM_S
        move, ended = _lowest(np.where(lost[:, None], 0.0, square))
        shift = np.where(lost | slow, 0, np.round(move * width)).astype(np.int64)
        tca[active] += shift
        # At the last node nothing is known but the direction: longer steps until the distance grows again.
        step[active] = np.where(ended, np.minimum(width * 2, LONGEST), STEP)
        settled = ~ended & (np.abs(shift) <= SETTLED) & (width == STEP)
        kind[active] = np.select([lost, slow, settled], [CUT, SLOW, MINIMUM], NONE)
        active = active[~lost & ~slow & ~settled]
    gap = relative(records, a, b, tca)[0]
    return Refined(tca, np.sqrt((gap * gap).sum(axis=1)), speed, kind)


def _lowest(square: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The minimum of the polynomial through each five values, in steps from the middle; True where that is an end."""
    place = np.argmin(square, axis=1)
    c = square @ _TO_POLYNOMIAL.T
    x = NODES[place].astype(np.float64)
    low, high = np.maximum(x - 1.0, -2.0), np.minimum(x + 1.0, 2.0)
    for _ in range(12):
        slope = c[:, 1] + x * (2.0 * c[:, 2] + x * (3.0 * c[:, 3] + x * 4.0 * c[:, 4]))
        bend = 2.0 * c[:, 2] + x * (6.0 * c[:, 3] + x * 12.0 * c[:, 4])
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = np.where(bend > 0.0, x - slope / bend, np.where(slope > 0.0, low, high))
        x = np.clip(np.where(slope == 0.0, x, newton), low, high)
    return x, (x <= -2.0) | (x >= 2.0)
