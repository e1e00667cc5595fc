"""Long work that was started here: how far it is, what came of it, and how to end it."""

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import col, select

from api.deps import Asked
from api.models import Out
from api.paging import Page, Paged
from api.policy import Router, any_key
from space_hub.text import say
from space_hub.trust import audit
from space_hub.work import ledger
from space_hub.work.tables import Work, WorkKind, WorkState

router = Router(prefix="/v1/work", tags=["work"])


class StartedOut(Out):
    """What is answered at once where the work takes longer."""

    work_id: str
    state: WorkState
    follow: str = Field(description="Ask here for progress and for the result.")


class WorkErrorOut(Out):
    code: str
    detail: str


class WorkOut(Out):
    id: str
    kind: WorkKind
    slot: str | None
    state: WorkState
    done: int
    total: int
    note: str
    cancel_asked: bool
    result: dict[str, Any] | None
    error: WorkErrorOut | None
    created_at: datetime
    started_at_wall: datetime | None
    finished_at_wall: datetime | None


@router.get("", policy=any_key())
def list_work(asked: Asked, page: Page, state: WorkState | None = None) -> Paged[WorkOut]:
    """Your organisation's work, in the order of its ids."""
    mine = select(Work).where(Work.organisation_id == asked.principal.organisation_id)
    if state is not None:
        mine = mine.where(Work.state == state.value)
    with asked.read() as session:
        return page.of(session, mine, key=col(Work.id), make=lambda work: to_out(work, asked.language))


@router.get("/{work_id}", policy=any_key())
def get_work(work_id: str, asked: Asked) -> WorkOut:
    """One piece of work: its state, its progress, its result."""
    with asked.read() as session:
        return to_out(ledger.get(session, asked.principal, work_id), asked.language)


@router.put("/{work_id}/cancel", policy=any_key())
def cancel_work(work_id: str, asked: Asked) -> WorkOut:
    """Ask for its end: at once while it is queued, at its next step once it runs."""
    with asked.write() as session:
        work = ledger.cancel(session, asked.clock, asked.principal, work_id)
        audit.record(session, asked.clock, asked.principal, "work.cancel", work_id)
        return to_out(work, asked.language)


def started(work: Work) -> StartedOut:
    return StartedOut(work_id=work.id, state=WorkState(work.state), follow=f"/v1/work/{work.id}")


def to_out(work: Work, language: str) -> WorkOut:
    """The row as an answer, with the sentence of its failure in the asker's language."""
    error = None
    if work.error_code is not None:
        sentence = say(work.error_code, language, **(work.error_params or {}))
        error = WorkErrorOut(code=work.error_code, detail=sentence)
    return WorkOut(
        id=work.id,
        kind=WorkKind(work.kind),
        slot=work.slot,
        state=WorkState(work.state),
        done=work.done,
        total=work.total,
        note=work.note,
        cancel_asked=work.cancel_asked,
        result=work.result,
        error=error,
        created_at=work.created_at,
        started_at_wall=work.started_at_wall,
        finished_at_wall=work.finished_at_wall,
    )
