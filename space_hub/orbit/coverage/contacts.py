"""Ground stations: how long they see satellites, and how soon after a collection one can be told of it.

Windows of stations come from `accesses` with a mask of elevation. A station counts twice: as
one antenna (its windows united) and as enough of them (their sum).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from space_hub.orbit.coverage.access import Accesses
from space_hub.orbit.coverage.visits import union
from space_hub.orbit.times import DAY, SECOND, Ticks


@dataclass(frozen=True, slots=True)
class ContactTime:
    """One station, minutes a day. `contacts` are windows, `longest_s` the longest of them."""

    contacts: int
    one_antenna_min_day: float
    all_antennas_min_day: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class Latency:
    """From the end of a collection to the first contact of the same satellite, seconds; 0 where it is in contact.

    `open` collections had no contact before the end; they are in no statistic, and are counted. `error_s` is the
    standard error of the mean, as if collections waited independently.
    """

    collections: int
    open: int
    mean_s: float | None
    error_s: float | None
    p95_s: float | None
    worst_s: float | None


def contact_time(found: Accesses, station: int, least_s: float = 0.0) -> ContactTime:
    """What one station sees of all satellites, in contacts of at least `least_s`."""
    one = found.of_place(station)
    usable = one.end - one.begin >= least_s * SECOND
    begin, end = one.begin[usable], one.end[usable]
    joined = union(begin, end)
    days = (found.stop - found.start) / DAY
    return ContactTime(
        len(begin),
        float((joined[1] - joined[0]).sum()) / SECOND / 60.0 / days,
        float((end - begin).sum()) / SECOND / 60.0 / days,
        float((end - begin).max(initial=0)) / SECOND,
    )


def latency(collected: Accesses, contacts: Accesses) -> Latency:
    """How long what a satellite collects waits for the next station; both of the same satellites.

    A collection counts once, however many places of the area it covers: windows of a satellite are united.
    """
    waits: list[Ticks] = []
    opened = 0
    for satellite in np.unique(collected.satellite).tolist():
        mine = collected.of_satellite(satellite)
        done = union(mine.begin, mine.end)[1]
        theirs = contacts.of_satellite(satellite)
        begin, end = union(theirs.begin, theirs.end)
        following = np.searchsorted(end, done, side="right")
        known = following < len(end)
        opened += int((~known).sum())
        waits.append(np.maximum(begin[following[known]] - done[known], 0))
    known_waits = np.concatenate(waits) / SECOND if waits else np.empty(0)
    count = len(known_waits) + opened
    if not len(known_waits):
        return Latency(count, opened, None, None, None, None)
    error = float(known_waits.std(ddof=1)) / sqrt(len(known_waits)) if len(known_waits) > 1 else None
    p95 = float(np.percentile(known_waits, 95.0))
    return Latency(count, opened, float(known_waits.mean()), error, p95, float(known_waits.max()))
