"""Named regions as boxes in degrees, so that people need not draw a polygon to ask. Pure.

A box is west, south, east, north; west above east crosses the antimeridian.
They are rough on purpose: a region says where to look, not where a border runs.
"""

from space_hub.errors import Invalid
from space_hub.vocabulary.geometry import Box

REGIONS: dict[str, Box] = {
    "arctic": (-180.0, 66.0, 180.0, 90.0),
    "antarctic": (-180.0, -90.0, 180.0, -60.0),
    "north_atlantic": (-60.0, 35.0, -5.0, 66.0),
    "north_sea": (-5.0, 51.0, 9.0, 62.0),
    "baltic": (9.0, 53.0, 31.0, 66.0),
    "western_europe": (-11.0, 42.0, 15.0, 55.0),
    "eastern_europe": (15.0, 44.0, 41.0, 57.0),
    "mediterranean": (-6.0, 30.0, 37.0, 46.0),
    "black_sea": (27.0, 40.0, 42.0, 48.0),
    "middle_east": (34.0, 12.0, 63.0, 38.0),
    "north_africa": (-17.0, 15.0, 37.0, 37.0),
    "indian_ocean": (40.0, -40.0, 100.0, 25.0),
    "pacific": (130.0, -45.0, -110.0, 60.0),
    "north_america": (-140.0, 25.0, -52.0, 66.0),
    "south_america": (-82.0, -56.0, -34.0, 13.0),
}


def region(name: str) -> Box:
    if name not in REGIONS:
        raise Invalid("vocabulary.region_unknown", region=name, accepted=", ".join(REGIONS))
    return REGIONS[name]
