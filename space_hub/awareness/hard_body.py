"""How large the objects of an encounter are taken to be, and how that is known. Pure.

Half of what decides a probability is the radius of the disk, and the public catalogue gives none. Until
something better is known of an object, its radius is that of its sort, told by its name as the
catalogue writes it: debris ("DEB"), rocket bodies ("R/B"), and else a payload.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from space_hub.orbit.times import Floats

DEBRIS_M: Final = 0.5
ROCKET_BODY_M: Final = 5.0
PAYLOAD_M: Final = 5.0
UNNAMED_M: Final = 1.0


def of_names(names: Sequence[str]) -> tuple[Floats, list[str]]:
    """Radii (N,) m, and where each is from: `table` by the sort of the object, `default` where nothing is known."""
    found = [_of_name(name) for name in names]
    return np.array([radius for radius, _source in found]), [source for _radius, source in found]


def _of_name(name: str) -> tuple[float, str]:
    words = name.upper().split()
    if not words or words[0] in {"OBJECT", "TBA", "UNKNOWN"}:
        return UNNAMED_M, "default"
    if "DEB" in words or "COOLANT" in words:
        return DEBRIS_M, "table"
    if "R/B" in name.upper():
        return ROCKET_BODY_M, "table"
    return PAYLOAD_M, "table"
