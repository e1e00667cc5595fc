"""Doors: through which interface a supplier is reached, and how its listings went."""

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import Session, col

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from providers import doors
from providers.doors import DoorState, SupplierDoor, SyncOutcome, SyncReport
from space_hub.errors import Conflict
from space_hub.text import say
from space_hub.work import ledger

router = Router(prefix="/v1/providers/{provider_id}/door", tags=["doors"])
WRITE = scope("provider:write")


class DoorIn(In):
    adapter: str = Field(description="`http` (the hub's own contract), `stapi`, `stac` or `simulated`.")
    url: str | None = Field(default=None, max_length=2000, description="Where its interface begins.")
    settings: dict[str, Any] = Field(
        default_factory=dict, description="What this adapter must know, for example `product_map`."
    )
    credential: str | None = Field(
        default=None,
        max_length=4000,
        description="The whole Authorization header. It is never read back; left out, that of the same origin stays.",
    )


class DoorOut(Out):
    provider_id: str
    adapter: str
    url: str | None
    settings: dict[str, Any]
    has_credential: bool
    state: DoorState
    failures: int
    last_started_at: datetime | None
    last_done_at: datetime | None
    next_at: datetime | None
    at: datetime


class RefusalOut(Out):
    reference: str | None
    line: int | None
    code: str
    reason: str


class SyncReportOut(Out):
    id: str
    started_at: datetime
    finished_at: datetime
    outcome: SyncOutcome
    listed: int
    new: int
    changed: int
    withdrawn: int
    refused: int
    error_code: str | None
    error: str | None = Field(description="What the code means.")
    refusals: list[RefusalOut] = Field(description="The first 500.")


class SyncStartedOut(Out):
    work_id: str
    follow: str


def door_out(door: SupplierDoor) -> DoorOut:
    plain = door.model_dump(exclude={"credential", "etag", "listing_sha256"})
    return DoorOut.model_validate({**plain, "has_credential": door.credential is not None})


@router.put("", policy=WRITE)
def open_supplier_door(provider_id: str, body: DoorIn, asked: Asked) -> DoorOut:
    """Choose the adapter through which a supplier is reached, its address and what it needs; `simulated` has none."""
    with asked.write() as session:
        door = doors.open_door(
            session,
            asked.clock,
            asked.principal,
            provider_id,
            body.adapter,
            url=body.url,
            settings=body.settings,
            credential=body.credential,
            allow=asked.settings.egress_allow,
        )
        return door_out(door)


@router.get("", policy=WRITE)
def get_supplier_door(provider_id: str, asked: Asked) -> DoorOut:
    """The door, and how it stands; never its credential."""
    with asked.read() as session:
        return door_out(doors.own(session, asked.principal, provider_id))


@router.delete("", policy=WRITE, status_code=204)
def close_supplier_door(provider_id: str, asked: Asked) -> None:
    """Stop asking this supplier and forget its credential. What it listed stays on the shelf."""
    with asked.write() as session:
        doors.close_door(session, asked.clock, asked.principal, provider_id)


@router.post("/sync", status_code=202, policy=WRITE)
def sync_supplier(provider_id: str, once: Once) -> SyncStartedOut:
    """List the supplier now instead of at its next turn."""

    def make(session: Session) -> SyncStartedOut:
        door = doors.own(session, once.principal, provider_id)
        if door.state in {"held", "closed"} or door.url is None:
            raise Conflict("door.not_listed", state=DoorState(door.state))
        params = {"provider_id": provider_id}
        work = ledger.start(
            session, once.clock, once.rng, kind="supplier.sync", params=params, principal=once.principal
        )
        return SyncStartedOut(work_id=work.id, follow=f"/v1/work/{work.id}")

    return once.run(make, status=202)


@router.post("/confirmation", policy=WRITE)
def confirm_supplier_listing(provider_id: str, once: Once) -> DoorOut:
    """Let a held listing pass: it is empty or has lost more than half, and that is right."""

    def make(session: Session) -> DoorOut:
        return door_out(doors.confirm(session, once.clock, once.principal, provider_id))

    return once.run(make, status=200)


@router.get("/reports", policy=WRITE)
def list_sync_reports(provider_id: str, asked: Asked, page: Page) -> Paged[SyncReportOut]:
    """What each listing brought, the latest first, with the reason for everything that was refused."""
    with asked.read() as session:
        return page.of(
            session,
            doors.reports(session, asked.principal, provider_id),
            key=[col(SyncReport.finished_at), col(SyncReport.id)],
            descending=True,
            make=lambda report: report_out(report, asked.language),
        )


def report_out(report: SyncReport, language: str) -> SyncReportOut:
    plain = report.model_dump(exclude={"provider_id", "refusals"})
    refusals = [
        RefusalOut(
            reference=each["reference"],
            line=each["line"],
            code=each["code"],
            reason=say(each["code"], language, **each["params"]),
        )
        for each in report.refusals
    ]
    error = None if report.error_code is None else _failure(report.error_code, language)
    return SyncReportOut.model_validate({**plain, "refusals": refusals, "error": error})


_NO_ANSWER = {"connect": "refused", "delivery.name_unresolved": "name", "timeout": "timeout", "tls": "tls"}
_NOT_READ = {"adapter.answer_not_json", "adapter.answer_shape", "adapter.answer_unreadable", "stapi.no_server"}


def _failure(code: str, language: str) -> str:
    """What a failed listing met, in a sentence that needs no value but the one that its code ends in."""
    room, _, name = code.partition(".")
    kind, _, detail = name.partition(".")
    if room == "sync":
        word = name
    elif room == "adapter" and kind == "status":
        word = "not_found" if detail == "404" else "status"
    elif room == "adapter" and kind == "no_answer":
        word = _NO_ANSWER.get(detail, "unreachable")
    elif code == "adapter.credential_refused":
        word = "credential"
    else:
        word = "unread" if code in _NOT_READ else "unreachable"
    return say(f"door.failed.{word}", language, status=detail)
