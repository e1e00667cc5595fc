"""What an offering says of its sensor as conditions on an orbit, and what orbits can say of its claims. Pure.

What is not said is not asked, and every doubt widens the sensor: a condition that the supplier
never set must not speak against it. Units are canonical: degrees and km.
"""

from collections.abc import Mapping
from math import atan, degrees, radians, tan

from space_hub.orbit.coverage.sensor import LookSide, Sensor, Span
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.codes import MissionArea

_IMAGES = frozenset({"revisit", "delivery_latency", "swath"})

JUDGED: Mapping[MissionArea, frozenset[str]] = {
    MissionArea.IMAGERY: _IMAGES,
    MissionArea.RADAR: _IMAGES,
    MissionArea.RF_SENSING: frozenset({"revisit", "delivery_latency"}),
    MissionArea.SATCOM: frozenset({"availability", "link_latency"}),
    MissionArea.GROUND_STATION: frozenset({"contact_time"}),
}
"""By mission area, the attributes of which orbits speak. In others the same words mean something else: the revisit
of a sky survey is of objects, the availability of an image service is that of its desk."""

AREA_BOUND = frozenset({"revisit", "delivery_latency", "availability", "link_latency"})
"""Attributes that mean nothing without a place."""

_LEAST_HEIGHT_KM = 100.0


def sensor_of(area: MissionArea, said: Mapping[str, Measured], lowest_km: float, *, sun: bool) -> Sensor:
    """The widest sensor that fits what is said. `lowest_km`: of all perigees. `sun`: whether the hour of day counts."""
    off_nadir, swath_km = _aside(said, max(lowest_km, _LEAST_HEIGHT_KM))
    return Sensor(
        off_nadir=off_nadir,
        swath_km=swath_km,
        incidence=_incidence(said),
        look_side=_side(said) if area is MissionArea.RADAR else LookSide.BOTH,
        sun_elevation=_sun(said) if sun else None,
    )


def _aside(said: Mapping[str, Measured], lowest_km: float) -> tuple[Span | None, float | None]:
    """How far aside it looks: to the middle of a scene, so that half a swath comes on top; or straight down."""
    turned, wide = said.get("view:off_nadir"), said.get("swath")
    if turned is None or turned.low is None or turned.high is None:
        return None, None
    most = min(90.0, max(abs(turned.low), abs(turned.high)))
    swath = 0.0 if wide is None or wide.high is None else max(0.0, wide.high)
    if most == 0.0:
        return None, swath or None
    reach = most if most == 90.0 else degrees(atan(tan(radians(most)) + 0.5 * swath / lowest_km))
    return (0.0, reach), None


def _incidence(said: Mapping[str, Measured]) -> Span | None:
    """One number is a typical angle and bars nothing."""
    spans = []
    for name, grazing in (("incidence_angle", False), ("grazing_angle", True)):
        given = said.get(name)
        if given is not None and given.low is not None and given.high is not None and given.low < given.high:
            spans.append((90.0 - given.high, 90.0 - given.low) if grazing else (given.low, given.high))
    if not spans:
        return None
    low, high = max(0.0, min(each[0] for each in spans)), min(90.0, max(each[1] for each in spans))
    return (low, high) if low < high else None


def _side(said: Mapping[str, Measured]) -> LookSide:
    given = said.get("look_side")
    return LookSide(given.codes[0]) if given is not None and len(given.codes) == 1 else LookSide.BOTH


def _sun(said: Mapping[str, Measured]) -> Span | None:
    given = said.get("view:sun_elevation")
    if given is None or given.low is None or not -90.0 <= given.low < 90.0:
        return None
    return given.low, 90.0
