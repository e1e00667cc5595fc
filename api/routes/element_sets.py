"""Element sets in: upload, what became of each file, what was refused, what is held back."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, cast

from fastapi import Depends, Query, Request
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import Out
from api.paging import Page, Paged
from api.policy import Router, scope
from space_hub.awareness import acceptance, ingest
from space_hub.awareness.selection import Standing
from space_hub.awareness.tables import ElementSetRow, QuarantinedSet, SourceCall, SourceFile
from space_hub.awareness.upstream import calls
from space_hub.awareness.upstream.budget import Outcome
from space_hub.awareness.upstream.celestrak import CELESTRAK
from space_hub.errors import Invalid, NotFound
from space_hub.text import say
from space_hub.trust import markings

router = Router(prefix="/v1", tags=["element sets"])

_FORMS = {
    "text/csv": "csv",
    "application/csv": "csv",
    "application/json": "json",
    "application/gzip": None,
    "application/octet-stream": None,
    "text/plain": None,
    "": None,
}
"""What a content type says of the form; None leaves it to the first lines."""


class Form(StrEnum):
    CSV = "csv"
    JSON = "json"
    TLE = "tle"


class SourceFileOut(Out):
    id: str
    source: str
    name: str
    sha256: str
    form: str
    received_at: datetime
    synthetic: bool
    offered: int
    accepted: int
    unchanged: int
    quarantined: int
    withheld: int
    new_objects: int
    departing: int
    forward_dated: int
    refused: bool
    refusal_code: str
    refusal: dict[str, Any]
    reasons: dict[str, int]


class QuarantinedOut(Out):
    id: str
    source_file_id: str
    line: int
    code: str
    reason: str
    raw: str
    received_at: datetime


class ElementSetOut(Out):
    id: str
    object_id: str
    source_file_id: str
    line: int
    catalog_number: int
    name: str
    international_designator: str
    epoch: datetime
    received_at: datetime
    synthetic: bool
    forward_dated: bool
    standing: Standing
    departs: bool
    departure_km: float | None
    confirmed_by: str
    is_current: bool


class SourceCallOut(Out):
    source: str
    number: int
    kind: str
    spent_at_wall: datetime
    settled_at_wall: datetime | None
    outcome: Outcome
    code: str
    sentence: str
    source_file_id: str | None


async def _body(request: Request) -> bytes:
    return await request.body()


_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string", "description": "OMM CSV as CelesTrak gives it."}},
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
            "text/plain": {"schema": {"type": "string", "description": "TLE, two or three lines a set."}},
            "application/gzip": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post("/element-sets", status_code=201, policy=scope("awareness:write"), openapi_extra=_UPLOAD)
def upload_element_sets(
    request: Request,
    once: Once,
    body: Annotated[bytes, Depends(_body)],
    form: Annotated[Form | None, Query(description="Found from the content type or the first lines if absent.")] = None,
    name: Annotated[str, Query(max_length=200, description="Your name for the file.")] = "upload",
) -> SourceFileOut:
    """Take a file of element sets. A file with too many bad sets is refused whole, recorded, and changes nothing."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if form is None and kind not in _FORMS:
        raise Invalid("ingest.form_unknown", given=kind)
    chosen: Any = form.value if form is not None else _FORMS[kind]
    limits = ingest.Limits.of(once.settings)

    def make(session: Session) -> SourceFileOut:
        file = ingest.ingest_bytes(
            session,
            once.clock,
            once.rng,
            once.principal,
            data=body,
            name=name,
            source="upload",
            form=chosen,
            limits=limits,
        )
        return SourceFileOut.model_validate(file)

    answer: Any = once.run(make)
    # The record of a refusal is committed by now, so that the error may follow; a repeated request gets it again.
    file = json.loads(answer.body)
    if file["refused"]:
        raise Invalid(file["refusal_code"], **file["refusal"])
    return cast(SourceFileOut, answer)


@router.get("/source-files", policy=scope("awareness:read"))
def list_source_files(asked: Asked, page: Page) -> Paged[SourceFileOut]:
    """Every file that was offered, newest first, taken or refused."""
    mine = select(SourceFile).where(markings.visible(SourceFile.marking_id, asked.principal))
    with asked.read() as session:
        return page.of(
            session,
            mine,
            key=[col(SourceFile.received_at), col(SourceFile.id)],
            make=SourceFileOut.model_validate,
            descending=True,
        )


@router.get("/source-files/{source_file_id}", policy=scope("awareness:read"))
def get_source_file(source_file_id: str, asked: Asked) -> SourceFileOut:
    """One file: what it offered and what became of every set."""
    with asked.read() as session:
        found = session.exec(
            select(SourceFile).where(
                SourceFile.id == source_file_id, markings.visible(SourceFile.marking_id, asked.principal)
            )
        ).first()
        if found is None:
            raise NotFound("ingest.file_unknown", source_file=source_file_id)
        return SourceFileOut.model_validate(found)


@router.get("/quarantine", policy=scope("awareness:read"))
def list_quarantine(
    asked: Asked, page: Page, source_file_id: Annotated[str | None, Query()] = None
) -> Paged[QuarantinedOut]:
    """Sets that were refused, with line, reason and text."""
    bad = (
        select(QuarantinedSet)
        .join(SourceFile, col(SourceFile.id) == col(QuarantinedSet.source_file_id))
        .where(markings.visible(SourceFile.marking_id, asked.principal))
    )
    if source_file_id is not None:
        bad = bad.where(QuarantinedSet.source_file_id == source_file_id)

    def make(row: QuarantinedSet) -> QuarantinedOut:
        reason = say(row.code, asked.language, **row.params)
        return QuarantinedOut.model_validate(row.model_dump() | {"reason": reason})

    with asked.read() as session:
        return page.of(session, bad, key=col(QuarantinedSet.id), make=make)


@router.get("/element-sets/held", policy=scope("awareness:read"))
def list_held(asked: Asked, page: Page) -> Paged[ElementSetOut]:
    """Sets held back because they depart from their predecessor: a manoeuvre, a swapped identity, or damage."""
    held = (
        select(ElementSetRow)
        .join(SourceFile, col(SourceFile.id) == col(ElementSetRow.source_file_id))
        .where(
            ElementSetRow.standing == Standing.DEPARTS.value,
            markings.visible(SourceFile.marking_id, asked.principal),
        )
    )
    with asked.read() as session:
        return page.of(session, held, key=col(ElementSetRow.id), make=ElementSetOut.model_validate)


@router.post("/element-sets/{element_set_id}/acceptances", status_code=201, policy=scope("awareness:write"))
def accept_element_set(element_set_id: str, once: Once) -> ElementSetOut:
    """Believe a held set: a person has looked at it."""

    def make(session: Session) -> ElementSetOut:
        return ElementSetOut.model_validate(
            acceptance.accept(session, once.clock, once.rng, once.principal, element_set_id)
        )

    return once.run(make)


@router.get("/source-calls", policy=scope("awareness:read"))
def list_source_calls(asked: Asked, page: Page) -> Paged[SourceCallOut]:
    """The requests made to sources, newest first; `stopped` and `unknown` wait for a person."""

    def make(row: SourceCall) -> SourceCallOut:
        sentence = say(row.code or f"source.outcome.{row.outcome}", asked.language, **row.params)
        return SourceCallOut.model_validate(row.model_dump() | {"sentence": sentence})

    with asked.read() as session:
        return page.of(
            session,
            select(SourceCall),
            key=[col(SourceCall.spent_at_wall), col(SourceCall.source), col(SourceCall.number)],
            make=make,
            descending=True,
        )


@router.post("/source-calls/releases", status_code=201, policy=scope("awareness:write"))
def release_source(
    once: Once, source: Annotated[str, Query(max_length=40, description="As its calls name it.")] = CELESTRAK
) -> SourceCallOut:
    """A person has looked at why the source stopped us; requests may go on after their time."""

    def make(session: Session) -> SourceCallOut:
        row = calls.release(session, once.clock, once.principal, source)
        sentence = say(f"source.outcome.{row.outcome}", once.language)
        return SourceCallOut.model_validate(row.model_dump() | {"sentence": sentence})

    return once.run(make)
