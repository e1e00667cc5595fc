"""Deep-space SDP4 for many objects at one instant, as vector instructions.

Vallado et al. 2006; to 1e-7 km of `scalar`, which stays the word that decides. The
resonance integrator walks in strict arithmetic, object by object, and only when an instant
leaves its last step of 720 minutes; its steps are those from the epoch whatever was asked
before. Sun and moon are turned to the instant once for all objects.
"""

from math import cos, sin
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels import columns as at
from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels import flight as f
from space_hub.orbit.kernels.columns import BLOCK
from space_hub.orbit.kernels.jit import kernel, part, piece, steady
from space_hub.orbit.kernels.resonance import advanced, rates
from space_hub.orbit.kernels.trig import arc_tangent, sine_cosine, small_turn, whole_turns_off

if TYPE_CHECKING:
    from space_hub.orbit.kernels.columns import Columns

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
Three = tuple[float, float, float]

# Rows of the scratch for the first half: elements, and the periodics still to be put in.
E, INCLINATION, PERIGEE, ANOMALY, D_L, D_GH, D_H, D_I = range(f.OWN, f.OWN + 8 * BLOCK, BLOCK)

_PI = 0.5 * c.TWO_PI


@piece
def _within(t: float, last: float) -> bool:
    """Whether `t` can be reached from the integrator's step at `last`, without another and without going back."""
    return abs(t - last) < c.STEP and abs(t) >= abs(last) and t * last >= 0.0


@steady
def _behind(row: Floats, deep: Floats, state: Floats, tick: float) -> bool:
    """Whether an object with a resonance has left its integrator's step, or gone back beyond it."""
    behind = 0
    for i in range(BLOCK):
        t = (tick - row[at.EPOCH * BLOCK + i]) / c.TICKS_A_MINUTE
        good = _within(t, state[at.AT * BLOCK + i])
        behind += 0 if good or deep[at.OF_NODE * BLOCK + i] == 0.0 else 1
    return behind > 0


@part
def _catch_up(row: Floats, deep: Floats, state: Floats, tick: float) -> None:
    """The integrator of each object of a block to its last step before a tick, and the derivatives there."""
    near_row, deep_row = np.empty(c.NEAR_WIDTH), np.empty(c.DEEP_WIDTH)
    for i in range(BLOCK):
        t = (tick - row[at.EPOCH * BLOCK + i]) / c.TICKS_A_MINUTE
        if deep[at.OF_NODE * BLOCK + i] == 0.0 or _within(t, state[at.AT * BLOCK + i]):
            continue
        for n in range(c.NEAR_WIDTH):
            near_row[n] = row[n * BLOCK + i]
        for n in range(c.DEEP_WIDTH):
            deep_row[n] = deep[n * BLOCK + i]
        last, longitude, motion = advanced(
            near_row,
            deep_row,
            t,
            state[at.AT * BLOCK + i],
            state[at.LONGITUDE * BLOCK + i],
            state[at.MOTION * BLOCK + i],
        )
        first, second, drift = rates(near_row, deep_row, last, longitude, motion)
        state[at.AT * BLOCK + i], state[at.LONGITUDE * BLOCK + i], state[at.MOTION * BLOCK + i] = (
            last,
            longitude,
            motion,
        )
        state[at.FIRST * BLOCK + i], state[at.SECOND * BLOCK + i], state[at.DRIFT * BLOCK + i] = first, second, drift


@steady
def _secular(row: Floats, deep: Floats, state: Floats, tick: float, s: Floats) -> None:
    """Secular motion, drag and resonance; angles as sums, without whole turns taken off."""
    for i in range(BLOCK):
        t = (tick - row[at.EPOCH * BLOCK + i]) / c.TICKS_A_MINUTE
        t2 = t * t
        full = row[c.MOTION * BLOCK + i]
        perigee = row[c.PERIGEE * BLOCK + i] + row[c.PERIGEE_DOT * BLOCK + i] * t
        perigee = perigee + deep[c.DEEP_PERIGEE_DOT * BLOCK + i] * t
        node = row[c.NODE * BLOCK + i] + row[c.NODE_DOT * BLOCK + i] * t + row[c.NODE_T2 * BLOCK + i] * t2
        node = node + deep[c.DEEP_NODE_DOT * BLOCK + i] * t
        anomaly = row[c.ANOMALY * BLOCK + i] + row[c.ANOMALY_DOT * BLOCK + i] * t
        anomaly = anomaly + deep[c.DEEP_L_DOT * BLOCK + i] * t

        ft = t - state[at.AT * BLOCK + i]
        first = state[at.FIRST * BLOCK + i]
        longitude = state[at.LONGITUDE * BLOCK + i] + ft * (state[at.DRIFT * BLOCK + i] + 0.5 * ft * first)
        motion = state[at.MOTION * BLOCK + i] + ft * (first + 0.5 * ft * state[at.SECOND * BLOCK + i])
        theta = deep[c.SIDEREAL * BLOCK + i] + t * c.EARTH_TURN
        of_node = deep[at.OF_NODE * BLOCK + i]
        locked = longitude + of_node * (theta - node) - deep[at.OF_PERIGEE * BLOCK + i] * perigee
        resonant = of_node != 0.0
        anomaly = locked if resonant else anomaly
        motion = motion if resonant else full

        # The axis goes with the motion to the power -2/3: a series, then Newton without a division.
        x = (motion - full) / full
        y = 1.0 + x * (-2.0 / 3.0 + x * (5.0 / 9.0 - x * (40.0 / 81.0)))
        w = (1.0 + x) * (1.0 + x)
        y = y * (4.0 - w * (y * y * y)) * (1.0 / 3.0)
        y = y * (4.0 - w * (y * y * y)) * (1.0 / 3.0)
        shrink = 1.0 - row[c.AXIS_T * BLOCK + i] * t
        s[f.AXIS + i] = row[c.AXIS * BLOCK + i] * y * (shrink * shrink)

        e = row[c.E * BLOCK + i] + deep[c.DEEP_E_DOT * BLOCK + i] * t - row[c.E_T * BLOCK + i] * t
        anomaly = anomaly + full * (row[c.LONGITUDE_T2 * BLOCK + i] * t2)
        near = abs(anomaly) + abs(perigee) + abs(node) < f.FAR and abs(x) < 0.03
        code = 1.0 if e >= 1.0 or e < -0.001 else 0.0
        s[f.CODE + i] = code if near else f.UNSURE
        s[E + i] = 1.0e-6 if e < 1.0e-6 else e
        s[INCLINATION + i] = row[c.INCLINATION * BLOCK + i] + deep[c.DEEP_I_DOT * BLOCK + i] * t
        s[PERIGEE + i], s[f.NODE + i], s[ANOMALY + i] = perigee, node, anomaly


@piece
def _body(sine: float, cosine: float, eccentricity: float) -> Three:
    """Of a body's mean anomaly given as sine and cosine: the two products of its true one, and its sine."""
    s, co = small_turn(sine, cosine, 2.0 * eccentricity * sine)
    return 0.5 * s * s - 0.25, -0.5 * s * co, s


@steady
def _periodics(deep: Floats, sun: tuple[float, float], moon: tuple[float, float], s: Floats) -> bool:
    """Sun and moon put in directly; True where an object of the block comes under Lyddane's limit."""
    low = 0
    sin_sun, cos_sun = sun
    sin_moon, cos_moon = moon
    for i in range(BLOCK):
        a, b = deep[at.SIN_SUN * BLOCK + i], deep[at.COS_SUN * BLOCK + i]
        p, q, r = _body(a * cos_sun + b * sin_sun, b * cos_sun - a * sin_sun, c.SUN_ECCENTRICITY)
        d_e = deep[c.E2 * BLOCK + i] * p + deep[c.E3 * BLOCK + i] * q
        d_i = deep[c.I2 * BLOCK + i] * p + deep[c.I3 * BLOCK + i] * q
        d_l = deep[c.L2 * BLOCK + i] * p + deep[c.L3 * BLOCK + i] * q + deep[c.L4 * BLOCK + i] * r
        d_gh = deep[c.GH2 * BLOCK + i] * p + deep[c.GH3 * BLOCK + i] * q + deep[c.GH4 * BLOCK + i] * r
        d_h = deep[c.H2 * BLOCK + i] * p + deep[c.H3 * BLOCK + i] * q

        a, b = deep[at.SIN_MOON * BLOCK + i], deep[at.COS_MOON * BLOCK + i]
        p, q, r = _body(a * cos_moon + b * sin_moon, b * cos_moon - a * sin_moon, c.MOON_ECCENTRICITY)
        d_e += deep[(c.MOON + c.E2) * BLOCK + i] * p + deep[(c.MOON + c.E3) * BLOCK + i] * q
        d_i += deep[(c.MOON + c.I2) * BLOCK + i] * p + deep[(c.MOON + c.I3) * BLOCK + i] * q
        d_l += deep[(c.MOON + c.L2) * BLOCK + i] * p + deep[(c.MOON + c.L3) * BLOCK + i] * q
        d_l += deep[(c.MOON + c.L4) * BLOCK + i] * r
        d_gh += deep[(c.MOON + c.GH2) * BLOCK + i] * p + deep[(c.MOON + c.GH3) * BLOCK + i] * q
        d_gh += deep[(c.MOON + c.GH4) * BLOCK + i] * r
        d_h += deep[(c.MOON + c.H2) * BLOCK + i] * p + deep[(c.MOON + c.H3) * BLOCK + i] * q

        e = s[E + i] + d_e
        s[E + i] = e
        s[f.CODE + i] = 3.0 if s[f.CODE + i] == 0.0 and (e < 0.0 or e > 1.0) else s[f.CODE + i]
        inclination = s[INCLINATION + i] + d_i
        si, ci = sine_cosine(inclination)
        s[INCLINATION + i], s[f.SIN_I + i], s[f.COS_I + i] = inclination, si, ci
        s[D_L + i], s[D_GH + i], s[D_H + i], s[D_I + i] = d_l, d_gh, d_h, d_i
        low += 1 if inclination < c.LOW_INCLINATION else 0
    return low > 0


@piece
def _direct(s: Floats, i: int) -> Three:
    """Node, perigee and anomaly with the periodics put in directly."""
    d_h = s[D_H + i] / s[f.SIN_I + i]
    return s[f.NODE + i] + d_h, s[PERIGEE + i] + (s[D_GH + i] - s[f.COS_I + i] * d_h), s[ANOMALY + i] + s[D_L + i]


@steady
def _steep(s: Floats) -> None:
    """Periodics for a block of which every object is above Lyddane's limit."""
    for i in range(BLOCK):
        s[f.NODE + i], s[PERIGEE + i], s[ANOMALY + i] = _direct(s, i)


@steady
def _flat(s: Floats) -> None:
    """Periodics for a block with objects below Lyddane's limit (Lyddane 1963); inclinations become positive."""
    for i in range(BLOCK):
        steep_node, steep_perigee, steep_anomaly = _direct(s, i)
        si, ci, d_h, d_i = s[f.SIN_I + i], s[f.COS_I + i], s[D_H + i], s[D_I + i]
        node, anomaly, inclination = s[f.NODE + i], s[ANOMALY + i] + s[D_L + i], s[INCLINATION + i]
        sn, cn = sine_cosine(node)
        before = whole_turns_off(node)
        after = arc_tangent(si * sn + (d_h * cn + d_i * ci * sn), si * cn + (-d_h * sn + d_i * ci * cn))
        turn = c.TWO_PI if after < before else -c.TWO_PI
        after = after + turn if abs(before - after) > _PI else after
        longitude = anomaly + s[PERIGEE + i] + s[D_GH + i] + (ci - d_i * si) * before
        low = inclination < c.LOW_INCLINATION
        node = after if low else steep_node
        perigee = longitude - anomaly - ci * after if low else steep_perigee
        turned = inclination < 0.0
        s[f.NODE + i] = node + _PI if turned else node
        s[PERIGEE + i] = perigee - _PI if turned else perigee
        s[ANOMALY + i] = anomaly if low else steep_anomaly
        s[f.SIN_I + i] = -si if turned else si


@steady
def _long_period(s: Floats) -> None:
    for i in range(BLOCK):
        e, si, ci = s[E + i], s[f.SIN_I + i], s[f.COS_I + i]
        perigee = s[PERIGEE + i]
        # Where this is nearly 0 its rounding shows; what stands for 0 keeps the division from it.
        guard = 1.0 + ci
        s[f.CODE + i] = s[f.CODE + i] if guard > 1e-6 else f.UNSURE
        guard = guard if abs(guard) > c.RETROGRADE_GUARD else c.RETROGRADE_GUARD
        long_l = -0.25 * c.J3_OVER_J2 * si * (3.0 + 5.0 * ci) / guard
        scale = 1.0 / (s[f.AXIS + i] * (1.0 - e * e))
        sw, cw = sine_cosine(perigee)
        ax = e * cw
        s[f.AX + i], s[f.AY + i] = ax, e * sw + scale * (-0.5 * c.J3_OVER_J2 * si)
        s[f.U + i] = s[ANOMALY + i] + perigee + scale * long_l * ax


@part
def _first_half(row: Floats, deep: Floats, step: Floats, tick: float, s: Floats) -> None:
    _secular(row, deep, step, tick, s)
    minutes = tick / c.TICKS_A_MINUTE
    sun, moon = c.SUN_MOTION * minutes, c.MOON_MOTION * minutes
    if _periodics(deep, (sin(sun), cos(sun)), (sin(moon), cos(moon)), s):
        _flat(s)
    else:
        _steep(s)
    _long_period(s)


@kernel
def deep_states(columns: "Columns", state: Floats, tick: int, out: Floats, codes: Codes) -> None:
    """At a tick: `out` (3, n) positions km, or (6, n) with velocities km/s, in TEME; `codes` (n,).

    `state` from `deep_state` is carried along; ticks in any order give the same numbers.
    """
    s = np.empty(f.SCRATCH)
    for block in range(len(columns.near)):
        row, deep, step, first = columns.near[block], columns.deep[block], state[block], block * BLOCK
        if _behind(row, deep, step, float(tick)):
            _catch_up(row, deep, step, float(tick))
        _first_half(row, deep, step, float(tick), s)
        f.last_half(row, deep, step, first, min(BLOCK, columns.size - first), tick, s, out, codes)


deep_positions = deep_states
"""The name for calls with room for positions; one kernel, compiled once."""
