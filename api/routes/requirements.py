"""Requirements: what a planner needs, seen by its own organisation only."""

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog import requirements
from catalog.matching.values import Need, Operator
from catalog.needs import PhaseGiven, read_need
from catalog.tables import Requirement
from space_hub.vocabulary.codes import MissionArea, Modality
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/requirements", tags=["requirements"])


class ClauseIn(In):
    attribute: str = Field(description="See /v1/vocabulary.")
    operator: Operator
    threshold: bool | float | str | list[float] | list[str] = Field(
        description="What is needed: a number, `[low, high]` for covers, codes, true or false."
    )
    objective: float | None = Field(default=None, description="Beyond this, more is worth nothing. Same unit.")
    unit: str | None = Field(default=None, description="UCUM; needed for a number.")
    hard: bool = Field(default=True, description="A hard clause decides, a soft one only scores.")
    weight: float = Field(default=1.0, ge=0, le=1000)


class PhaseIn(In):
    phase: Phase
    quantity: float = Field(gt=0)
    unit: str = Field(description="A unit of the capability's capacity.")
    budget_per_day: str | None = Field(default=None, description="Decimal, as text, in the requirement's currency.")


class RequirementIn(In):
    title: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=4000)
    capability: str
    currency: str = Field(description="ISO 4217; offerings priced in another currency become a question.")
    window_from: UtcDatetime
    window_to: UtcDatetime
    phases: list[PhaseIn] = Field(min_length=1, max_length=3)
    clauses: list[ClauseIn] = Field(default_factory=list, max_length=50)
    area: Any = Field(default=None, description="GeoJSON geometry.")
    nations: list[str] = Field(default_factory=list, description="Nations of provider allowed; empty: all.")
    excluded_nations: list[str] = Field(default_factory=list)
    owner_nations: list[str] = Field(default_factory=list, description="Nations of the ultimate owner; empty: all.")
    excluded_owner_nations: list[str] = Field(default_factory=list)
    standards: list[str] = Field(default_factory=list, max_length=50)
    modalities: list[Modality] = Field(default_factory=list)
    largest_share: float | None = Field(default=None, gt=0, le=1, description="Most that one supplier may hold.")

    def need(self, now: datetime) -> Need:
        """What is asked for, in canonical units; Invalid when it contradicts itself."""
        return read_need(
            capability_code=self.capability,
            currency=self.currency,
            window=Interval(self.window_from, self.window_to),
            phases=[PhaseGiven(each.phase, each.quantity, each.unit, each.budget_per_day) for each in self.phases],
            clauses=[clause.model_dump() for clause in self.clauses],
            now=now,
            area=self.area,
            allowed=self.nations,
            excluded=self.excluded_nations,
            owners_allowed=self.owner_nations,
            owners_excluded=self.excluded_owner_nations,
            standards=self.standards,
            modalities=[each.value for each in self.modalities],
            largest_share=self.largest_share,
        )


class RequirementOut(Out):
    id: str
    title: str
    description: str
    mission_area: MissionArea
    capability: str
    currency: str
    clauses: list[dict[str, Any]]
    phases: list[dict[str, Any]]
    area: Any
    window_from: datetime
    window_to: datetime
    terms: dict[str, Any]
    content_sha256: str
    created_at: datetime


@router.post("", status_code=201, policy=scope("requirement:write"))
def create_requirement(body: RequirementIn, once: Once) -> RequirementOut:
    """State what you need. It is refused when it contradicts itself. No supplier is told."""
    need = body.need(once.clock.now())

    def make(session: Session) -> RequirementOut:
        row = requirements.state(
            session,
            once.clock,
            once.rng,
            once.principal,
            title=body.title,
            description=body.description,
            need=need,
        )
        return RequirementOut.model_validate(row)

    return once.run(make)


@router.get("", policy=scope("requirement:write"))
def list_requirements(asked: Asked, page: Page) -> Paged[RequirementOut]:
    """Your organisation's requirements."""
    statement = select(Requirement).where(Requirement.organisation_id == asked.principal.organisation_id)
    with asked.read() as session:
        return page.of(session, statement, key=col(Requirement.id), make=RequirementOut.model_validate)


@router.get("/{requirement_id}", policy=scope("requirement:write"))
def get_requirement(requirement_id: str, asked: Asked) -> RequirementOut:
    """One requirement, as it was stated."""
    with asked.read() as session:
        return RequirementOut.model_validate(requirements.get(session, asked.principal, requirement_id))
