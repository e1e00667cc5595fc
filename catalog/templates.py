"""Requirement templates: what planners usually ask for, with a value of their own in each clause. Pure.

A template says which attributes matter for a capability and with which values
it is usually stated; `instantiate` puts the planner's values in their places.
It ships for every capability (`templates.json`) in English and French. Where a
threshold stands as `{"ask": name, "default": value}`, the planner may give
`name`; nothing else of a template can be changed, because another question is
another requirement.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from space_hub.errors import Invalid
from space_hub.vocabulary.capabilities import capability

SHIPPED_VERSION = 1


@dataclass(frozen=True, slots=True)
class Template:
    capability: str
    name_en: str
    name_fr: str
    clauses: tuple[Mapping[str, Any], ...]
    version: int = SHIPPED_VERSION

    def name(self, language: str) -> str:
        return self.name_fr if language == "fr" else self.name_en

    @property
    def asks(self) -> dict[str, Any]:
        """What may be given, each with the value that holds when it is not."""
        return {each["threshold"]["ask"]: each["threshold"]["default"] for each in self.clauses if _asks(each)}


@cache
def shipped() -> tuple[Template, ...]:
    kept = json.loads((Path(__file__).parent / "templates.json").read_text("utf-8"))
    return tuple(Template(**{**each, "clauses": tuple(each["clauses"])}) for each in kept)


def by_capability(code: str) -> tuple[Template, ...]:
    """The shipped templates of one capability; an unknown capability is refused."""
    about = capability(code)
    return tuple(each for each in shipped() if each.capability == about.code)


def instantiate(template: Template, values: Mapping[str, Any]) -> dict[str, Any]:
    """Capability and clauses for `catalog.needs.read_need`, which checks every value and its unit."""
    unknown = sorted(set(values) - set(template.asks))
    if unknown:
        accepted = ", ".join(template.asks) or "-"
        raise Invalid("template.value_unknown", given=", ".join(unknown), accepted=accepted)
    return {
        "capability_code": template.capability,
        "clauses": [_filled(each, values) for each in template.clauses],
    }


def check(clauses: Sequence[Mapping[str, Any]]) -> None:
    """Refuse clauses that ask for one name twice, because a value for it would change both."""
    names = [each["threshold"]["ask"] for each in clauses if _asks(each)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Invalid("template.name_repeated", names=", ".join(twice))


def _filled(clause: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    if not _asks(clause):
        return dict(clause)
    threshold = clause["threshold"]
    return {**clause, "threshold": values.get(threshold["ask"], threshold["default"])}


def _asks(clause: Mapping[str, Any]) -> bool:
    threshold = clause.get("threshold")
    return isinstance(threshold, Mapping) and set(threshold) == {"ask", "default"}
