"""A conjunction data message written by hand, and damage to it."""

STATES = (
    ("7000.1", "-12.5", "3.25", "0.001", "6.75", "3.5"),
    ("7000.2", "-12.4", "3.05", "0.002", "-6.5", "3.75"),
)
"""X to Z_DOT of both objects, km and km/s."""

_AXES = ("R", "T", "N", "RDOT", "TDOT", "NDOT")
_UNITS = ("m**2", "m**2/s", "m**2/s**2")


def _side(place: int) -> list[str]:
    lines = [
        f"COMMENT Object{place} metadata",
        f"OBJECT = OBJECT{place}",
        f"OBJECT_DESIGNATOR = {81000 + place}",
        "CATALOG_NAME = SATCAT",
        f"OBJECT_NAME = HEIGHTS {place}",
        f"INTERNATIONAL_DESIGNATOR = 2020-00{place}A",
        "EPHEMERIS_NAME = NONE",
        "COVARIANCE_METHOD = CALCULATED",
        "MANEUVERABLE = N/A",
        "REF_FRAME = EME2000",
        f"COMMENT EXCLUSION_VOLUME_RADIUS = {4 + place} [m]",
        "OBS_USED = 171",
    ]
    names = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    for at, (name, value) in enumerate(zip(names, STATES[place - 1], strict=True)):
        lines.append(f"{name} = {value} [{'km' if at < 3 else 'km/s'}]")
    for at, row in enumerate(_AXES):
        for column_at, column in enumerate(_AXES[: at + 1]):
            term = 100.0 * place * (at + 1) if at == column_at else 0.25 * (at + 1) / (column_at + 2)
            lines.append(f"C{row}_{column} = {term:.6E} [{_UNITS[(at > 2) + (column_at > 2)]}]")
    return lines


def cdm() -> str:
    """A CDM 1.0 in KVN, with comments in the places where practice puts them."""
    lines = [
        "CCSDS_CDM_VERS = 1.0",
        "COMMENT Written by hand",
        "CREATION_DATE = 2026-11-20T01:02:03.004",
        "ORIGINATOR = SOMEBODY",
        "MESSAGE_FOR = HEIGHTS 1",
        "MESSAGE_ID = HAND-1",
        "COMMENT SCREENING_OPTION = Covariance",
        "TCA = 2026-11-22T11:12:13.141",
        "MISS_DISTANCE = 244.9 [m]",
        "RELATIVE_SPEED = 13252.4 [m/s]",
        "COLLISION_PROBABILITY = 4.835E-05",
        "COLLISION_PROBABILITY_METHOD = FOSTER-1992",
        "COMMENT HBR = 15 [m]",
        *_side(1),
        *_side(2),
        "COMMENT The end",
    ]
    return "\n".join(lines) + "\n"


def without(text: str, keyword: str) -> str:
    """`text` less the first line of `keyword`."""
    lines = text.split("\n")
    place = next(at for at, line in enumerate(lines) if line.startswith(f"{keyword} "))
    return "\n".join(lines[:place] + lines[place + 1 :])


def with_value(text: str, keyword: str, value: str) -> str:
    """`text` with another value at the first line of `keyword`."""
    lines = text.split("\n")
    place = next(at for at, line in enumerate(lines) if line.startswith(f"{keyword} "))
    lines[place] = f"{keyword} = {value}"
    return "\n".join(lines)
