"""The encounter plane: normal to the relative velocity, at the closest approach of straight motion.

Messages print the time of closest approach to a millisecond, in which the objects move by metres. So it is
solved again, with straight motion as the methods themselves assume (curved motion belongs to `nonlinear`): the miss is
what of the relative position lies across the relative velocity.
"""

from dataclasses import dataclass

import numpy as np

from space_hub.errors import Invalid
from space_hub.orbit.probability.repair import clipped_many
from space_hub.orbit.probability.state import State
from space_hub.orbit.times import Floats

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]

FLOOR_KM = 1e-6
"""The least sigma that is believed when no radius is at hand: a millimetre."""


@dataclass(frozen=True, slots=True)
class Encounter:
    """One encounter in its plane; x is along the miss.

    `tca_shift_s` is from the instant of the states to the closest approach, `repaired` whether an eigenvalue
    of the combined covariance had to be raised.
    """

    miss_km: Floats
    covariance_km2: Floats
    relative_speed_km_s: float
    tca_shift_s: float
    repaired: bool


@dataclass(frozen=True, slots=True)
class Encounters:
    """N encounters: (N, 2), (N, 2, 2), (N,), (N,), (N,)."""

    miss_km: Floats
    covariance_km2: Floats
    relative_speed_km_s: Floats
    tca_shift_s: Floats
    repaired: Flags


def planes(position_km: Floats, velocity_km_s: Floats, covariance_km2: Floats, floor_km: Floats | float) -> Encounters:
    """Relative positions (N, 3), velocities (N, 3) and covariances (N, 3, 3) in their planes.

    NaN throughout for an encounter without relative velocity: it has no plane.
    """
    speed2 = np.einsum("ni,ni->n", velocity_km_s, velocity_km_s)
    with np.errstate(invalid="ignore", divide="ignore"):
        shift = -np.einsum("ni,ni->n", position_km, velocity_km_s) / speed2
        speed = np.sqrt(speed2)
        along = velocity_km_s / speed[:, None]
        at = position_km + shift[:, None] * velocity_km_s
        at = at - np.einsum("ni,ni->n", at, along)[:, None] * along
        miss = np.sqrt(np.einsum("ni,ni->n", at, at))
        x = np.where(miss[:, None] > 1e-12, at, _across(along))
        x = x / np.sqrt(np.einsum("ni,ni->n", x, x))[:, None]
        y = np.cross(along, x)
    axes = np.stack([x, y], axis=1)
    flat = axes @ covariance_km2 @ np.swapaxes(axes, 1, 2)
    flat = 0.5 * (flat + np.swapaxes(flat, 1, 2))
    known = np.isfinite(flat).all(axis=(1, 2))
    repaired = np.zeros(len(miss), dtype=np.bool_)
    floor = np.broadcast_to(np.asarray(floor_km, float), len(miss)) ** 2
    flat[known], repaired[known] = clipped_many(flat[known], floor[known])
    return Encounters(np.stack([miss, np.zeros_like(miss)], axis=1), flat, speed, shift, repaired)


def plane(one: State, other: State, floor_km: float = FLOOR_KM) -> Encounter:
    """The encounter of two states in its plane. Raises Invalid when they do not move against each other."""
    position, velocity = other.position_km - one.position_km, other.velocity_km_s - one.velocity_km_s
    if not velocity.any():
        raise Invalid("pc.no_relative_velocity")
    covariance = (one.covariance + other.covariance)[:3, :3]
    all_of = planes(position[None], velocity[None], covariance[None], floor_km)
    miss, flat = all_of.miss_km[0], all_of.covariance_km2[0]
    speed, shift = float(all_of.relative_speed_km_s[0]), float(all_of.tca_shift_s[0])
    return Encounter(miss, flat, speed, shift, bool(all_of.repaired[0]))


def _across(along: Floats) -> Floats:
    """A vector normal to each of N unit vectors."""
    least = np.eye(3)[np.argmin(np.abs(along), axis=1)]
    return np.cross(along, least)
