"""Units of measurement, written in UCUM, and their exact conversion. Pure.

Each dimension lists its units with the factor to a common base; `dB[W]` is the
one scale with an offset. Factors are fractions and a value is read from its
decimal digits, so 50 cm is 0.5 m and not 0.5000000000000001 m. Months are
30.4375 days and years 365.25 days, as UCUM defines them. Things that are
counted carry a UCUM annotation in braces, for example `{observation}/d`.

Source: The Unified Code for Units of Measure, https://ucum.org/ucum .
"""

from fractions import Fraction
from math import isfinite

from space_hub.errors import Invalid

_DAY = Fraction(86400)
_TIME = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "min": Fraction(60),
    "h": Fraction(3600),
    "d": _DAY,
    "wk": 7 * _DAY,
    "mo": Fraction(487, 16) * _DAY,
    "a": Fraction(1461, 4) * _DAY,
}
_LENGTH = {
    "nm": Fraction(1, 10**9),
    "um": Fraction(1, 10**6),
    "mm": Fraction(1, 1000),
    "cm": Fraction(1, 100),
    "m": Fraction(1),
    "km": Fraction(1000),
    "[ft_i]": Fraction(3048, 10000),
    "[mi_i]": Fraction(1609344, 1000),
    "[nmi_i]": Fraction(1852),
}
_AREA = {"m2": Fraction(1), "har": Fraction(10**4), "km2": Fraction(10**6)}
_RATE = {f"{prefix}bit/s": Fraction(10**power) for prefix, power in (("", 0), ("k", 3), ("M", 6), ("G", 9))}
_FREQUENCY = {f"{prefix}Hz": Fraction(10**power) for prefix, power in (("", 0), ("k", 3), ("M", 6), ("G", 9))}
_STORAGE = {"MBy": Fraction(10**6), "GBy": Fraction(10**9), "TBy": Fraction(10**12), "PBy": Fraction(10**15)}
_COUNTED = (
    "band",
    "bit",
    "flight",
    "launch",
    "look",
    "mission",
    "object",
    "observation",
    "product",
    "profile",
    "receiver",
    "sensor",
    "site",
    "vCPU",
)


def _per_time(units: dict[str, Fraction]) -> dict[str, Fraction]:
    """Rates: so much per hour, day, week, month or year."""
    return {
        f"{unit}/{time}": size / _TIME[time] for unit, size in units.items() for time in ("h", "d", "wk", "mo", "a")
    }


def _held(units: dict[str, Fraction]) -> dict[str, Fraction]:
    """So much, held for an hour, a day, a month or a year: what a lease is priced by."""
    return {f"{unit}.{time}": size * _TIME[time] for unit, size in units.items() for time in ("h", "d", "mo", "a")}


def _counts() -> dict[str, dict[str, Fraction]]:
    found: dict[str, dict[str, Fraction]] = {}
    for thing in _COUNTED:
        one = {f"{{{thing}}}": Fraction(1)}
        found |= {thing: one, f"{thing} rate": _per_time(one), f"{thing} held": _held(one)}
    return found


DIMENSIONS: dict[str, dict[str, Fraction]] = {
    "time": _TIME,
    "length": _LENGTH,
    "area": _AREA,
    "area rate": _per_time(_AREA),
    "angle": {
        "deg": Fraction(1),
        "rad": Fraction("57.29577951308232087679815"),
        "'": Fraction(1, 60),
        "''": Fraction(1, 3600),
    },
    "fraction": {"%": Fraction(1), "1": Fraction(100)},
    "frequency": _FREQUENCY,
    "frequency held": _held(_FREQUENCY),
    "data rate": _RATE,
    "data rate held": _held(_RATE),
    "storage": _STORAGE,
    "storage held": _held(_STORAGE),
    "mass": {"g": Fraction(1, 1000), "kg": Fraction(1), "t": Fraction(1000)},
    "mass rate": _per_time({"kg": Fraction(1), "t": Fraction(1000)}),
    "speed": {"m/s": Fraction(1), "km/s": Fraction(1000)},
    "contact rate": _per_time({"min": Fraction(60), "h": Fraction(3600)}),
    "power level": {"dB[W]": Fraction(0), "dB[mW]": Fraction(-30)},
    "ratio": {"dB": Fraction(1)},
    "figure of merit": {"dB/K": Fraction(1)},
    "magnitude": {"{mag}": Fraction(1)},
    "interpretability": {"{NIIRS}": Fraction(1)},
    **_counts(),
}
_LEVELS = frozenset({"power level"})  # Logarithmic scales: the number is an offset, not a factor.

_SPELLINGS = {
    "Mbps": "Mbit/s",
    "Gbps": "Gbit/s",
    "kbps": "kbit/s",
    "arcsec": "''",
    "TB": "TBy",
    "GB": "GBy",
}
"""Everyday spellings that suppliers write and that can mean only one thing."""

_EVERYDAY = (("[ft_i]", "ft"), ("[mi_i]", "mi"), ("[nmi_i]", "nmi"), ("har", "ha"), ("dB[W]", "dBW"), ("dB[mW]", "dBm"))


def shown(unit: str) -> str:
    """A unit as people write it: `ft` for `[ft_i]`, `observation/d` for `{observation}/d`. It is read back too."""
    for ucum, everyday in _EVERYDAY:
        unit = unit.replace(ucum, everyday)
    return unit.replace("{", "").replace("}", "")


_SPELLINGS |= {shown(unit): unit for units in DIMENSIONS.values() for unit in units if shown(unit) != unit}
_SPELLINGS |= {
    unit.replace("m2", "m²"): unit for name in ("area", "area rate") for unit in DIMENSIONS[name] if "m2" in unit
}


def dimension(unit: str) -> str:
    """The dimension of a unit of this table; an unknown one is a programming error."""
    return next(name for name, units in DIMENSIONS.items() if unit in units)


def accepted(unit: str) -> tuple[str, ...]:
    """Every unit that converts to `unit`."""
    return tuple(DIMENSIONS[dimension(unit)])


def convert(value: float, given: str, wanted: str, *, of: str) -> float:
    """`value` in the unit `given`, as a number of `wanted`; `of` names the thing for the refusal.

    Refuses what is not finite and a unit of another dimension, and then lists those it takes.
    """
    try:
        if not isfinite(value):
            raise Invalid("vocabulary.number_not_finite", name=of)
        exact = Fraction(repr(float(value)))
        if dimension(wanted) in _LEVELS:
            units = DIMENSIONS[dimension(wanted)]
            return float(exact + units[_known(given, wanted, of)] - units[wanted])
        return float(exact * factor(given, wanted, of=of))
    except OverflowError:
        raise Invalid("vocabulary.number_not_finite", name=of) from None


def factor(given: str, wanted: str, *, of: str) -> Fraction:
    """How many `wanted` one `given` is."""
    units = DIMENSIONS[dimension(wanted)]
    return units[_known(given, wanted, of)] / units[wanted]


def _known(given: str, wanted: str, of: str) -> str:
    units = DIMENSIONS[dimension(wanted)]
    known = _SPELLINGS.get(given, given)
    if known not in units:
        raise Invalid("vocabulary.unit_unknown", name=of, unit=given, accepted=", ".join(map(shown, units)))
    return known
