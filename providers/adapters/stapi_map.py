"""A product of a STAPI supplier -> an offering. Pure.

STAPI does not say what kind of thing a product is. It is told by its keywords
and by the names of what can be asked for; where these say nothing, or two
things, the product is refused until the door's `product_map` names its
capability. Nothing is guessed from a title.

What can be asked for between a minimum and a maximum becomes a claimed range,
in the units that the STAC extensions fix for these names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from providers.adapters.base import OfferingDraft
from providers.adapters.client import links_of
from providers.adapters.drafts import read_draft
from space_hub.errors import Invalid
from space_hub.vocabulary.attributes import ATTRIBUTES, Form
from space_hub.vocabulary.capabilities import CAPABILITIES, capability

_KEYWORDS: dict[str, str] = {
    **dict.fromkeys(("sar", "radar"), "radar.sar"),
    **dict.fromkeys(("thermal", "mwir", "lwir", "tir", "infrared"), "imagery.infrared"),
    "hyperspectral": "imagery.hyperspectral",
    **dict.fromkeys(("optical", "vhr", "panchromatic", "multispectral", "color", "colour"), "imagery.optical"),
    **dict.fromkeys(("gnss-ro", "radio occultation"), "weather.radio_occultation"),
    **dict.fromkeys(("rf geolocation", "radio geolocation"), "rf_sensing.geolocation"),
}
_QUERYABLES = {"sar:": "radar.sar", "grazing": "radar.sar"}
_GENERIC = {"eo": "imagery.optical", "eo:": "imagery.optical"}
"""Said of every picture of the Earth: it decides only where nothing narrower does."""

UNITS = {
    "gsd": "m",
    "eo:cloud_cover": "%",
    "view:off_nadir": "deg",
    "view:sun_elevation": "deg",
    "view:incidence_angle": "deg",
    "sar:resolution_range": "m",
    "sar:resolution_azimuth": "m",
    "sar:looks_azimuth": "{look}",
    "sar:looks_range": "{look}",
    "sar:center_frequency": "GHz",
}
_OURS = {
    "view:incidence_angle": "incidence_angle",
    "sar:looks_azimuth": "azimuth_looks",
    "sar:looks_range": "range_looks",
}
_CODES = ("sar:frequency_band", "sar:polarizations", "sar:instrument_mode")
_UNKNOWN_LICENCES = {"?", "license", "licence"}


def read_product(product: Any, product_map: Mapping[str, Any] | None = None, queryables: Any = None) -> OfferingDraft:
    """The offering that a product is; Invalid with the reason where it is none.

    `queryables` is what the supplier's own route says can be asked for; without
    it, that which stands in the product.
    """
    if not isinstance(product, Mapping) or not isinstance(product.get("id"), str):
        raise Invalid("stapi.not_a_product")
    if product.get("type") not in {"Product", "Collection", None}:
        raise Invalid("stapi.not_a_product")
    asked_for = _properties(queryables) or _properties(product.get("queryables"))
    code = capability_of(product, asked_for, product_map or {})
    archive = _is_archive(product)
    draft = read_draft(
        {
            "reference": product["id"],
            "title": _text(product.get("title")) or product["id"],
            "description": _text(product.get("description"))[:4000],
            "licence": _licence(product.get("license")),
            "capability": code,
            "attributes": dict(attributes(code, asked_for | _stated(product))),
            "archive": archive,
            "taskable": not archive,
        }
    )
    return replace(draft, upstream=_upstream(product, asked_for))


def capability_of(product: Mapping[str, Any], asked_for: Mapping[str, Any], product_map: Mapping[str, Any]) -> str:
    named = product_map.get(product["id"])
    if named is not None:
        return capability(str(named)).code
    given = product.get("keywords")
    keywords = [each.strip().casefold() for each in given if isinstance(each, str)] if isinstance(given, list) else []
    told = {_KEYWORDS[each] for each in keywords if each in _KEYWORDS}
    told |= {each for each in keywords if each in CAPABILITIES}  # A server that speaks our words, such as our own.
    told |= {code for name in asked_for for start, code in _QUERYABLES.items() if name.startswith(start)}
    if not told and ("eo" in keywords or any(name.startswith("eo:") for name in asked_for)):
        told = {_GENERIC["eo"]}
    if len(told) != 1:
        raise Invalid("stapi.capability_unknown", product=product["id"][:100], told=", ".join(sorted(told)) or "-")
    return told.pop()


def attributes(code: str, values: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What of a supplier's values our vocabulary has for this capability, as `read_draft` takes it.

    `values`: name -> {"minimum", "maximum"} (a JSON schema, a range of STAC), or a list of values.
    """
    area = capability(code).area
    for name, value in sorted(values.items()):
        ours = _OURS.get(name, name)
        about = ATTRIBUTES.get(ours)
        if about is None or not about.fits(area):
            continue
        if about.form is Form.NUMBER and name in UNITS:
            span = _range(value)
            if span is not None:
                yield ours, {"value": span, "unit": UNITS[name]}
        elif about.form is Form.CODES and name in _CODES:
            codes = _code_list(value, about.codes)
            if codes:
                yield ours, {"value": codes}


def _range(value: Any) -> list[float] | None:
    if isinstance(value, list):
        numbers = [each for each in value if isinstance(each, int | float) and not isinstance(each, bool)]
        return [min(numbers), max(numbers)] if numbers and len(numbers) == len(value) else None
    if not isinstance(value, Mapping):
        return None
    low, high = value.get("minimum"), value.get("maximum")
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in (low, high)):
        return None
    return None if low is None or high is None else [low, high]


def _code_list(value: Any, known: tuple[str, ...]) -> list[str]:
    if isinstance(value, Mapping):
        value = value.get("enum") or value.get("const")
    given = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    by_fold = {code.casefold(): code for code in known}
    found = {by_fold[each.casefold()] for each in given if isinstance(each, str) and each.casefold() in by_fold}
    return sorted(found)


def _properties(schema: Any) -> dict[str, Any]:
    """The properties of a JSON schema; older suppliers give the properties alone."""
    if not isinstance(schema, Mapping):
        return {}
    inner = schema.get("properties")
    found = inner if isinstance(inner, Mapping) else schema if "type" not in schema and "$defs" not in schema else {}
    return {name: value for name, value in found.items() if isinstance(name, str)}


def _stated(product: Mapping[str, Any]) -> dict[str, Any]:
    """Constants of a product, such as its frequency band."""
    given = product.get("properties")
    return {name: value for name, value in given.items() if name in _CODES} if isinstance(given, Mapping) else {}


def _is_archive(product: Mapping[str, Any]) -> bool:
    keywords = product.get("keywords")
    words = [str(each).casefold() for each in keywords] if isinstance(keywords, list) else []
    return "archive" in words


def _licence(given: Any) -> str:
    text = _text(given).strip()
    return "" if text.casefold() in _UNKNOWN_LICENCES else text[:500]


def _text(given: Any) -> str:
    return given if isinstance(given, str) else ""


def _upstream(product: Mapping[str, Any], asked_for: Mapping[str, Any]) -> dict[str, Any]:
    providers = product.get("providers")
    known = [providers] if isinstance(providers, Mapping) else providers if isinstance(providers, list) else []
    return {
        "interface": "stapi",
        "product_id": product["id"],
        "conforms_to": [each for each in product.get("conformsTo") or [] if isinstance(each, str)][:50],
        "links": [dict(each) for each in links_of(product)][:50],
        "providers": [
            {"name": str(each.get("name"))[:200], "roles": [str(role)[:40] for role in each.get("roles") or []][:10]}
            for each in known
            if isinstance(each, Mapping)
        ][:20],
        "queryables": sorted(asked_for)[:200],
    }
