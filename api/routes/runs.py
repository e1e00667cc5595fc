"""Screening runs: ask for one, see what was published."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, scope
from api.routes.work import StartedOut, started
from space_hub.awareness import catalogue, freshness, screen
from space_hub.awareness.following import conjunctions
from space_hub.awareness.freshness import Basis
from space_hub.awareness.tables import Run, RunFailure, Snapshot
from space_hub.text import say
from space_hub.trust import audit, markings
from space_hub.work import ledger

router = Router(prefix="/v1/runs", tags=["runs"])


class RunIn(In):
    start: UtcDatetime | None = Field(default=None, description="Start of the window; the hub's time if left out.")
    hours: float | None = Field(default=None, description="Length of the window; the installation's if left out.")
    threshold_m: float | None = Field(default=None, description="Screening radius; the installation's if left out.")
    max_age_days: float | None = Field(default=None, description="Leave out sets older than this at the start.")


class RunOut(Out):
    id: str
    snapshot_sha256: str
    snapshot_size: int
    oldest_epoch: datetime | None
    newest_epoch: datetime | None
    synthetic: bool
    window_start: datetime
    window_stop: datetime
    threshold_m: float
    max_age_days: float | None
    offered: int
    screened: int
    excluded: dict[str, int]
    failed: dict[str, int] = Field(description="Objects without a position somewhere in the window, by SGP4 code.")
    encounters: int
    co_located: int
    age_median_h: float | None
    age_max_h: float | None
    result_sha256: str
    engine: str
    software_version: str
    source_at: datetime | None = Field(description="When the newest file that this run rests on was published.")
    source_basis: Basis | None = Field(description="By its source's own word, or when the hub received it.")
    since_source_s: float | None = Field(description="From that publication to the publication of this run.")
    stages_s: dict[str, float] | None = Field(description="Seconds of each step.")
    started_at: datetime
    published_at: datetime
    elapsed_s: float
    notice: str
    synthetic_notice: str | None


class FailureOut(Out):
    object_id: str
    name: str
    catalog_number: int | None
    reason: str
    code: int | None
    at: datetime | None


def run_out(session: Session, run: Run, language: str) -> RunOut:
    """A run with the snapshot that it was given."""
    sha256, size, oldest, newest = session.exec(
        select(Snapshot.sha256, Snapshot.size, Snapshot.oldest_epoch, Snapshot.newest_epoch).where(
            Snapshot.id == run.snapshot_id
        )
    ).one()
    since = freshness.since_source(run, run.published_at)
    more = {
        "snapshot_sha256": sha256,
        "snapshot_size": size,
        "since_source_s": None if since is None else since.total_seconds(),
        "oldest_epoch": oldest,
        "newest_epoch": newest,
        "notice": say("awareness.triage_notice", language),
        "synthetic_notice": say("awareness.synthetic_notice", language) if run.synthetic else None,
    }
    return RunOut.model_validate(run.model_dump() | more)


@router.post("", status_code=202, policy=scope("awareness:write"))
def start_run(body: RunIn, once: Once) -> StartedOut:
    """Queue a screening of the whole catalogue; it is computed elsewhere and published complete or not at all."""
    given = once.settings
    asked = screen.Asked(
        start=body.start or once.clock.now(),
        hours=given.screen_hours if body.hours is None else body.hours,
        threshold_m=given.threshold_m if body.threshold_m is None else body.threshold_m,
        max_age_days=body.max_age_days,
    )
    asked.check()

    def make(session: Session) -> StartedOut:
        work = ledger.start(
            session, once.clock, once.rng, kind=screen.KIND, params=asked.params(), principal=once.principal
        )
        audit.record(session, once.clock, once.principal, "run.ask", work.id, **asked.params())
        return started(work)

    return once.run(make, status=202)


@router.get("", policy=scope("awareness:read"))
def list_runs(asked: Asked, page: Page) -> Paged[RunOut]:
    """Published runs, newest first."""
    mine = select(Run).where(markings.visible(Run.marking_id, asked.principal))
    with asked.read() as session:
        return page.of(
            session,
            mine,
            key=[col(Run.published_at), col(Run.id)],
            make=lambda run: run_out(session, run, asked.language),
            descending=True,
        )


@router.get("/{run_id}", policy=scope("awareness:read"))
def get_run(run_id: str, asked: Asked) -> RunOut:
    """One run: its snapshot, its settings, what it screened, what failed."""
    with asked.read() as session:
        return run_out(session, conjunctions.get_run(session, run_id, asked.principal), asked.language)


@router.get("/{run_id}/failures", policy=scope("awareness:read"))
def list_failures(
    run_id: str,
    asked: Asked,
    page: Page,
    code: Annotated[int | None, Query(ge=0, le=99, description="SGP4 error code; 6 is decayed.")] = None,
) -> Paged[FailureOut]:
    """Objects that the run left out, or lost from some time on."""
    with asked.read() as session:
        run = conjunctions.get_run(session, run_id, asked.principal)
        lost = select(RunFailure).where(RunFailure.run_id == run.id)
        if code is not None:
            lost = lost.where(RunFailure.code == code)
        found = page.of(session, lost, key=col(RunFailure.object_id), make=lambda row: row)
        faces = catalogue.faces(session, [row.object_id for row in found.items])
        items = [
            FailureOut(
                object_id=row.object_id,
                name=faces[row.object_id].name,
                catalog_number=faces[row.object_id].catalog_number,
                reason=row.reason,
                code=row.code,
                at=row.at,
            )
            for row in found.items
        ]
        return Paged[FailureOut](items=items, next=found.next)
