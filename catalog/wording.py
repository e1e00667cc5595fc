"""Reasons of a match as sentences, in English or French."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from catalog.code_labels import label
from space_hub.text import say
from space_hub.vocabulary.attributes import ATTRIBUTES
from space_hub.vocabulary.capabilities import CAPABILITIES

_SIGNS = {"<=": "≤", ">=": "≥"}


def sentence(code: str, params: Mapping[str, Any], language: str, *, capacity_unit: str = "") -> str:
    """The sentence of a reason or a counterfactual of a match record."""
    said = {name: "-" if value is None else value for name, value in params.items()}
    if "attribute" in params:
        about = ATTRIBUTES[params["attribute"]]
        said["attribute"] = say(f"vocabulary.attribute.{about.code}", language)
        said["asked"] = _asked(params, about.unit, language)
        said["offered"] = _offered(about.code, params["offered"], about.unit, language)
    elif code.startswith(("match.capability", "match.enter.capability")):
        for name in ("asked", "offered"):
            known = params[name] in CAPABILITIES
            said[name] = say(f"vocabulary.capability.{params[name]}", language) if known else params[name]
    elif "modality" in code.split("."):
        for name in ("asked", "offered"):
            codes = str(params[name]).split(", ")
            said[name] = ", ".join(label("modality", each, language) for each in codes)
    if "phase" in params:
        said["phase"] = say(f"vocabulary.phase.{params['phase']}", language)
    if "quantity" in params:
        said["quantity"] = _plain(params["quantity"], language)
    if code.startswith("gap.") and "first" in params:
        said["period"] = period(params["first"], params["last"], language)
    if "phases" in params:
        phases = [part for part in str(params["phases"]).split(", ") if part]
        said["phases"] = ", ".join(say(f"vocabulary.phase.{phase}", language) for phase in phases)
    return say(code, language, **{"unit": capacity_unit, **said})


def period(first: str, last: str, language: str) -> str:
    """From one quarter to another, as `2026-Q4` names them, or in one quarter."""
    year, number = first.split("-Q")
    last_year, last_number = last.split("-Q")
    if first == last:
        return say("demand.period.one", language, year=year, number=number)
    return say(
        "demand.period.several", language, year=year, number=number, last_year=last_year, last_number=last_number
    )


def _asked(params: Mapping[str, Any], unit: str | None, language: str) -> str:
    operator = params["operator"]
    if params["flag"] is not None:
        return _yes(params["flag"], language)
    if params["codes"]:
        return f"{say(f'match.operator.{operator}', language)} {_codes(params['attribute'], params['codes'], language)}"
    if params["upper"] is not None:
        return f"{_number(params['threshold'], language)}–{_number(params['upper'], language)} {unit}"
    return f"{_SIGNS[operator]} {_number(params['threshold'], language)} {unit}"


def _offered(attribute: str, offered: Any, unit: str | None, language: str) -> str:
    if offered is None:
        return "-"
    if isinstance(offered, bool):
        return _yes(offered, language)
    if all(isinstance(part, str) for part in offered):
        return _codes(attribute, offered, language)
    low, high = (_number(part, language) for part in offered)
    return f"{low} {unit}" if low == high else f"{low}–{high} {unit}"


def _codes(attribute: str, codes: Sequence[str], language: str) -> str:
    return ", ".join(label(ATTRIBUTES[attribute].list_name, code, language) for code in codes)


def _number(value: float, language: str) -> str:
    text = f"{value:.6g}"
    return text.replace(".", ",") if language == "fr" else text


def _plain(number: str, language: str) -> str:
    """A decimal without the zeros that it carries along."""
    text = f"{Decimal(number).normalize():f}"
    return text.replace(".", ",") if language == "fr" else text


def _yes(flag: bool, language: str) -> str:
    return say("match.yes" if flag else "match.no", language)
