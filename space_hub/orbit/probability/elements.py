"""Equinoctial elements on Kepler orbits, with derivatives: the variables in which an orbit's uncertainty stays normal.

Elements are (n, af, ag, chi, psi, lM): mean motion in rad/s; e cos and e sin of the longitude of perigee;
tan(i/2) sin and cos of the node; mean longitude at the instant of the states (Broucke, Cefola 1972,
Celestial Mechanics 5, 303). Position errors of many kilometres along the track bend with the orbit there, where a
normal density in position would leave it (Hall 2021, J. Spacecraft and Rockets 58, 715).

The elements fail for orbits turned over (an inclination of 180 degrees), so every pair gets axes of
its own, from which both orbits are tilted by less than a right angle or so.
Derivatives are taken by a complex step: no difference, hence no digits lost.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from space_hub.errors import Invalid
from space_hub.orbit.elements import MU_KM3_S2
from space_hub.orbit.times import Floats

Numbers = npt.NDArray[Any]
Axis = tuple[Any, Any, Any]

_STEP = 1e-30
_NEWTON = 12


def upright(one_momentum: Floats, other_momentum: Floats) -> Floats:
    """Axes (3, 3), as rows, whose third lies between the two orbit normals; across both where they are opposite."""
    one, other = (each / np.linalg.norm(each) for each in (one_momentum, other_momentum))
    pole = one + other
    if np.linalg.norm(pole) < 0.2:
        pole = np.cross(one, np.eye(3)[np.argmin(np.abs(one))])
    pole = pole / np.linalg.norm(pole)
    first = np.cross(pole, np.eye(3)[np.argmin(np.abs(pole))])
    first = first / np.linalg.norm(first)
    return np.stack([first, np.cross(pole, first), pole])


def equinoctial(position: Floats, velocity: Floats) -> Floats:
    """Elements (6,) of a state (3,), (3,) in km and km/s. Raises Invalid when it is not on an ellipse."""
    r = float(np.linalg.norm(position))
    energy = 0.5 * float(velocity @ velocity) - MU_KM3_S2 / r
    momentum = np.cross(position, velocity)
    size = float(np.linalg.norm(momentum))
    if not (energy < 0.0 and size > 0.0):
        raise Invalid("pc.not_an_orbit", energy=energy)
    axis = -0.5 * MU_KM3_S2 / energy
    normal = momentum / size
    chi, psi = normal[0] / (1.0 + normal[2]), -normal[1] / (1.0 + normal[2])
    f, g = (np.array(each) for each in _plane(chi, psi))
    eccentricity = np.cross(velocity, momentum) / MU_KM3_S2 - position / r
    af, ag = float(eccentricity @ f), float(eccentricity @ g)
    x, y = float(position @ f), float(position @ g)
    root = np.sqrt(1.0 - af * af - ag * ag)
    beta = 1.0 / (1.0 + root)
    cosine = af + ((1.0 - af * af * beta) * x - af * ag * beta * y) / (axis * root)
    sine = ag + ((1.0 - ag * ag * beta) * y - af * ag * beta * x) / (axis * root)
    longitude = np.arctan2(sine, cosine)
    mean = longitude - af * sine + ag * cosine
    return np.array([np.sqrt(MU_KM3_S2 / axis**3), af, ag, chi, psi, mean])


def states(elements: Floats, after_s: Floats) -> Floats:
    """States (..., 6) in km and km/s of elements (..., 6), so long after their instant (...)."""
    return _states(elements, after_s)


def states_and_slopes(elements: Floats, after_s: Floats) -> tuple[Floats, Floats]:
    """States (T, 6) and their derivatives by the elements (T, 6, 6), of elements (T, 6) so long after (T,)."""
    varied = np.repeat(elements[:, None, :].astype(np.complex128), 6, axis=1)
    varied[:, np.arange(6), np.arange(6)] += 1j * _STEP
    there = _states(varied, after_s[:, None])
    return np.ascontiguousarray(there[:, 0].real), np.swapaxes(there.imag, 1, 2) / _STEP


def _states(elements: Numbers, after_s: Floats) -> Numbers:
    n, af, ag, chi, psi, mean = np.moveaxis(elements, -1, 0)
    mean = mean + n * after_s
    longitude = mean + af * np.sin(mean) - ag * np.cos(mean)
    for _ in range(_NEWTON):
        sine, cosine = np.sin(longitude), np.cos(longitude)
        slope = 1.0 - af * cosine - ag * sine
        step = (longitude - af * sine + ag * cosine - mean) / slope
        longitude = longitude - step
        if np.abs(step).max(initial=0.0) < 1e-14:
            break
    sine, cosine = np.sin(longitude), np.cos(longitude)
    axis = (MU_KM3_S2 / (n * n)) ** (1.0 / 3.0)
    beta = 1.0 / (1.0 + np.sqrt(1.0 - af * af - ag * ag))
    x = axis * ((1.0 - ag * ag * beta) * cosine + af * ag * beta * sine - af)
    y = axis * ((1.0 - af * af * beta) * sine + af * ag * beta * cosine - ag)
    speed = n * axis / (1.0 - af * cosine - ag * sine)
    u = speed * (af * ag * beta * cosine - (1.0 - ag * ag * beta) * sine)
    v = speed * ((1.0 - af * af * beta) * cosine - af * ag * beta * sine)
    f, g = _plane(chi, psi)
    at = [x * along + y * across for along, across in zip(f, g, strict=True)]
    moves = [u * along + v * across for along, across in zip(f, g, strict=True)]
    return np.stack([*at, *moves], axis=-1)


def _plane(chi: Any, psi: Any) -> tuple[Axis, Axis]:
    """The two axes in the plane of an orbit, component by component."""
    size = 1.0 + chi * chi + psi * psi
    f = (1.0 - chi * chi + psi * psi) / size, 2.0 * chi * psi / size, -2.0 * chi / size
    g = 2.0 * chi * psi / size, (1.0 + chi * chi - psi * psi) / size, 2.0 * psi / size
    return f, g
