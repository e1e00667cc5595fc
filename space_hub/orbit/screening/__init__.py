"""All-on-all screening: element sets in, encounters out.

    validity       until when each object has a state
    knots, chords  positions at the ends of slabs; a chord for each object, its error bounded by measurement
    grid, pairs    pairs whose chords may come within the threshold
    solve          when a pair is nearest, by a polynomial, well enough to ask SGP4
    search         the march over the slabs of a chunk, from knots to sightings
    settle         sightings settled on absolute instants; pairs told apart: plain, edge, slow
    traces, follow slow pairs and those at an edge, followed through whole intervals
    volume, carve  boxes and ellipsoids: intervals within them
    confirm        the last word of the sgp4 package
    engine         chunks in parallel, one result
    result         encounters, failures, the canonical bytes

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
