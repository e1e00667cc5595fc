"""Near-earth SGP4 for many objects at one instant, as vector instructions.

Vallado et al. 2006; to 1e-9 km of `scalar`, which stays the word that decides. An object that
fails has its code and NaN. For positions alone the velocity is not computed.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels import flight as f
from space_hub.orbit.kernels.columns import BLOCK, EPOCH
from space_hub.orbit.kernels.jit import kernel, steady
from space_hub.orbit.kernels.trig import sine_cosine

if TYPE_CHECKING:
    from space_hub.orbit.kernels.columns import Columns

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
Ticks = npt.NDArray[np.int64]


@steady
def _mean(row: Floats, tick: float, s: Floats) -> None:
    """Secular motion and drag, long-period terms: the first half of a near-earth state.

    Where SGP4 leaves higher drag terms out, their coefficients are 0 and the sums the same.
    """
    for i in range(BLOCK):
        # Both below 2^53: the difference is exact.
        t = (tick - row[EPOCH * BLOCK + i]) / c.TICKS_A_MINUTE
        t2 = t * t
        drifted = row[c.ANOMALY * BLOCK + i] + row[c.ANOMALY_DOT * BLOCK + i] * t
        _s, cosine = sine_cosine(drifted)
        cube = 1.0 + row[c.ETA * BLOCK + i] * cosine
        shift = row[c.PERIGEE_T * BLOCK + i] * t + row[c.CUBE * BLOCK + i] * (
            cube * cube * cube - row[c.CUBE_0 * BLOCK + i]
        )
        anomaly = drifted + shift
        perigee = row[c.PERIGEE * BLOCK + i] + row[c.PERIGEE_DOT * BLOCK + i] * t - shift
        node = row[c.NODE * BLOCK + i] + row[c.NODE_DOT * BLOCK + i] * t + row[c.NODE_T2 * BLOCK + i] * t2
        shrink = 1.0 - t * (
            row[c.AXIS_T * BLOCK + i]
            + t * (row[c.AXIS_T2 * BLOCK + i] + t * (row[c.AXIS_T3 * BLOCK + i] + t * row[c.AXIS_T4 * BLOCK + i]))
        )
        sine, _c = sine_cosine(anomaly)
        e = row[c.E * BLOCK + i] - (
            row[c.E_T * BLOCK + i] * t + row[c.E_SINE * BLOCK + i] * (sine - row[c.SIN_ANOMALY * BLOCK + i])
        )
        ahead = t2 * (
            row[c.LONGITUDE_T2 * BLOCK + i]
            + t
            * (
                row[c.LONGITUDE_T3 * BLOCK + i]
                + t * (row[c.LONGITUDE_T4 * BLOCK + i] + t * row[c.LONGITUDE_T5 * BLOCK + i])
            )
        )
        code = 1.0 if e >= 1.0 or e < -0.001 else 0.0
        e = 1.0e-6 if e < 1.0e-6 else e
        axis = row[c.AXIS * BLOCK + i] * shrink * shrink
        scale = 1.0 / (axis * (1.0 - e * e))
        sw, cw = sine_cosine(perigee)
        ax = e * cw
        s[f.AXIS + i], s[f.AX + i], s[f.AY + i] = axis, ax, e * sw + scale * row[c.LONG_Y * BLOCK + i]
        u = anomaly + perigee + row[c.MOTION * BLOCK + i] * ahead + scale * row[c.LONG_L * BLOCK + i] * ax
        s[f.U + i] = u
        near = abs(drifted) + abs(anomaly) + abs(perigee) + abs(node) + abs(u) < f.FAR
        s[f.CODE + i] = code if near else f.UNSURE
        s[f.NODE + i], s[f.SIN_I + i], s[f.COS_I + i] = node, row[c.SIN_I * BLOCK + i], row[c.COS_I * BLOCK + i]


@kernel
def near_states(columns: "Columns", tick: int, out: Floats, codes: Codes) -> None:
    """At a tick: `out` (3, n) positions km, or (6, n) with velocities km/s, in TEME; `codes` (n,)."""
    s, none = np.empty(f.SCRATCH), np.empty(0)
    for block in range(len(columns.near)):
        row, first = columns.near[block], block * BLOCK
        _mean(row, float(tick), s)
        f.last_half(row, none, none, first, min(BLOCK, columns.size - first), tick, s, out, codes)


near_positions = near_states
"""The name for calls with room for positions; one kernel, compiled once."""


@kernel
def near_march(columns: "Columns", ticks: Ticks, out: Floats, codes: Codes) -> None:
    """At several ticks (T,): `out` (T, 3, n) positions km and `codes` (T, n), the same numbers as one by one.

    A block's coefficients are fetched once for all ticks: from memory, that is what takes the time.
    """
    s, none = np.empty(f.SCRATCH), np.empty(0)
    for block in range(len(columns.near)):
        row, first = columns.near[block], block * BLOCK
        count = min(BLOCK, columns.size - first)
        for n in range(len(ticks)):
            _mean(row, float(ticks[n]), s)
            f.last_half(row, none, none, first, count, ticks[n], s, out[n], codes[n])
