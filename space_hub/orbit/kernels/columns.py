"""Records turned on their side: blocks of objects in which every coefficient is a run of numbers.

What the vector loops read. A block holds BLOCK objects, coefficient by coefficient, so that it
streams through the cache as one piece; the last one is filled up with copies. A block goes on
with Kepler's equation until its slowest object is done: `split` puts like beside like.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels import constants as c

if TYPE_CHECKING:
    from space_hub.orbit.kernels.rows import Records

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

BLOCK = 128

# Rows of a block after those of a near row.
EPOCH = c.NEAR_WIDTH
NEAR_ROWS = c.NEAR_WIDTH + 1

# Rows of a block after those of a deep row: sun and moon at tick 0, and what a resonance takes into the anomaly.
SIN_SUN, COS_SUN, SIN_MOON, COS_MOON, OF_NODE, OF_PERIGEE = range(c.DEEP_WIDTH, c.DEEP_WIDTH + 6)
DEEP_ROWS = c.DEEP_WIDTH + 6

# Rows of the integrator's state: its last step, and the derivatives there.
AT, LONGITUDE, MOTION, FIRST, SECOND, DRIFT = range(6)
STATE_ROWS = 6


class Columns(NamedTuple):
    """Some objects of a Records, all near or all deep; the n-th asked for is lane n of the blocks taken one by one.

    near (blocks, NEAR_ROWS x BLOCK); deep (blocks, DEEP_ROWS x BLOCK), no blocks for near objects;
    size: objects without those that fill up.
    """

    near: Floats
    deep: Floats
    size: int


def split(records: "Records", indices: Indices) -> tuple[Indices, Indices]:
    """Near and deep objects among `indices`, each in the order that suits the vector loops best."""
    indices = np.asarray(indices, dtype=np.int64)
    deep = records.deep[indices] >= 0
    e = records.near_rows[indices, c.E]
    # A quarter of a radian: what may come under Lyddane's limit stands apart from what never does.
    low = deep & (records.near_rows[indices, c.INCLINATION] < 1.25 * c.LOW_INCLINATION)
    order = np.lexsort((indices, e, low))
    return indices[order[~deep[order]]], indices[order[deep[order]]]


def near_columns(records: "Records", indices: Indices) -> Columns:
    """Columns of near-earth objects, in the order of `indices`."""
    indices = _checked(records, indices, deep=False)
    return Columns(_near_blocks(records, indices), np.empty((0, DEEP_ROWS * BLOCK)), len(indices))


def deep_columns(records: "Records", indices: Indices) -> Columns:
    """Columns of deep-space objects, in the order of `indices`."""
    indices = _checked(records, indices, deep=True)
    filled = _filled(indices)
    rows = np.zeros((len(filled), DEEP_ROWS))
    given = records.deep_rows[records.deep[filled]]
    rows[:, : c.DEEP_WIDTH] = given
    minutes = records.epoch[filled] / c.TICKS_A_MINUTE
    for sine, anomaly, motion in (
        (SIN_SUN, c.SUN_ANOMALY, c.SUN_MOTION),
        (SIN_MOON, c.MOON_ANOMALY, c.MOON_MOTION),
    ):
        angle = given[:, anomaly] - motion * minutes
        rows[:, sine], rows[:, sine + 1] = np.sin(angle), np.cos(angle)
    # What fills up the last block has no resonance, so that no integrator has to follow it.
    mine = np.arange(len(filled)) < len(indices)
    rows[:, OF_NODE] = np.where(mine, given[:, c.RESONANCE], 0.0)
    rows[:, OF_PERIGEE] = mine & (given[:, c.RESONANCE] == c.DAILY)
    return Columns(_near_blocks(records, indices), _blocks(rows), len(indices))


def deep_state(columns: Columns) -> Floats:
    """A fresh state of the integrator for `deep_positions`; one for each thread that runs."""
    state = np.zeros((len(columns.deep), STATE_ROWS * BLOCK))
    # No instant is near this one: the first call begins at the epochs.
    state[:, AT * BLOCK : (AT + 1) * BLOCK] = np.inf
    return state


def _near_blocks(records: "Records", indices: Indices) -> Floats:
    filled = _filled(indices)
    rows = np.empty((len(filled), NEAR_ROWS))
    rows[:, : c.NEAR_WIDTH] = records.near_rows[filled]
    rows[:, EPOCH] = records.epoch[filled]
    return _blocks(rows)


def _filled(indices: Indices) -> Indices:
    """With copies up to whole blocks."""
    return np.resize(indices, -(-len(indices) // BLOCK) * BLOCK)


def _blocks(rows: Floats) -> Floats:
    """(blocks x BLOCK, rows) to (blocks, rows x BLOCK)."""
    lanes, width = rows.shape
    turned = rows.reshape(lanes // BLOCK, BLOCK, width).transpose(0, 2, 1)
    return np.ascontiguousarray(turned).reshape(lanes // BLOCK, width * BLOCK)


def _checked(records: "Records", indices: Indices, *, deep: bool) -> Indices:
    indices = np.ascontiguousarray(indices, dtype=np.int64)
    if ((records.deep[indices] >= 0) != deep).any():
        raise ValueError("near and deep objects need columns of their own: see split")
    return indices
