"""What the orbits of an offering's satellites allow over an area: the best it could do for one asker. Pure.

Every figure is a bound in the supplier's favour: all satellites always free, every look
delivered at the first contact, no clouds, no queue. So a claim beyond it cannot be kept on the
average, and a claim within it is only not contradicted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import asin, cos, degrees, radians

import numpy as np

from catalog.feasibility.judge import finding
from catalog.feasibility.values import MAX_AGE, Asked, Computed, Finding, Subject
from space_hub.orbit.coverage.access import Accesses, accesses
from space_hub.orbit.coverage.area import places, sampled
from space_hub.orbit.coverage.contacts import contact_time, latency
from space_hub.orbit.coverage.earth import EQUATOR_KM, MEAN_KM, POLE_KM
from space_hub.orbit.coverage.sensor import Places, Sensor
from space_hub.orbit.coverage.service import seen, service
from space_hub.orbit.coverage.visits import Revisit, over_area, revisit
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.times import DAY, SECOND, ticks
from space_hub.text import Reason

SAME_VISIT_S = 600.0
"""Looks nearer than this in time are one: satellites in formation, a pass cut by a condition in its middle."""

FEWEST_GAPS = 5
SAMPLES = 24
STEP_S = 120.0
AFTER = DAY
"""How long after the window a collection may still wait for a contact."""

COMPUTED = ("revisit", "delivery_latency", "swath", "contact_time", "availability", "link_latency")


def findings(subject: Subject, asked: Asked) -> tuple[Finding, ...]:
    """Every attribute that the supplier gave and that orbits can say something about, in a fixed order."""
    said = [name for name in COMPUTED if name in subject.claimed or name in subject.answered]
    found = {each.attribute: each for each in computed(subject, asked, frozenset(said))}
    return tuple(finding(found[name], subject.claimed.get(name), subject.answered.get(name)) for name in said)


def computed(subject: Subject, asked: Asked, wanted: frozenset[str]) -> Iterator[Computed]:
    """The attributes in `wanted`, each with the reason when it cannot be computed."""
    start, stop = ticks(asked.start), ticks(asked.stop)
    fresh = tuple(each for each in subject.elements if abs(asked.start - each.epoch) <= MAX_AGE)
    lost = subject.missing + len(subject.elements) - len(fresh)
    if not fresh:
        hindrance = Reason("feasibility.no_elements", {"days": MAX_AGE.days})
        yield from (Computed(name, None, hindrance=hindrance) for name in sorted(wanted))
        return
    where = _where(subject, asked)
    if wanted & {"revisit", "delivery_latency"}:
        found = accesses(fresh, where, subject.sensor, start, stop)
        if "revisit" in wanted:
            yield _revisit(found, len(where.up), lost > 0)
        if "delivery_latency" in wanted:
            yield _latency(subject, fresh, found, lost > 0 or bool(found.failed))
    if "swath" in wanted:
        # A strip that was read from the claim says nothing of the claim.
        open_sensor = replace(subject.sensor, swath_km=None)
        yield Computed("swath", widest(open_sensor, fresh), pessimistic=lost > 0)
    if "contact_time" in wanted:
        yield _contact_time(subject, fresh, start, stop, lost > 0)
    if wanted & {"availability", "link_latency"}:
        yield from _service(subject, fresh, where, (start, stop), lost > 0, wanted)


def _where(subject: Subject, asked: Asked) -> Places:
    """The area asked about; or, where the supplier claims for a latitude, places around that latitude."""
    at = subject.claimed.get("revisit_latitude")
    if at is None or at.low is None or at.high is None:
        return places(sampled(asked.area, most=SAMPLES))
    around = np.linspace(-180.0, 180.0, SAMPLES, endpoint=False)
    return places(np.column_stack([around, np.full(SAMPLES, 0.5 * (at.low + at.high))]))


def _revisit(found: Accesses, count: int, pessimistic: bool) -> Computed:
    each = [revisit(found, place, SAME_VISIT_S) for place in range(count)]
    whole = over_area(each)
    permanent = whole.mean_s == 0.0
    if whole.unseen == whole.places:
        # Not once in the window anywhere: half of it is less than any gap that could hide so.
        half_h = 0.5 * (found.stop - found.start) / SECOND / 3_600.0
        return Computed("revisit", half_h, pessimistic=pessimistic or bool(found.failed))
    if whole.mean_s is None or (whole.fewest_gaps < FEWEST_GAPS and not permanent):
        hindrance = Reason("feasibility.few_visits", {"gaps": whole.fewest_gaps, "fewest": FEWEST_GAPS})
        return Computed("revisit", None, pessimistic=pessimistic, hindrance=hindrance)
    at_best = _were_none_lost(found, each) / 3_600.0 if found.failed else None
    return Computed("revisit", whole.mean_s / 3_600.0, (whole.error_s or 0.0) / 3_600.0, pessimistic, at_best=at_best)


def _were_none_lost(found: Accesses, places: Sequence[Revisit]) -> float:
    """The mean gap, s, if each satellite whose state was lost saw every place once more as the best of all does.

    Its windows fall into gaps and overlap nothing: more than any satellite of the fleet can bring.
    """
    least = []
    for place, one in enumerate(places):
        seen_here = found.of_place(place)
        most = int(np.bincount(seen_here.satellite).max(initial=0))
        longest_s = float(np.bincount(seen_here.satellite, seen_here.end - seen_here.begin).max(initial=0.0)) / SECOND
        gap_s = one.gaps * (one.mean_s or 0.0) - len(found.failed) * longest_s
        least.append(max(0.0, gap_s) / max(1, one.gaps + len(found.failed) * most))
    return float(np.mean(least))


def _latency(subject: Subject, fresh: tuple[ElementSet, ...], found: Accesses, pessimistic: bool) -> Computed:
    if not subject.stations:
        return Computed("delivery_latency", None, hindrance=Reason("feasibility.no_stations"))
    waits = latency(found, _contacts(subject, fresh, found.start, found.stop + AFTER))
    collections = waits.collections - waits.open
    if waits.mean_s is None or waits.error_s is None or collections < FEWEST_GAPS:
        hindrance = Reason("feasibility.few_visits", {"gaps": collections, "fewest": FEWEST_GAPS})
        return Computed("delivery_latency", None, pessimistic=pessimistic, hindrance=hindrance)
    return Computed("delivery_latency", waits.mean_s / 60.0, waits.error_s / 60.0, pessimistic)


def _contacts(subject: Subject, fresh: tuple[ElementSet, ...], start: int, stop: int) -> Accesses:
    """Windows of all stations, each with its own mask."""
    masks = sorted({each.mask_deg for each in subject.stations})
    parts = []
    for mask in masks:
        some = [each for each in subject.stations if each.mask_deg == mask]
        where = np.array([[each.longitude, each.latitude] for each in some])
        height = np.array([each.height_km for each in some])
        parts.append(accesses(fresh, places(where, height), Sensor(elevation=mask), start, stop))
    first = np.cumsum([0, *(sum(each.mask_deg == mask for each in subject.stations) for mask in masks)])
    return Accesses(
        np.concatenate([each.satellite for each in parts]),
        np.concatenate([each.place + before for each, before in zip(parts, first, strict=False)]),
        np.concatenate([each.begin for each in parts]),
        np.concatenate([each.end for each in parts]),
        start,
        stop,
    )


def _contact_time(
    subject: Subject, fresh: tuple[ElementSet, ...], start: int, stop: int, pessimistic: bool
) -> Computed:
    if not subject.stations:
        return Computed("contact_time", None, hindrance=Reason("feasibility.no_stations"))
    found = _contacts(subject, fresh, start, stop)
    least = subject.claimed.get("minimum_contact")
    shortest = (least.low or 0.0) if least is not None else 0.0
    minutes = sum(contact_time(found, each, shortest).all_antennas_min_day for each in range(len(subject.stations)))
    return Computed("contact_time", minutes, pessimistic=pessimistic)


def _service(
    subject: Subject,
    fresh: tuple[ElementSet, ...],
    where: Places,
    window: tuple[int, int],
    pessimistic: bool,
    wanted: frozenset[str],
) -> Iterator[Computed]:
    start, stop = window
    found = seen(fresh, where, subject.sensor.least_elevation, start, min(stop, start + DAY), STEP_S)
    each = [service(found, place) for place in range(len(where.up))]
    if "availability" in wanted:
        # A fleet that covers a place all day has nothing missing that more satellites could bring.
        covered = 100.0 * min(one.covered for one in each)
        yield Computed("availability", covered, pessimistic=pessimistic)
    if "link_latency" in wanted:
        least = [one.one_way_ms for one in each if one.one_way_ms is not None]
        hindrance = None if least else Reason("feasibility.never_above")
        yield Computed("link_latency", min(least, default=None), pessimistic=pessimistic, hindrance=hindrance)


def widest(sensor: Sensor, elements: tuple[ElementSet, ...]) -> float:
    """The widest strip across the track that any of the satellites can reach on one side or across, km.

    From the highest point of the orbit over the least radius of the earth: more than any real pass allows, by up to
    4 % of the height. A radar that does not look down has a strip on each side; one of them counts.
    """
    radius = max(one.apogee_km for one in elements) + EQUATOR_KM
    reach = degrees(float(sensor.reach(np.array([radius]))[0]))
    inner = 0.0
    if sensor.incidence is not None and sensor.incidence[0] > 0.0:
        inner = _angle(radius, 90.0 - sensor.incidence[0])
    one_side = radians(reach - inner) * MEAN_KM
    return one_side if inner > 0.0 else 2.0 * one_side


def _angle(radius_km: float, elevation_deg: float) -> float:
    """The angle at the earth's centre at which a satellite stands at an elevation, deg; from its least height."""
    at_satellite = degrees(asin(POLE_KM * cos(radians(elevation_deg)) / radius_km))
    return max(0.0, 90.0 - elevation_deg - at_satellite)
