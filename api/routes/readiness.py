"""Readiness: how far what suppliers promise for worse days was borne out, and what they say to it."""

from datetime import datetime

from pydantic import Field
from sqlmodel import Session

from api.deps import Asked, Once
from api.models import In, Out
from api.policy import Router, scope
from catalog.activation import evidence
from catalog.activation.readiness import Outcome, Source, Tally
from catalog.activation.tables import ReadinessEvidence
from catalog.capacity.rules import units
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1", tags=["readiness"])


class TallyOut(Out):
    value: float = Field(description="0 to 1; one half for whoever was never called up. Only a miss lowers it.")
    met: int
    missed: int
    excused: int = Field(description="Missed because the notice never arrived; counts nowhere.")


class PhaseTallyOut(TallyOut):
    phase: Phase


class EvidenceOut(Out):
    id: str
    agreement_id: str
    phase: Phase
    source: Source
    source_sha256: str
    outcome: Outcome
    promised_s: int
    measured_s: int | None
    quantity_promised: float
    quantity_reached: float
    happened_at: datetime
    noted_at: datetime
    reply: str
    reply_at: datetime | None
    counts_at: datetime


class ReadinessOut(Out):
    provider_id: str
    overall: TallyOut
    per_phase: list[PhaseTallyOut]
    newest_age_s: int | None = Field(description="Age of the newest evidence in the value. It never weighs.")
    evidence: list[EvidenceOut] = Field(description="Of your pools, or of all for the supplier itself.")


class ReplyIn(In):
    text: str = Field(min_length=1, max_length=4000)


def _tally(tally: Tally) -> TallyOut:
    return TallyOut(value=tally.value, met=tally.met, missed=tally.missed, excused=tally.excused)


def _evidence(row: ReadinessEvidence) -> EvidenceOut:
    names = ("id", "agreement_id", "source_sha256", "promised_s", "measured_s", "happened_at", "reply", "reply_at")
    return EvidenceOut(
        **row.model_dump(include={*names, "counts_at"}),
        phase=Phase(row.phase),
        source=Source(row.source),
        outcome=Outcome(row.outcome),
        quantity_promised=units(row.parts_promised),
        quantity_reached=units(row.parts_reached),
        noted_at=row.at,
    )


@router.get("/providers/{provider_id}/readiness", policy=scope("catalog:read"))
def get_readiness(provider_id: str, asked: Asked) -> ReadinessOut:
    """For members of pools that have an agreement with the supplier, and for the supplier itself."""
    with asked.read() as session:
        found, rows = evidence.of_provider(session, asked.clock, asked.principal, provider_id)
        return ReadinessOut(
            provider_id=provider_id,
            overall=_tally(found.overall),
            per_phase=[
                PhaseTallyOut(phase=phase, **_tally(tally).model_dump()) for phase, tally in found.per_phase.items()
            ],
            newest_age_s=None if found.newest_age is None else int(found.newest_age.total_seconds()),
            evidence=[_evidence(row) for row in rows],
        )


@router.post("/readiness/{evidence_id}/reply", status_code=200, policy=scope("provider:write"))
def reply_to_evidence(evidence_id: str, body: ReplyIn, once: Once) -> EvidenceOut:
    """The supplier's word on it, once, before it counts."""

    def make(session: Session) -> EvidenceOut:
        return _evidence(evidence.reply(session, once.clock, once.principal, evidence_id, body.text))

    return once.run(make, status=200)
