"""Requirements: what a planner needs, seen by its own organisation only, and what it lets others read of them."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog.demand import adoption, arrivals, requirements, templates
from catalog.demand import statements as demand
from catalog.demand.adoption import Step
from catalog.demand.needs import PaperGiven, PhaseGiven, TermsGiven, read_need
from catalog.demand.publication import Level
from catalog.demand.standings import Event, State
from catalog.demand.tables import NeedCandidate, NeedStanding
from catalog.matching.values import LEAST_URGENT, LossKind, Need, Operator, Wishes
from catalog.tables import Requirement
from providers.vetting import EvidenceKind
from space_hub.vocabulary.codes import MATURITIES, SECURITY_LEVELS, MissionArea, Modality
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
    quantity: float = Field(gt=0, le=1e15)
    unit: str = Field(description="A unit of the capability's capacity.")
    budget_per_day: str | None = Field(default=None, description="Decimal, as text, in the requirement's currency.")


class PaperIn(In):
    """A document that a supplier must hold through the whole window. Who does not show it is asked, not refused."""

    kind: EvidenceKind
    levels: list[str] = Field(default_factory=list, max_length=20, description="Any of these; empty: any level.")
    recognised_by: list[str] = Field(
        default_factory=list, max_length=50, description="Every one of these nations or bodies must accept it."
    )


class TermsIn(In):
    """Everything of a requirement but what it is about."""

    title: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=4000)
    currency: str = Field(description="ISO 4217; offerings priced in another currency become a question.")
    window_from: UtcDatetime
    window_to: UtcDatetime
    phases: list[PhaseIn] = Field(min_length=1, max_length=3)
    area: Any = Field(default=None, description="GeoJSON geometry.")
    nations: list[str] = Field(default_factory=list, description="Nations of provider allowed; empty: all.")
    excluded_nations: list[str] = Field(default_factory=list)
    owner_nations: list[str] = Field(default_factory=list, description="Nations of the ultimate owner; empty: all.")
    excluded_owner_nations: list[str] = Field(default_factory=list)
    standards: list[str] = Field(default_factory=list, max_length=50)
    modalities: list[Modality] = Field(default_factory=list)
    largest_share: float | None = Field(default=None, gt=0, le=1, description="Most that one supplier may hold.")
    least_suppliers: int = Field(default=1, ge=1, le=100)
    least_jurisdictions: int = Field(default=1, ge=1, le=100, description="Nations that the suppliers are of.")
    survive: list[LossKind] = Field(
        default_factory=list, max_length=2, description="What must be survived, one loss at a time."
    )
    service_kept: float = Field(default=1.0, gt=0, le=1, description="Share of each quantity left after a loss.")
    users: list[str] = Field(default_factory=list, description="Nations that must be able to use what is delivered.")
    sanctioned_nations: list[str] = Field(
        default_factory=list, description="Bar a supplier, its owner and what it is known to rest on."
    )
    sanctioned_names: list[str] = Field(
        default_factory=list, max_length=200, description="As nations, by name; spelling and legal form do not count."
    )
    papers: list[PaperIn] = Field(default_factory=list, max_length=20)
    least_maturity: Literal[MATURITIES] | None = None  # type: ignore[valid-type]
    priority: int = Field(default=LEAST_URGENT, ge=1, le=LEAST_URGENT, description="1 is served first.")
    originator: str = Field(default="", max_length=200, description="The office that the need comes from.")
    level: Literal[SECURITY_LEVELS] = Field(  # type: ignore[valid-type]
        default="unclassified", description="What it is marked as; refused above the hub's ceiling."
    )

    def read(self, now: datetime, ceiling: str, *, capability_code: str, clauses: list[dict[str, Any]]) -> Need:
        """What is asked for, in canonical units; Invalid when it contradicts itself."""
        return read_need(
            capability_code=capability_code,
            currency=self.currency,
            window=Interval(self.window_from, self.window_to),
            phases=[PhaseGiven(each.phase, each.quantity, each.unit, each.budget_per_day) for each in self.phases],
            clauses=clauses,
            now=now,
            area=self.area,
            allowed=self.nations,
            excluded=self.excluded_nations,
            owners_allowed=self.owner_nations,
            owners_excluded=self.excluded_owner_nations,
            standards=self.standards,
            modalities=[each.value for each in self.modalities],
            largest_share=self.largest_share,
            terms=TermsGiven(
                users=self.users,
                sanctioned_nations=self.sanctioned_nations,
                sanctioned_names=self.sanctioned_names,
                papers=[PaperGiven(one.kind, tuple(one.levels), tuple(one.recognised_by)) for one in self.papers],
                least_maturity=self.least_maturity,
                wishes=Wishes(
                    least_suppliers=self.least_suppliers,
                    least_jurisdictions=self.least_jurisdictions,
                    survive=tuple(each for each in LossKind if each in self.survive),
                    service_kept=self.service_kept,
                ),
                priority=self.priority,
                originator=self.originator,
                level=self.level,
                ceiling=ceiling,
            ),
        )


class RequirementIn(TermsIn):
    capability: str
    clauses: list[ClauseIn] = Field(default_factory=list, max_length=50)

    def need(self, now: datetime, ceiling: str) -> Need:
        clauses = [clause.model_dump() for clause in self.clauses]
        return self.read(now, ceiling, capability_code=self.capability, clauses=clauses)


class FromTemplateIn(TermsIn):
    template_id: str
    values: dict[str, bool | float | str | list[float] | list[str]] = Field(
        default_factory=dict, max_length=50, description="In the template's units, by the names that it asks for."
    )


class PublicationIn(In):
    level: Level
    consent_ref: str | None = Field(
        default=None, max_length=64, description="From the preview; needed where more will be read than before."
    )


class StepIn(In):
    event: Event


class AdoptionIn(In):
    step: Step
    note: str = Field(default="", max_length=1000)


class StandingOut(Out):
    """`sole_supplier`: one supplier alone meets every hard clause and no question is open."""

    requirement_id: str
    state: State
    level: Level
    horizon_from: date | None
    horizon_to: date | None
    suppliers_meeting: int | None
    sole_supplier: bool | None
    sole_clauses: list[str] | None
    updated_at: datetime


class LeafOut(Out):
    capability: str
    phase: Phase
    horizon: str


class PreviewOut(Out):
    """`published` is word for word what others would read; nothing at levels that publish no need of its own."""

    level: Level
    published: dict[str, Any] | None
    counted_in: list[LeafOut]
    consent_ref: str


class CandidateOut(Out):
    offering_id: str
    version_id: str
    outcome: arrivals.Standing
    gates: list[dict[str, Any]]
    first_met_at: datetime | None
    at: datetime


class StepOut(Out):
    step: Step
    at: datetime
    by_organisation_id: str
    detail: dict[str, Any]


class CountdownOut(Out):
    step: Step
    months: int
    due: datetime
    done_at: datetime | None
    late: bool


class AdoptionOut(Out):
    steps: list[StepOut]
    clocks: list[CountdownOut]


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
    need = body.need(once.clock.now(), once.settings.classification_ceiling)

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


@router.post("/from-template", status_code=201, policy=scope("requirement:write"))
def create_requirement_from_template(body: FromTemplateIn, once: Once) -> RequirementOut:
    """State what you need with a template: your values in its clauses."""

    def make(session: Session) -> RequirementOut:
        asked = templates.instantiate(templates.get(session, body.template_id), body.values)
        row = requirements.state(
            session,
            once.clock,
            once.rng,
            once.principal,
            title=body.title,
            description=body.description,
            need=body.read(once.clock.now(), once.settings.classification_ceiling, **asked),
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


@router.get("/{requirement_id}/standing", policy=scope("requirement:write"))
def get_standing(requirement_id: str, asked: Asked) -> StandingOut:
    """Where it stands: its state, what others may read, and how many suppliers meet it."""
    with asked.read() as session:
        row = requirements.get(session, asked.principal, requirement_id)
        return StandingOut.model_validate(session.get_one(NeedStanding, row.id))


@router.put("/{requirement_id}/standing", policy=scope("requirement:write"))
def move_requirement(requirement_id: str, body: StepIn, asked: Asked) -> StandingOut:
    """Pause, resume, meet or close it; only an open need is published."""
    with asked.write() as session:
        row = demand.move_need(
            session, asked.clock, asked.rng, asked.principal, requirement_id=requirement_id, event=body.event
        )
        return StandingOut.model_validate(row)


@router.get("/{requirement_id}/publication/preview", policy=scope("demand:write"))
def preview_publication(requirement_id: str, asked: Asked, level: Level) -> PreviewOut:
    """Exactly what others would read at this level, before you consent."""
    with asked.read() as session:
        return PreviewOut.model_validate(demand.preview(session, asked.principal, requirement_id, level))


@router.put("/{requirement_id}/publication", policy=scope("demand:write"))
def publish_requirement(requirement_id: str, body: PublicationIn, asked: Asked) -> StandingOut:
    """Let others read more of it, with your consent to the preview, or less, at once."""
    with asked.write() as session:
        row = demand.publish_need(
            session,
            asked.clock,
            asked.rng,
            asked.principal,
            requirement_id=requirement_id,
            level=body.level,
            consent_ref=body.consent_ref,
        )
        return StandingOut.model_validate(row)


@router.get("/{requirement_id}/candidates", policy=scope("requirement:write"))
def list_candidates(requirement_id: str, asked: Asked, page: Page) -> Paged[CandidateOut]:
    """How each offering stands to it, since it was stated; matching computes anew, this follows what arrives."""
    with asked.read() as session:
        row = requirements.get(session, asked.principal, requirement_id)
        found = select(NeedCandidate).where(NeedCandidate.requirement_id == row.id)
        return page.of(session, found, key=col(NeedCandidate.offering_id), make=CandidateOut.model_validate)


@router.get("/{requirement_id}/adoption", policy=scope("requirement:write"))
def get_adoption(requirement_id: str, asked: Asked) -> AdoptionOut:
    """The dated steps from need to adoption, and the clocks of 3, 12 and 24 months."""
    with asked.read() as session:
        row = requirements.get(session, asked.principal, requirement_id)
        return _adoption(session, asked.clock.now(), row.id)


@router.post("/{requirement_id}/adoption", status_code=201, policy=scope("requirement:write"))
def take_adoption_step(requirement_id: str, body: AdoptionIn, once: Once) -> AdoptionOut:
    """Say that a step is taken, now. A date is never rewritten."""

    def make(session: Session) -> AdoptionOut:
        row = requirements.get(session, once.principal, requirement_id)
        adoption.take(session, once.clock, once.rng, once.principal, row, body.step, body.note)
        return _adoption(session, once.clock.now(), row.id)

    return once.run(make)


def _adoption(session: Session, now: datetime, requirement_id: str) -> AdoptionOut:
    clocks = adoption.clocks(adoption.taken_by(session, requirement_id), now)
    return AdoptionOut(
        steps=[StepOut.model_validate(row) for row in adoption.rows(session, requirement_id)],
        clocks=[CountdownOut.model_validate(each) for each in clocks],
    )
