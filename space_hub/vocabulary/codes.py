"""Closed lists of codes. Mission areas, modalities and kinds of asset have labels in the message catalogue. Pure."""

from enum import StrEnum


class MissionArea(StrEnum):
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


class Modality(StrEnum):
    SERVICE = "service"
    LEASE = "lease"
    BUY = "buy"
    DEVELOP = "develop"


class AssetKind(StrEnum):
    SATELLITE = "satellite"
    GROUND_STATION = "ground_station"
    SENSOR = "sensor"
    TERMINAL = "terminal"
    LAUNCHER = "launcher"
    DATA_CENTRE = "data_centre"


class Provenance(StrEnum):
    """Who stands behind a value."""

    CLAIMED = "claimed"
    TESTED = "tested"
    OBSERVED = "observed"


BANDS = ("UHF", "L", "S", "C", "X", "Ku", "K", "Ka", "Q", "V")
REGIMES = ("LEO", "MEO", "GEO", "HEO", "xGEO")
POLARISATIONS = ("HH", "VV", "HV", "VH")
SAR_MODES = ("spotlight", "stripmap", "scan")
ANTI_JAM = ("none", "basic", "protected")
MESSAGE_FORMATS = ("CDM", "TDM", "OMM", "OEM", "OPM")
SENSOR_KINDS = ("optical", "radar", "laser", "passive_rf", "in_orbit")
LICENCE_TIERS = ("single_user", "agency", "nation", "alliance", "open_after_24_h", "open")
