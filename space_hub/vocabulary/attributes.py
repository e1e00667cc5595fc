"""What an offering is measured by: name, one canonical unit, and which way is better. Pure.

`read` is the edge where a value is converted once; the value and the unit as
given stay beside the canonical one. A number may be a range (`low` to `high`),
because a constellation seldom has one resolution or one latency.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from space_hub.errors import Invalid
from space_hub.vocabulary import codes as lists
from space_hub.vocabulary.codes import MissionArea, Provenance
from space_hub.vocabulary.nations import ALL_NATIONS
from space_hub.vocabulary.units import convert, shown

NATION_LIST = "nation"
"""Codes that are nations: ISO 3166 alpha-2, every one of them."""


class Form(StrEnum):
    NUMBER = "number"
    CODES = "codes"
    FLAG = "flag"


class Better(StrEnum):
    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True)
class Attribute:
    """`areas` empty means every mission area; `unit` is UCUM and only a number has one."""

    code: str
    form: Form
    areas: frozenset[MissionArea] = frozenset()
    unit: str | None = None
    better: Better | None = None
    codes: tuple[str, ...] = ()
    list_name: str = ""
    """The list that its codes are of, by which their labels are found: `vocabulary.<list>.<code>`."""

    def fits(self, area: MissionArea) -> bool:
        return not self.areas or area in self.areas


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of one attribute in its canonical unit, with what was given.

    A number fills `low` and `high` (equal when it is no range), codes fill
    `codes`, a yes or no fills `flag`.
    """

    attribute: str
    low: float | None = None
    high: float | None = None
    codes: tuple[str, ...] = ()
    flag: bool | None = None
    given: Any = None
    given_unit: str | None = None
    provenance: Provenance = Provenance.CLAIMED


def _number(code: str, unit: str, better: Better | None, *areas: MissionArea) -> Attribute:
    return Attribute(code, Form.NUMBER, frozenset(areas), unit, better)


def _codes(code: str, name: str, *areas: MissionArea) -> Attribute:
    values = ALL_NATIONS if name == NATION_LIST else lists.LISTS[name]
    return Attribute(code, Form.CODES, frozenset(areas), codes=values, list_name=name)


def _flag(code: str, *areas: MissionArea) -> Attribute:
    return Attribute(code, Form.FLAG, frozenset(areas))


_LOW, _HIGH = Better.LOWER, Better.HIGHER
_EO, _SAR, _RF, _COM = MissionArea.IMAGERY, MissionArea.RADAR, MissionArea.RF_SENSING, MissionArea.SATCOM
_PNT, _SDA, _LAUNCH, _SERVICE = MissionArea.PNT, MissionArea.SDA, MissionArea.LAUNCH, MissionArea.SERVICING
_WX, _GND, _CLOUD = MissionArea.WEATHER, MissionArea.GROUND_STATION, MissionArea.CLOUD

_ALL: list[Attribute] = [
    _number("notice", "h", _LOW),
    _number("availability", "%", _HIGH),
    _number("response_time", "h", _LOW),
    _number("reaction_time", "h", _LOW),
    _codes("licence_tier", "licence_tier"),
    _codes("security_level", "security_level"),
    _number("order_lead", "h", _LOW),
    _number("delivery_latency", "min", _LOW, _EO, _SAR, _RF, _SDA, _WX),
    _number("revisit", "h", _LOW, _EO, _SAR, _RF, _SDA),
    _number("gsd", "m", _LOW, _EO),
    _number("eo:cloud_cover", "%", _LOW, _EO),
    _number("view:off_nadir", "deg", None, _EO),
    _number("view:sun_elevation", "deg", None, _EO),
    _number("bands", "{band}", _HIGH, _EO),
    _number("swath", "km", _HIGH, _EO, _SAR),
    _number("minimum_area", "km2", _LOW, _EO, _SAR),
    _number("geolocation_ce90", "m", _LOW, _EO, _SAR),
    _number("niirs", "{NIIRS}", _HIGH, _EO, _SAR),
    _number("scene_area", "km2", _HIGH, _EO),
    _number("revisit_latitude", "deg", None, _EO, _SAR),
    _number("spectral_range", "nm", None, _EO),
    _number("bit_depth", "{bit}", _HIGH, _EO),
    _codes("processing_levels", "processing_level", _EO, _SAR),
    _codes("look_side", "look_side", _EO, _SAR),
    _codes("orbit_direction", "orbit_direction", _EO, _SAR),
    _flag("stereo", _EO),
    _codes("sar:instrument_mode", "sar_mode", _SAR),
    _codes("sar:frequency_band", "band", _SAR),
    _codes("sar:polarizations", "polarisation", _SAR),
    _number("sar:center_frequency", "GHz", None, _SAR),
    _number("sar:resolution_range", "m", _LOW, _SAR),
    _number("sar:resolution_azimuth", "m", _LOW, _SAR),
    _number("sar:looks", "{look}", _HIGH, _SAR),
    _number("range_looks", "{look}", _HIGH, _SAR),
    _number("azimuth_looks", "{look}", _HIGH, _SAR),
    _number("incidence_angle", "deg", None, _SAR),
    _number("grazing_angle", "deg", None, _SAR),
    _number("scene_size", "km", _HIGH, _SAR),
    _codes("product_types", "sar_product", _SAR),
    _number("nesz", "dB", _LOW, _SAR),
    _number("frequency_range", "MHz", None, _RF),
    _number("geolocation_cep", "km", _LOW, _RF),
    _number("sensitivity", "dB[W]", _LOW, _RF),
    _codes("band", "band", _COM, _GND),
    _codes("orbit", "regime", _COM, _SDA, _LAUNCH, _SERVICE),
    _number("forward_rate", "Mbit/s", _HIGH, _COM),
    _number("return_rate", "Mbit/s", _HIGH, _COM),
    _number("committed_rate", "Mbit/s", _HIGH, _COM),
    _number("leased_bandwidth", "MHz", _HIGH, _COM),
    _number("link_latency", "ms", _LOW, _COM),
    _number("eirp", "dB[W]", _HIGH, _COM, _GND),
    _number("gain_to_noise", "dB/K", _HIGH, _COM, _GND),
    _codes("anti_jam", "anti_jam", _COM),
    _flag("anchored_in_alliance", _COM),
    _codes("service_class", "satcom_class", _COM),
    _codes("gateway_nation", NATION_LIST, _COM),
    _number("contention_ratio", "1", _LOW, _COM),
    _codes("terminal_types", "terminal_type", _COM),
    _flag("beam_steerable", _COM),
    _codes("crypto", "crypto", _COM),
    _codes("polarisation", "satcom_polarisation", _COM, _GND),
    _number("position_accuracy_95", "m", _LOW, _PNT),
    _number("timing_accuracy", "ns", _LOW, _PNT),
    _number("power_margin", "dB", _HIGH, _PNT),
    _flag("authenticated", _PNT),
    _number("alert_limit", "m", _LOW, _PNT),
    _number("time_to_alert", "s", _LOW, _PNT),
    _number("minimum_size", "cm", _LOW, _SDA),
    _number("revisit_object", "h", _LOW, _SDA),
    _codes("regime_coverage", "regime", _SDA),
    _number("tracks_per_day", "{observation}/d", _HIGH, _SDA),
    _number("conjunction_latency", "min", _LOW, _SDA),
    _codes("site_nations", NATION_LIST, _SDA, _GND),
    _number("limiting_magnitude", "{mag}", _HIGH, _SDA),
    _number("objects_maintained", "{object}", _HIGH, _SDA),
    _number("position_sigma", "m", _LOW, _SDA),
    _number("angular_sigma", "''", _LOW, _SDA),
    _number("sensors", "{sensor}", _HIGH, _SDA),
    _codes("sensor_kind", "sensor_kind", _SDA),
    _codes("message_format", "message_format", _SDA),
    _number("mass_to_orbit", "kg", _HIGH, _LAUNCH),
    _number("call_up_time", "d", _LOW, _LAUNCH, _SERVICE),
    _number("launch_rate", "{launch}/a", _HIGH, _LAUNCH),
    _number("flight_record", "{flight}", _HIGH, _LAUNCH),
    _number("propellant", "kg", _HIGH, _SERVICE),
    _number("delta_v", "m/s", _HIGH, _SERVICE),
    _number("profiles_per_day", "{profile}/d", _HIGH, _WX),
    _number("contact_time", "min/d", _HIGH, _GND),
    _number("minimum_contact", "s", _LOW, _GND),
    _number("cancel_lead", "min", _LOW, _GND),
    _number("downlink_rate", "Mbit/s", _HIGH, _GND),
    _number("sites", "{site}", _HIGH, _GND),
    _number("storage", "TBy", _HIGH, _CLOUD),
    _number("time_to_product", "min", _LOW, _CLOUD),
    _number("precision", "%", _HIGH, _CLOUD),
    _number("recall", "%", _HIGH, _CLOUD),
    _flag("on_orbit", _CLOUD),
]

ATTRIBUTES: dict[str, Attribute] = {attribute.code: attribute for attribute in _ALL}


def attribute(code: str, area: MissionArea | None = None) -> Attribute:
    """The attribute `code`; refused when unknown, or when it does not belong to `area`."""
    found = ATTRIBUTES.get(code)
    if found is None or (area is not None and not found.fits(area)):
        known = ", ".join(name for name, each in ATTRIBUTES.items() if area is None or each.fits(area))
        raise Invalid("vocabulary.attribute_unknown", attribute=code, area=area or "-", accepted=known)
    return found


def read(
    code: str,
    value: Any,
    unit: str | None = None,
    *,
    area: MissionArea | None = None,
    provenance: Provenance = Provenance.CLAIMED,
) -> Measured:
    """A given value as a canonical one.

    A number or a pair `[low, high]` needs its unit; codes are one code or a list
    of them; a flag is true or false. Nothing is guessed.
    """
    about = attribute(code, area)
    if about.form is Form.FLAG:
        if not isinstance(value, bool) or unit is not None:
            raise Invalid("vocabulary.value_wrong", attribute=code, given=str(value), expected="true, false")
        return Measured(code, flag=value, given=value, provenance=provenance)
    if about.form is Form.CODES:
        given = [value] if isinstance(value, str) else value
        fitting = isinstance(given, list | tuple) and given and all(each in about.codes for each in given)
        if not fitting or unit is not None:
            raise Invalid(
                "vocabulary.value_wrong", attribute=code, given=_named(given, about), expected=", ".join(about.codes)
            )
        return Measured(code, codes=tuple(sorted(set(given))), given=value, provenance=provenance)
    low, high = number_range(code, value, unit)
    return Measured(code, low, high, given=value, given_unit=unit, provenance=provenance)


def _named(given: Any, about: Attribute) -> str:
    """Of several codes, those that are not in the list."""
    if not isinstance(given, list | tuple):
        return str(given)[:200]
    return ", ".join(str(each) for each in given if each not in about.codes)[:200] or ", ".join(map(str, given))[:200]


def number_range(code: str, value: Any, unit: str | None) -> tuple[float, float]:
    """A number or `[low, high]` of attribute `code`, in its canonical unit."""
    about = attribute(code)
    pair = list(value) if isinstance(value, list | tuple) else [value, value]
    if len(pair) != 2 or any(isinstance(part, bool) or not isinstance(part, int | float) for part in pair):
        raise Invalid("vocabulary.value_wrong", attribute=code, given=str(value), expected="4.5, [4.0, 5.0]")
    canonical = about.unit or ""
    if unit is None:
        raise Invalid("vocabulary.unit_missing", attribute=code, unit=shown(canonical))
    low, high = (convert(part, unit, canonical, of=code) for part in pair)
    if low > high:
        raise Invalid("vocabulary.range_reversed", attribute=code, low=pair[0], high=pair[1])
    return low, high
