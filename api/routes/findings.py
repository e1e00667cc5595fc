"""What others tested or observed of an offering, what the hub computed, and the supplier's answer to it."""

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import Session

from api.deps import Asked, Once
from api.models import In, Out
from api.policy import Router, scope
from catalog.search.shelf import one
from catalog.shelf import findings
from catalog.shelf.findings import FindingGiven
from catalog.tables import Finding
from catalog.wording import physics_reason
from space_hub.text import say
from space_hub.vocabulary.codes import Provenance

router = Router(prefix="/v1", tags=["findings"])


class FindingIn(In):
    attribute: str = Field(max_length=40)
    value: bool | float | str | list[float] = Field(description="As a supplier would give it; one code, not several.")
    unit: str | None = Field(default=None, max_length=30)
    provenance: Provenance = Field(description="tested or observed")
    method: str = Field(min_length=1, max_length=40)
    evidence_id: str | None = Field(default=None, max_length=60)


class ReplyIn(In):
    text: str = Field(min_length=1, max_length=4000)


class ClosedOut(Out):
    """Newer orbits allow the claim: why, and from what that was computed. What is closed counts for nothing."""

    at: datetime
    text: str
    basis: dict[str, Any]


class FindingOut(Out):
    id: str
    version_id: str
    attribute: str
    provenance: Provenance
    low: float | None
    high: float | None
    code: str | None
    method: str
    evidence_id: str | None
    by_organisation_id: str
    at: datetime
    basis: dict[str, Any] | None = Field(description="Of what was computed: area, days, satellites, sensor, stations.")
    reply: str
    reply_at: datetime | None
    closed: ClosedOut | None


class FindingsOut(Out):
    items: list[FindingOut]


@router.post("/offerings/{offering_id}/findings", status_code=201, policy=scope("finding:write"))
def note_finding(offering_id: str, body: FindingIn, once: Once) -> FindingOut:
    """Note what you tested or observed. Others read it once the supplier has answered, or after two working days."""
    given = FindingGiven(body.attribute, body.value, body.unit, body.provenance, body.method, body.evidence_id)

    def make(session: Session) -> FindingOut:
        row = findings.note(session, once.clock, once.rng, once.principal, offering_id, given)
        return _out(row, once.language)

    return once.run(make)


@router.post("/findings/{finding_id}/reply", policy=scope("offering:write"))
def reply_to_finding(finding_id: str, body: ReplyIn, asked: Asked) -> FindingOut:
    """Answer what was found about your offering, once; from then on others read both."""
    with asked.write() as session:
        row: Finding = findings.reply(session, asked.clock, asked.principal, finding_id, body.text)
        return _out(row, asked.language)


@router.get("/catalogue/{offering_id}/findings", policy=scope("catalog:read"))
def list_findings(offering_id: str, asked: Asked) -> FindingsOut:
    """What others found about the current version of an offering that you may see, oldest first."""
    with asked.read() as session:
        now = asked.clock.now()
        _, version, _ = one(session, asked.principal, now, offering_id)
        found = findings.of_versions(session, asked.principal, now, [version.id])
        return FindingsOut(items=[_out(each, asked.language) for each in found.get(version.id, [])])


def _out(row: Finding, language: str) -> FindingOut:
    why, closed = row.closed_for, None
    if row.closed_at is not None and why is not None:
        text = say("finding.dissolved", language, reason=physics_reason(why, language))
        closed = ClosedOut(at=row.closed_at, text=text, basis=why["basis"])
    return FindingOut(**row.model_dump(include=set(FindingOut.model_fields) - {"closed"}), closed=closed)
