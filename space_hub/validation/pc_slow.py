"""Encounters in which the plane is wrong by orders of magnitude, and their truth by plain draws.

Two orbits that meet slowly are made, and both objects then moved along their tracks: a displacement that is likely,
as their in-track uncertainty says, so that they do meet. The plane sees neither that tracks bend nor that
they turn meanwhile. The truth knows no expansion and no weights: elements are drawn as they
are distributed, each draw flies on Kepler orbits, hits are counted.
"""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from scipy.special import ndtri

from space_hub.orbit.elements import MU_KM3_S2
from space_hub.orbit.frames import rtn
from space_hub.orbit.probability.elements import equinoctial, states
from space_hub.orbit.probability.monte_carlo import nearest_distance
from space_hub.orbit.probability.overlap import pair_of
from space_hub.orbit.probability.state import State
from space_hub.orbit.times import Floats
from space_hub.rng import SeededRng

_AT_ONCE = 8_192
_SPEED_KM_S = 1e-6
_KNOWN_M = 100.0
"""In-track sigma of the object that is tracked well."""


@dataclass(frozen=True, slots=True)
class Slow:
    """How they meet: relative velocity in RTN (m/s), displacement (km), sigmas R, T, N (m), radius (m)."""

    name: str
    velocity_m_s: tuple[float, float, float]
    displaced_km: float
    sigmas_m: tuple[float, float, float]
    radius_m: float
    reach_s: float
    """The window of the truth, on either side; at most half a period."""


CASES = (
    Slow("54 m/s, tracks that bend", (25.0, 0.0, 48.0), 40.0, (10.0, 25_000.0, 10.0), 20.0, 60.0),
    Slow("below 1 m/s, a long encounter", (0.0, 0.0, 0.3), 0.6, (6.0, 500.0, 6.0), 15.0, 1e9),
)


def made(case: Slow) -> tuple[State, State]:
    """The two states of a case."""
    position = np.array([7_000.0, 500.0, 1_200.0])
    circular = sqrt(MU_KM3_S2 / float(np.linalg.norm(position)))
    across = np.cross(np.array([0.1, -0.3, 1.0]), position)
    velocity = circular * across / np.linalg.norm(across)
    relative = rtn(position, velocity).T @ np.array(case.velocity_m_s) * 1e-3
    one = _moved(position, velocity, 0.0, replace(case, sigmas_m=(case.sigmas_m[0], _KNOWN_M, case.sigmas_m[2])))
    return one, _moved(position, velocity + relative, case.displaced_km / circular, case)


def _moved(position: Floats, velocity: Floats, later_s: float, case: Slow) -> State:
    """A state so much farther on its track, uncertain mostly along it: as if the clock were wrong."""
    there = states(equinoctial(position, velocity)[None], np.array([later_s]))[0]
    at, moves = there[:3], there[3:]
    radial, _, normal = rtn(at, moves)
    clock = np.concatenate([moves, -MU_KM3_S2 * at / float(np.linalg.norm(at)) ** 3]) / float(np.linalg.norm(moves))
    still = np.zeros(3)
    columns = [np.concatenate([radial, still]), clock, np.concatenate([normal, still])]
    root = np.array(columns).T * np.array(case.sigmas_m) * 1e-3
    return State(at, moves, root @ root.T + np.diag([0.0] * 3 + [_SPEED_KM_S**2] * 3))


def plain(one: State, other: State, radius_km: float, reach_s: float, samples: int, seed: int) -> tuple[float, float]:
    """(share of draws that collide, its standard error)."""
    pair = pair_of(one, other, radius_km)
    scope = SeededRng(seed).scope("pc", "truth")
    hits, reach_s = 0, min(reach_s, 0.5 * pair.period_s)
    for first in range(0, samples, _AT_ONCE):
        count = min(_AT_ONCE, samples - first)
        bits = np.frombuffer(scope.token_bytes(8 * 12 * count), dtype=np.uint64).reshape(2, count, 6)
        normal = ndtri((bits.astype(np.float64) + 0.5) * 2.0**-64 * (1.0 - 1e-15))
        away = np.einsum("kij,knj->kni", pair.roots, normal)
        hits += int((nearest_distance(pair, away, -reach_s, reach_s) <= radius_km).sum())
    share = hits / samples
    return share, sqrt(max(share * (1.0 - share), 1.0 / samples) / samples)
