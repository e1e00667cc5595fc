"""Pre-emptions: what fell for a more important call-off, by which order, and what it gets back."""

from datetime import datetime

from pydantic import Field

from api.decided import DecidedByOut
from api.deps import Asked
from api.models import Out
from api.policy import Router, scope
from catalog.capacity.preemption import Verdict
from catalog.capacity.rules import units
from catalog.ordering import preempting
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/preemptions", tags=["call-offs"])


class JudgedOut(Out):
    rank: int
    call_off_id: str
    organisation_id: str
    first_slot: int
    last_slot: int
    parts: int
    level: int = Field(description="1 is served first, 15 last.")
    quota_share: str
    at: str
    verdict: Verdict


class FellOut(Out):
    call_off_id: str
    quantity: float
    first_slot: int
    last_slot: int
    compensation: str
    currency: str


class PreemptionOut(Out):
    id: str
    agreement_id: str
    phase: Phase
    reason: str
    decided_by: DecidedByOut
    at: datetime
    fell: list[FellOut] = Field(description="For a nation that gave way its own alone.")
    call_off_id: str | None = Field(description="For whom; told to who asked and to the pool's lead.")
    order: list[JudgedOut] | None = Field(description="The whole list that was judged, in its order; told to the same.")
    order_sha256: str


@router.get("/{preemption_id}", policy=scope("order:read"))
def get_preemption(preemption_id: str, asked: Asked) -> PreemptionOut:
    """For who asked, for the pool's lead, and for those who gave way."""
    with asked.read() as session:
        row, asker, fell = preempting.get(session, asked.principal, preemption_id)
        all_of_it = preempting.knows_all(session, asked.principal, asker)
        return PreemptionOut(
            id=row.id,
            agreement_id=row.agreement_id,
            phase=Phase(row.phase),
            reason=preempting.reason_of(session, row),
            decided_by=DecidedByOut(name=row.authority_name, office=row.authority_office),
            at=row.at,
            fell=[
                FellOut(
                    call_off_id=each.call_off_id,
                    quantity=units(each.parts),
                    first_slot=each.first_slot,
                    last_slot=each.last_slot,
                    compensation=each.compensation,
                    currency=each.currency,
                )
                for each, _ in fell
            ],
            call_off_id=row.call_off_id if all_of_it else None,
            order=[JudgedOut.model_validate(each) for each in row.order] if all_of_it else None,
            order_sha256=row.order_sha256,
        )
