"""Requirement templates: what planners usually ask for, by capability, in both languages."""

from typing import Any

from pydantic import Field
from sqlmodel import Session

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged, decode, encode
from api.policy import Router, scope
from catalog.demand import templates
from catalog.demand.templates import Template
from catalog.matching.values import Operator
from space_hub.errors import Invalid

router = Router(prefix="/v1/requirement-templates", tags=["requirements"])


class PlaceIn(In):
    """Where the planner's own value goes."""

    ask: str = Field(min_length=1, max_length=40, pattern="^[a-z0-9_]+$")
    default: bool | float | str | list[float] | list[str]


class TemplateClauseIn(In):
    attribute: str
    operator: Operator
    threshold: PlaceIn | bool | float | str | list[float] | list[str]
    unit: str | None = None
    hard: bool = True


class TemplateIn(In):
    capability: str
    name_en: str = Field(min_length=1, max_length=200)
    name_fr: str = Field(min_length=1, max_length=200)
    clauses: list[TemplateClauseIn] = Field(min_length=1, max_length=50)


class TemplateOut(Out):
    """`asks`: what may be given, each with the value that holds when it is not."""

    id: str
    capability: str
    name: str
    version: int
    clauses: list[dict[str, Any]]
    asks: dict[str, Any]


@router.get("", policy=scope("requirement:write"))
def list_requirement_templates(asked: Asked, page: Page, capability: str | None = None) -> Paged[TemplateOut]:
    """Those that ship with the hub and those that the broker's desk has added."""
    with asked.read() as session:
        found = [each for each in templates.every(session) if capability in (None, each.capability)]
    if page.cursor is not None:
        last = decode(page.cursor)
        if list(map(type, last)) != [str, str]:
            raise Invalid("paging.cursor_invalid", cursor=page.cursor)
        found = [each for each in found if [each.capability, each.name_en] > last]
    shown = found[: page.limit]
    more = len(found) > page.limit
    return Paged[TemplateOut](
        items=[_out(each, asked.language) for each in shown],
        next=encode([shown[-1].capability, shown[-1].name_en]) if more else None,
    )


@router.post("", status_code=201, policy=scope("desk:write"))
def add_requirement_template(body: TemplateIn, once: Once) -> TemplateOut:
    """Add a template for everybody, or a new version of one."""
    clauses = [each.model_dump(exclude_none=True, mode="json") for each in body.clauses]

    def make(session: Session) -> TemplateOut:
        added = templates.add(
            session,
            once.clock,
            once.rng,
            once.principal,
            capability_code=body.capability,
            names=(body.name_en, body.name_fr),
            clauses=clauses,
        )
        return _out(added, once.language)

    return once.run(make)


def _out(template: Template, language: str) -> TemplateOut:
    return TemplateOut(
        id=template.id,
        capability=template.capability,
        name=template.name(language),
        version=template.version,
        clauses=[dict(each) for each in template.clauses],
        asks=template.asks,
    )
