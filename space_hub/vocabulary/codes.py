"""Closed lists of codes; `LISTS` names those whose every code has a label in the message catalogue. Pure."""

from space_hub.text import Word


class MissionArea(Word, of="mission_area"):
    IMAGERY = "imagery"
    RADAR = "radar"
    RF_SENSING = "rf_sensing"
    SATCOM = "satcom"
    PNT = "pnt"
    SDA = "sda"
    LAUNCH = "launch"
    SERVICING = "servicing"
    WEATHER = "weather"
    GROUND_STATION = "ground_station"
    CLOUD = "cloud"


class Modality(Word, of="modality"):
    SERVICE = "service"
    LEASE = "lease"
    BUY = "buy"
    DEVELOP = "develop"


class AssetKind(Word, of="asset_kind"):
    SATELLITE = "satellite"
    GROUND_STATION = "ground_station"
    SENSOR = "sensor"
    TERMINAL = "terminal"
    LAUNCHER = "launcher"
    DATA_CENTRE = "data_centre"


class Standing(Word, of="standing"):
    """Where a nation stands to the alliance (`providers.standing`)."""

    ALLY = "ally"
    PARTNER = "partner"
    OTHER = "other"


class Provenance(Word, of="provenance"):
    """Who stands behind a value."""

    CLAIMED = "claimed"
    TESTED = "tested"
    OBSERVED = "observed"
    COMPUTED = "computed"
    """By the hub, from the orbits of the satellites that an offering rests on."""


BANDS = ("UHF", "L", "S", "C", "X", "Ku", "K", "Ka", "Q", "V")
REGIMES = ("LEO", "MEO", "GEO", "HEO", "xGEO")
POLARISATIONS = ("HH", "VV", "HV", "VH")
SAR_MODES = ("spotlight", "stripmap", "scan")
ANTI_JAM = ("none", "basic", "protected")
MESSAGE_FORMATS = ("CDM", "TDM", "OMM", "OEM", "OPM")
SENSOR_KINDS = ("optical", "radar", "laser", "passive_rf", "in_orbit")
LICENCE_TIERS = ("single_user", "agency", "nation", "alliance", "open_after_24_h", "open")
LOOK_SIDES = ("left", "right", "both")
ORBIT_DIRECTIONS = ("ascending", "descending")
PROCESSING_LEVELS = ("L0", "L1A", "L1B", "L1C", "L2A", "L3", "L4")
SAR_PRODUCTS = ("SLC", "GRD", "GEC", "SICD", "SIDD", "CPHD")
SATCOM_CLASSES = ("end_to_end", "anchored", "raw")
"""The portfolio classes of Implementing Decision (EU) 2023/1054: services, anchored capacity, raw capacity."""
TERMINAL_TYPES = ("fixed", "transportable", "vehicle", "maritime", "airborne", "handheld")
CRYPTO = ("none", "commercial", "national", "alliance")
SATCOM_POLARISATIONS = ("linear_horizontal", "linear_vertical", "circular_left", "circular_right")
SECURITY_LEVELS = ("unclassified", "restricted", "confidential", "secret")
MATURITIES = ("concept", "prototype", "demonstrated", "operational")
DEPENDENCY_KINDS = (
    "owner",
    "jurisdiction",
    "contract_holder",
    "launcher",
    "ground_network",
    "cloud",
    "bus",
    "spectrum",
)
COVERAGE_KINDS = ("not_stated", "global", "area")

LISTS: dict[str, tuple[str, ...]] = {
    "anti_jam": ANTI_JAM,
    "band": BANDS,
    "coverage_kind": COVERAGE_KINDS,
    "crypto": CRYPTO,
    "dependency_kind": DEPENDENCY_KINDS,
    "licence_tier": LICENCE_TIERS,
    "look_side": LOOK_SIDES,
    "maturity": MATURITIES,
    "message_format": MESSAGE_FORMATS,
    "orbit_direction": ORBIT_DIRECTIONS,
    "polarisation": POLARISATIONS,
    "processing_level": PROCESSING_LEVELS,
    "regime": REGIMES,
    "sar_mode": SAR_MODES,
    "sar_product": SAR_PRODUCTS,
    "satcom_class": SATCOM_CLASSES,
    "satcom_polarisation": SATCOM_POLARISATIONS,
    "security_level": SECURITY_LEVELS,
    "sensor_kind": SENSOR_KINDS,
    "terminal_type": TERMINAL_TYPES,
}
"""Every list of codes that an answer may carry; the labels stand under `vocabulary.<list>.<code>`."""

SYMBOLS = frozenset({"band", "message_format", "polarisation", "processing_level", "regime", "sar_product"})
"""Lists whose codes are signs of the trade that every language writes alike: they are their own labels."""
