"""Gap reports: which published needs an own offering or draft meets, and what would get it in."""

from typing import Any

from api.deps import Asked
from api.models import Out
from api.policy import Router, scope
from catalog.demand import gaps
from catalog.demand.gap_report import Stands
from catalog.demand.gaps import GapReport

router = Router(prefix="/v1/offerings", tags=["offerings"])


class MissOut(Out):
    clause: str
    yours: str | None
    text: str


class ChangeOut(Out):
    subject: str
    text: str


class GapOfficeOut(Out):
    id: str
    name: str


class GapEntryOut(Out):
    """How the offering stands to one published need; nothing of any other offering enters."""

    need: str
    title: str
    outcome: Stands
    met: int
    misses: list[MissOut]
    one_change: ChangeOut | None
    smallest_set: list[ChangeOut] | None
    questions: list[str]
    as_of: str
    office: GapOfficeOut | None


class GapReportOut(Out):
    """Prices are not compared: a published need has none."""

    capability: str
    meets: int
    misses: int
    unknown: int
    entries: list[GapEntryOut]


@router.get("/{offering_id}/gap-report", policy=scope("offering:write"))
def get_gap_report(offering_id: str, asked: Asked) -> GapReportOut:
    """Which published needs your offering meets, which clause it misses, and the one change that would get it in."""
    with asked.read() as session:
        return gap_report_out(gaps.for_offering(session, asked.principal, offering_id, asked.language))


@router.get("/drafts/{reference}/gap-report", policy=scope("offering:write"))
def get_draft_gap_report(reference: str, asked: Asked) -> GapReportOut:
    """The same for a draft that nobody else has seen yet."""
    with asked.read() as session:
        return gap_report_out(gaps.for_draft(session, asked.clock, asked.principal, reference, asked.language))


def gap_report_out(found: GapReport) -> GapReportOut:
    said: dict[str, Any] = {name: getattr(found, name) for name in found.__slots__}
    return GapReportOut.model_validate(said)
