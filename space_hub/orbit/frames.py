"""Local orbital frames.

RTN of an object: R along its position, N along its orbital angular momentum, T = N x R
(along the motion for a circular orbit). CCSDS 508.0 (CDM) uses the same axes.
"""

import numpy as np

from space_hub.orbit.times import Floats


def rtn(position: Floats, velocity: Floats) -> Floats:
    """Unit axes of RTN as rows: (..., 3), (..., 3) -> (..., 3, 3), in the frame of the arguments.

    The rows turn a vector into RTN: `axes @ vector`. Not defined for motion along the radius (NaN).
    """
    radial = position / np.linalg.norm(position, axis=-1, keepdims=True)
    momentum = np.cross(position, velocity)
    normal = momentum / np.linalg.norm(momentum, axis=-1, keepdims=True)
    return np.stack([radial, np.cross(normal, radial), normal], axis=-2)
