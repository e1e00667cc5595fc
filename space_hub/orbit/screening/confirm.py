"""The last word on every encounter: the sgp4 package, at the instant that the kernels found.

Each object is asked once for all instants at which it is in an encounter. Distance,
relative speed and the position of b in RTN of a are the package's; the instants are the
kernels', which were found on positions that agree with the package's to about 1e-8 km.
Where the separation differs by more than 1 mm all the same, the encounter is found anew on
the package alone, slowly (`approach.Pair`): its TCA, and for a sphere its entry and exit.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from space_hub.orbit.approach import Pair, Passage, Span
from space_hub.orbit.frames import rtn
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.found import CO_LOCATED, OPEN_END, OPEN_START, Found, Indices
from space_hub.orbit.screening.nodes import WIDE
from space_hub.orbit.screening.settle import Window, last_tick, slow_limit
from space_hub.orbit.screening.volume import SPHERE, pair_reach
from space_hub.orbit.times import SECOND, Floats, Ticks, julian

AGREEMENT_KM = 1e-6
"""By how much the separation may differ between the kernels and the package."""

LOOK = 5 * SECOND
"""An interval is looked for this far beyond the ends that the kernels gave it; ten times that for a slow pair."""


def confirm(fleet: Fleet, window: Window, found: Found) -> Found:
    """Encounters with the package's figures: `gap` becomes the position of b in RTN of a, km.

    One that the package does not know of is left out.
    """
    if not len(found):
        return found
    place, motion, gap, turn = _looked_at(fleet, found)
    strayed = np.flatnonzero(~(_length(gap - found.gap) <= AGREEMENT_KM))
    if len(strayed):
        found = _anew(fleet, window, found, strayed)
        place, motion, gap, turn = _looked_at(fleet, found)
    return replace(
        found,
        miss_km=_length(gap),
        speed_km_s=_length(turn),
        gap=np.einsum("pij,pj->pi", rtn(place, motion), gap),
    )


def _looked_at(fleet: Fleet, found: Found) -> tuple[Floats, Floats, Floats, Floats]:
    """Position and velocity of a, and those of b less those of a, at TCA: (P, 3) each."""
    count = len(found)
    position, velocity = _states(fleet, np.concatenate([found.a, found.b]), np.tile(found.tca, 2))
    return position[:count], velocity[:count], position[count:] - position[:count], velocity[count:] - velocity[:count]


def _states(fleet: Fleet, index: Indices, at: Ticks) -> tuple[Floats, Floats]:
    """Object `index[p]` at `at[p]`: positions km, NaN where the package fails, and velocities km/s, (P, 3)."""
    order = np.argsort(index, kind="stable")
    ordered = index[order]
    day, fraction = julian(at[order])
    codes = np.empty(len(at), dtype=np.uint8)
    position, velocity = np.empty((len(at), 3)), np.empty((len(at), 3))
    starts = [0, *(np.flatnonzero(np.diff(ordered)) + 1).tolist(), len(ordered)]
    # One call an object is what takes the time here, not the propagation.
    for one, (first, beyond) in zip(ordered[starts[:-1]].tolist(), pairwise(starts), strict=True):
        part = slice(first, beyond)
        codes[part], position[part], velocity[part] = fleet.record(one).sgp4_array(day[part], fraction[part])
    position[codes != 0] = np.nan
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return position[back], velocity[back]


def _anew(fleet: Fleet, window: Window, found: Found, strayed: npt.NDArray[np.intp]) -> Found:
    """The same encounters, the strayed ones as the package alone has them."""
    tca, entry, exit, flags = found.tca.copy(), found.entry.copy(), found.exit.copy(), found.flags.copy()
    kept = np.ones(len(found), dtype=bool)
    for row in strayed.tolist():
        passage = _passage(fleet, window, found, row)
        if passage is None:
            kept[row] = False
            continue
        tca[row], entry[row], exit[row] = passage.tca, passage.entry, passage.exit
        marks = ((passage.open_start, OPEN_START), (passage.open_end, OPEN_END), (passage.co_located, CO_LOCATED))
        flags[row] = sum(mark for holds, mark in marks if holds)
    return replace(found, tca=tca, entry=entry, exit=exit, flags=flags).take(kept)


def _passage(fleet: Fleet, window: Window, found: Found, row: int) -> Passage | None:
    """The interval within the reach that holds the encounter, or is nearest to it; in a volume its ends stay."""
    a, b, tca, entry, exit = (int(one[row]) for one in (found.a, found.b, found.tca, found.entry, found.exit))
    last = last_tick(window, a, b)
    pair = Pair(fleet, a, b, Span(window.start, min(window.stop, last), last))
    reach = pair_reach(window.bounds, a, b)
    spacing = SECOND if found.speed_km_s[row] >= slow_limit(reach) else WIDE
    around = LOOK * spacing // SECOND
    near = pair.trace(entry - around, exit + around, reach, spacing)
    if not near:
        return None
    passage = min(near, key=lambda one: abs(one.tca - tca))
    if window.bounds.kind == SPHERE:
        return passage
    flags = int(found.flags[row])
    least, miss, speed = pair.minimum(tca, max(entry, tca - spacing), min(exit, tca + spacing), spacing)
    opened = bool(flags & OPEN_START), bool(flags & OPEN_END), bool(flags & CO_LOCATED)
    return Passage(least, miss, speed, entry, exit, *opened)


def _length(vectors: Floats) -> Floats:
    length: Floats = np.sqrt((vectors * vectors).sum(axis=1))
    return length
