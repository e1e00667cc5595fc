"""Drafts and measured values as JSON and back, and the hash of a content. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from providers.adapters.base import OfferingDraft
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.codes import Provenance


def fingerprint(content: Any) -> str:
    """SHA-256 of the canonical JSON of `content`: sorted keys, no spaces, whole numbers without a point.

    The last because a database may give 1e16 or -0.0 back as another spelling of the same number.
    """
    body = json.dumps(_canonical(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(body.encode()).hexdigest()


def _canonical(content: Any) -> Any:
    if isinstance(content, float) and content.is_integer():
        return int(content)
    if isinstance(content, Mapping):
        return {name: _canonical(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_canonical(value) for value in content]
    return content


def measured_to_json(value: Measured) -> dict[str, Any]:
    return {
        "attribute": value.attribute,
        "low": value.low,
        "high": value.high,
        "codes": list(value.codes),
        "flag": value.flag,
        "given": list(value.given) if isinstance(value.given, tuple) else value.given,
        "given_unit": value.given_unit,
        "provenance": value.provenance.value,
    }


def measured_from_json(kept: Mapping[str, Any]) -> Measured:
    return Measured(
        kept["attribute"],
        kept["low"],
        kept["high"],
        tuple(kept["codes"]),
        kept["flag"],
        kept["given"],
        kept["given_unit"],
        Provenance(kept["provenance"]),
    )


def draft_to_json(draft: OfferingDraft) -> dict[str, Any]:
    """What a version holds of a draft, by the names of `OfferingVersion`; `intake.NOT_COLUMNS` are kept elsewhere."""
    about = capability(draft.capability)
    return {
        "title": draft.title,
        "description": draft.description,
        "mission_area": about.area.value,
        "capability": about.code,
        "modality": draft.modality.value,
        "attributes": [measured_to_json(value) for value in draft.attributes],
        "capacity_unit": about.capacity_unit,
        "capacity": [
            {
                "phase": each.phase.value,
                "quantity": each.quantity,
                "given": each.given,
                "given_unit": each.given_unit,
                "notice_h": each.notice_h,
            }
            for each in draft.capacity
        ],
        "price_unit": about.price_unit,
        "prices": [
            {
                "phase": each.phase.value,
                "unit_price": f"{each.unit_price.amount:f}",
                "currency": each.unit_price.currency,
                "retainer_per_day": None if each.retainer_per_day is None else f"{each.retainer_per_day.amount:f}",
                "given": each.given,
                "given_unit": each.given_unit,
            }
            for each in draft.prices
        ],
        "release_to": None if draft.release_to is None else sorted(draft.release_to),
        "standards": list(draft.standards),
        "licence": draft.licence,
        "coverage": draft.coverage,
        "valid_from": None if draft.valid is None else draft.valid.start.isoformat(),
        "valid_to": None if draft.valid is None or draft.valid.stop is None else draft.valid.stop.isoformat(),
        "maturity": draft.maturity,
        "taskable": draft.taskable,
        "archive": draft.archive,
        "upstream": draft.upstream,
        "dependencies": [[each.kind, each.name, each.nation] for each in draft.dependencies],
        "assets": [[each.kind.value, each.name, each.catalog_number, each.nation] for each in draft.assets],
    }
