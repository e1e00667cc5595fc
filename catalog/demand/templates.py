"""Requirement templates: what planners usually ask for, with a value of their own in each clause.

A template says which attributes matter for a capability and with which values
it is usually stated; `instantiate` puts the planner's values in their places.
It ships for every capability (`templates.json`) in English and French. Where a
threshold stands as `{"ask": name, "default": value}`, the planner may give
`name`; nothing else of a template can be changed, because another question is
another requirement. The broker's desk may add templates; a new version of one
takes the place of the old.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from catalog.demand.needs import read_clause
from catalog.demand.tables import RequirementTemplate
from catalog.shelf.content import fingerprint
from space_hub.clock import Clock
from space_hub.errors import Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal
from space_hub.vocabulary.capabilities import capability

SHIPPED_VERSION = 1


@dataclass(frozen=True, slots=True)
class Template:
    capability: str
    name_en: str
    name_fr: str
    clauses: tuple[Mapping[str, Any], ...]
    version: int = SHIPPED_VERSION
    own_id: str | None = None

    @property
    def id(self) -> str:
        """A shipped one is named by what it is, so that it needs no row."""
        return self.own_id or f"rqt_{fingerprint([self.capability, self.name_en, self.version])[:26]}"

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


def every(session: Session) -> list[Template]:
    """Shipped and added, by capability and name; of one name only the newest version."""
    rows = session.exec(select(RequirementTemplate).where(col(RequirementTemplate.active).is_(True)))
    added = [_of_row(row) for row in rows]
    newest = {(each.capability, each.name_en): each for each in (*shipped(), *added)}
    return [newest[key] for key in sorted(newest)]


def get(session: Session, template_id: str) -> Template:
    for each in every(session):
        if each.id == template_id:
            return each
    raise NotFound("template.unknown", template_id=template_id)


def add(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    capability_code: str,
    names: tuple[str, str],
    clauses: Sequence[Mapping[str, Any]],
) -> Template:
    """Add a template, or a new version of one; its own values must make clauses that can be read."""
    about = capability(capability_code)
    made = Template(about.code, names[0], names[1], tuple(clauses))
    check(clauses)
    for each in instantiate(made, {})["clauses"]:
        read_clause(each, about.area)
    before = session.exec(
        select(RequirementTemplate)
        .where(RequirementTemplate.capability == about.code, RequirementTemplate.name_en == names[0])
        .with_for_update()
    ).all()
    for old in before:
        old.active = False
        session.add(old)
    known = [old.version for old in before] + [
        SHIPPED_VERSION for each in by_capability(about.code) if each.name_en == names[0]
    ]
    row = RequirementTemplate(
        id=rng.scope(principal.organisation_id, "requirement_template").id("rqt"),
        mission_area=about.area.value,
        capability=about.code,
        version=max(known, default=0) + 1,
        name_en=names[0],
        name_fr=names[1],
        clauses=[dict(each) for each in clauses],
    )
    session.add(row)
    session.flush()
    audit.record(session, clock, principal, "template.add", row.id, version=row.version)
    return _of_row(row)


def _of_row(row: RequirementTemplate) -> Template:
    return Template(row.capability, row.name_en, row.name_fr, tuple(row.clauses), row.version, row.id)


def instantiate(template: Template, values: Mapping[str, Any]) -> dict[str, Any]:
    """Capability and clauses for `catalog.demand.needs.read_need`, which checks every value and its unit."""
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
