"""Awards of others that an agreement stands on instead of a new competition."""

from datetime import datetime

from pydantic import Field
from sqlmodel import Session

from api.decided import DecidedByIn, DecidedByOut, decided_by
from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.policy import Router, scope
from catalog.framework import reuse
from catalog.framework.tables import AwardReuse
from catalog.promise import agreements
from space_hub.errors import NotFound

router = Router(prefix="/v1/agreements", tags=["agreements"])


class AwardReuseIn(In):
    body_name: str = Field(min_length=1, max_length=200, description="The innovation body that chose.")
    body_nation: str = Field(description="ISO 3166 alpha-2; a participating Ally's.")
    award_reference: str = Field(min_length=1, max_length=200)
    awarded_at: UtcDatetime
    by_competition: bool = Field(description="Whether it chose by competition; no other award can be used.")
    capability: str = Field(description="What the award is for.")
    evidence_id: str = Field(description="The document of kind award in the supplier's file.")
    decided_by: DecidedByIn


class AwardReuseOut(Out):
    id: str
    agreement_id: str
    body_name: str
    body_nation: str
    award_reference: str
    awarded_at: datetime
    evidence_id: str
    evidence_sha256: str
    decided_by: DecidedByOut | None
    at: datetime


@router.post("/{agreement_id}/award-reuse", status_code=201, policy=scope("agreement:write"))
def reuse_award(agreement_id: str, body: AwardReuseIn, once: Once) -> AwardReuseOut:
    """Attach the award that this agreement stands on, with its evidence, before it is signed."""

    def make(session: Session) -> AwardReuseOut:
        agreement = agreements.get(session, once.principal, agreement_id)
        given = reuse.Attached(
            body_name=body.body_name,
            body_nation=body.body_nation,
            reference=body.award_reference,
            awarded_at=body.awarded_at,
            by_competition=body.by_competition,
            capability=body.capability,
            evidence_id=body.evidence_id,
        )
        return _out(
            reuse.attach(session, once.clock, once.rng, once.principal, agreement, given, body.decided_by.value())
        )

    return once.run(make)


@router.get("/{agreement_id}/award-reuse", policy=scope("catalog:read"))
def get_award_reuse(agreement_id: str, asked: Asked) -> AwardReuseOut:
    """The award that an agreement stands on."""
    with asked.read() as session:
        found = reuse.of_agreement(session, agreements.get(session, asked.principal, agreement_id).id)
        if found is None:
            raise NotFound("reuse.nothing_attached", agreement_id=agreement_id)
        return _out(found)


def _out(row: AwardReuse) -> AwardReuseOut:
    return AwardReuseOut(**row.model_dump(), decided_by=decided_by(row.authority_name, row.authority_office))
