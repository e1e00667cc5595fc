"""All-on-all screening: element sets in, encounters out.

    validity    until when each object has a state
    slabs       time in slabs; a chord for each object, its error bounded by measurement
    candidates  pairs whose chords may come within the threshold
    refine      candidates settled on absolute instants; pairs told apart: plain, edge, slow
    traces      slow pairs and those at an edge, followed through whole intervals
    engine      chunks in parallel, one sorted result
    result      encounters, failures, the canonical bytes

The face is `screen`; everything behind it can be exchanged.
"""

from space_hub.orbit.screening.engine import screen
from space_hub.orbit.screening.result import (
    Encounter,
    Failure,
    ScreeningResult,
    canonical_bytes,
    canonical_sha256,
)

__all__ = ["Encounter", "Failure", "ScreeningResult", "canonical_bytes", "canonical_sha256", "screen"]
