"""States of objects at instants of their own: near-earth objects as vector instructions.

What the refinement spends its time on: five states around an instant for each of many pairs
(`fill`), and one object at many instants in a row (`track`). A block of `kernels.columns` holds as many of
them as fit; an object and an instant make the bits, not the company in the
block: every lane runs the same instructions, and the one choice that a block makes
together (how long to go on with Kepler's equation) is settled beforehand, by letting in
nearly circular orbits only, as they are at that instant. All others are asked one by one.
Both agree to 1e-9 km.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels.columns import BLOCK, DEEP_ROWS, EPOCH, NEAR_ROWS, Columns
from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.kernels.near import near_positions
from space_hub.orbit.kernels.rows import Records
from space_hub.orbit.kernels.scalar import position_at
from space_hub.orbit.screening.found import Indices
from space_hub.orbit.times import SECOND, Floats, Ticks

NODES = 5
PAIRS = BLOCK // (2 * NODES)
"""Pairs in a batch."""

CIRCULAR = 0.04
"""Eccentricity up to which two steps of Kepler's equation are enough for 1e-15 rad, with a fifth to spare."""

SHRUNK = 0.1
"""By how much drag may have changed the root of the axis for an object to go into a block."""


SHORT_HALF_S = 5.0
WIDE = 10 * SECOND
"""Nodes are a second apart, and this far for encounters that last longer than twice SHORT_HALF_S."""


class Batch(NamedTuple):
    """Room for PAIRS pairs: separation and place of a at the nodes, (PAIRS, 5, 3) km; NaN without a state."""

    gaps: Floats
    places: Floats
    block: Columns
    out: Floats
    codes: npt.NDArray[np.uint8]


@kernel
def batch() -> Batch:
    """An empty batch."""
    gaps, places = np.empty((PAIRS, NODES, 3)), np.empty((PAIRS, NODES, 3))
    block = Columns(np.empty((1, NEAR_ROWS * BLOCK)), np.empty((0, DEEP_ROWS * BLOCK)), BLOCK)
    return Batch(gaps, places, block, np.empty((3, BLOCK)), np.empty(BLOCK, dtype=np.uint8))


@part
def spacing_for(half_s: float) -> int:
    """Spacing of the nodes, ticks, for half the length of an encounter."""
    return WIDE if half_s > SHORT_HALF_S else SECOND


@kernel
def fill(
    records: Records, a: Indices, b: Indices, middle: Ticks, rows: Indices, count: int, spacing: int, room: Batch
) -> None:
    """The nodes of the first `count` of `rows`: pairs a[row], b[row] around the tick middle[row]."""
    block, out, lane = room.block.near[0], room.out, 0
    for n in range(2 * count):
        row = rows[n >> 1]
        one = b[row] if n & 1 else a[row]
        if _circular(records, one, middle[row]):
            _lay(records, one, middle[row], spacing, block, lane)
            lane += NODES
    if lane:
        # What fills the block up must be as good as the rest.
        for coefficient in range(NEAR_ROWS):
            for other in range(lane, BLOCK):
                block[coefficient * BLOCK + other] = block[coefficient * BLOCK]
        near_positions(room.block, 0, out, room.codes)
    lane = 0
    for n in range(2 * count):
        row, gaps, places = rows[n >> 1], room.gaps[n >> 1], room.places[n >> 1]
        one, into = (b[row], gaps) if n & 1 else (a[row], places)
        laid = _circular(records, one, middle[row])
        for node in range(NODES):
            if laid:
                into[node, 0], into[node, 1], into[node, 2] = (
                    out[0, lane + node],
                    out[1, lane + node],
                    out[2, lane + node],
                )
            else:
                _code, x, y, z = position_at(records, one, middle[row] + (node - 2) * spacing)
                into[node, 0], into[node, 1], into[node, 2] = x, y, z
        if laid:
            lane += NODES
        if n & 1:
            for node in range(NODES):
                for axis in range(3):
                    gaps[node, axis] -= places[node, axis]


@kernel
def track(records: Records, k: int, first: int, spacing: int, out: Floats) -> None:
    """Positions (n, 3) of one object at the multiples of a spacing from `first` on; NaN without a state."""
    block = Columns(np.empty((1, NEAR_ROWS * BLOCK)), np.empty((0, DEEP_ROWS * BLOCK)), BLOCK)
    row, places, codes = block.near[0], np.empty((3, BLOCK)), np.empty(BLOCK, dtype=np.uint8)
    laid = np.empty(BLOCK, dtype=np.bool_)
    for start in range(0, len(out), BLOCK):
        several, good = min(BLOCK, len(out) - start), -1
        for lane in range(several):
            laid[lane] = _circular(records, k, (first + start + lane) * spacing)
            good = lane if laid[lane] else good
        if good >= 0:
            for coefficient in range(c.NEAR_WIDTH):
                for lane in range(BLOCK):
                    row[coefficient * BLOCK + lane] = records.near_rows[k, coefficient]
            for lane in range(BLOCK):
                place = lane if lane < several and laid[lane] else good
                row[EPOCH * BLOCK + lane] = records.epoch[k] - (first + start + place) * spacing
            near_positions(block, 0, places, codes)
        for lane in range(several):
            if laid[lane]:
                out[start + lane, 0] = places[0, lane]
                out[start + lane, 1] = places[1, lane]
                out[start + lane, 2] = places[2, lane]
            else:
                _code, x, y, z = position_at(records, k, (first + start + lane) * spacing)
                out[start + lane, 0], out[start + lane, 1], out[start + lane, 2] = x, y, z


@part
def _circular(records: Records, k: int, tick: int) -> bool:
    """Whether the object may go into a block at this tick."""
    if records.deep[k] >= 0:
        return False
    row = records.near_rows[k]
    t = (tick - records.epoch[k]) / c.TICKS_A_MINUTE
    e = abs(row[c.E]) + abs(row[c.E_T] * t) + 2.0 * abs(row[c.E_SINE])
    shrunk = t * (row[c.AXIS_T] + t * (row[c.AXIS_T2] + t * (row[c.AXIS_T3] + t * row[c.AXIS_T4])))
    return bool(e < CIRCULAR and abs(shrunk) < SHRUNK and row[c.MOTION] > 0.0)


@part
def _lay(records: Records, k: int, tick: int, spacing: int, block: Floats, lane: int) -> None:
    """Put an object into a block at its five instants, told to the block as five epochs."""
    for coefficient in range(c.NEAR_WIDTH):
        value = records.near_rows[k, coefficient]
        for node in range(NODES):
            block[coefficient * BLOCK + lane + node] = value
    for node in range(NODES):
        block[EPOCH * BLOCK + lane + node] = records.epoch[k] - (tick + (node - 2) * spacing)
