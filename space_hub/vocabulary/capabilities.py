"""What can be offered and asked for, by mission area, and how much of it is counted. Pure.

`capacity_unit` is what a supplier can deliver at any time and a planner needs;
`price_unit` is one unit of capacity held or delivered for one day, so that
price times quantity is a cost per day in every area: 1 km2/d for a day is 1 km2,
1 Mbit/s for a day is 1 Mbit/s.d.
"""

from dataclasses import dataclass

from space_hub.errors import Invalid
from space_hub.vocabulary.codes import MissionArea


@dataclass(frozen=True, slots=True)
class Capability:
    code: str
    area: MissionArea
    capacity_unit: str
    price_unit: str


def _flow(area: MissionArea, thing: str, *codes: str) -> list[Capability]:
    return [Capability(code, area, f"{thing}/d", thing) for code in codes]


def _held(area: MissionArea, thing: str, *codes: str) -> list[Capability]:
    return [Capability(code, area, thing, f"{thing}.d") for code in codes]


_ALL: list[Capability] = [
    *_flow(MissionArea.IMAGERY, "km2", "imagery.optical", "imagery.infrared", "imagery.hyperspectral"),
    *_flow(MissionArea.RADAR, "km2", "radar.sar"),
    *_flow(MissionArea.RF_SENSING, "{observation}", "rf_sensing.geolocation"),
    *_flow(MissionArea.RF_SENSING, "km2", "rf_sensing.survey"),
    *_held(MissionArea.SATCOM, "Mbit/s", "satcom.end_to_end", "satcom.anchored"),
    *_held(MissionArea.SATCOM, "MHz", "satcom.raw"),
    *_held(MissionArea.PNT, "{receiver}", "pnt.signal", "pnt.augmentation"),
    *_flow(MissionArea.SDA, "{observation}", "sda.observations"),
    *_held(MissionArea.SDA, "{object}", "sda.catalogue", "sda.conjunction_assessment"),
    *_flow(MissionArea.LAUNCH, "{launch}", "launch.dedicated"),
    *_flow(MissionArea.LAUNCH, "kg", "launch.rideshare"),
    *_flow(
        MissionArea.SERVICING,
        "{mission}",
        "servicing.refuel",
        "servicing.relocate",
        "servicing.life_extension",
        "servicing.deorbit",
        "servicing.inspection",
    ),
    *_flow(MissionArea.WEATHER, "{profile}", "weather.radio_occultation", "weather.sounding", "weather.ocean_wind"),
    *_flow(MissionArea.GROUND_STATION, "min", "ground_station.contact"),
    *_held(MissionArea.CLOUD, "{vCPU}", "cloud.compute"),
    *_held(MissionArea.CLOUD, "TBy", "cloud.storage"),
    *_flow(MissionArea.CLOUD, "{product}", "cloud.analytics"),
]

CAPABILITIES: dict[str, Capability] = {capability.code: capability for capability in _ALL}


def capability(code: str) -> Capability:
    if code not in CAPABILITIES:
        raise Invalid("vocabulary.capability_unknown", capability=code, accepted=", ".join(CAPABILITIES))
    return CAPABILITIES[code]
