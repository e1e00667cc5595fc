"""What satellites see of the ground: windows over an area, revisit, contacts, latency, service."""

from space_hub.orbit.coverage.access import Accesses, accesses
from space_hub.orbit.coverage.area import places, sampled
from space_hub.orbit.coverage.contacts import ContactTime, Latency, contact_time, latency
from space_hub.orbit.coverage.sensor import LookSide, Places, Sensor
from space_hub.orbit.coverage.service import Seen, Service, seen, service
from space_hub.orbit.coverage.visits import AreaRevisit, Revisit, over_area, revisit

__all__ = [
    "Accesses",
    "AreaRevisit",
    "ContactTime",
    "Latency",
    "LookSide",
    "Places",
    "Revisit",
    "Seen",
    "Sensor",
    "Service",
    "accesses",
    "contact_time",
    "latency",
    "over_area",
    "places",
    "revisit",
    "sampled",
    "seen",
    "service",
]
