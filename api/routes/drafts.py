"""Your unfinished offerings: kept as you gave them, with what is still wrong; nobody else reads them."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict
from sqlmodel import Session, col

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from api.routes.offerings import OfferingOut, show
from catalog.shelf import drafts
from catalog.tables import OfferingDraftRow
from providers.tables import Provider
from space_hub.text import say

router = Router(prefix="/v1/offerings/drafts", tags=["offerings"])


class DraftIn(In):
    """The body of an offering (see `POST /v1/offerings`), as far as it has got."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


class FaultOut(Out):
    code: str
    text: str


class DraftOut(Out):
    reference: str
    body: dict[str, Any]
    faults: list[FaultOut]
    updated_at: datetime


@router.get("", policy=scope("offering:write"))
def list_drafts(asked: Asked, page: Page) -> Paged[DraftOut]:
    """Your drafts."""
    with asked.read() as session:
        statement = drafts.mine(session, asked.principal)
        return page.of(
            session, statement, key=col(OfferingDraftRow.reference), make=lambda row: _out(row, asked.language)
        )


@router.put("/{reference}", policy=scope("offering:write"))
def save_draft(reference: str, body: DraftIn, asked: Asked) -> DraftOut:
    """Keep a draft, however unfinished; `faults` says what would refuse its publication."""
    with asked.write() as session:
        row = drafts.save(session, asked.clock, asked.rng, asked.principal, reference, body.model_dump(mode="json"))
        return _out(row, asked.language)


@router.delete("/{reference}", policy=scope("offering:write"), status_code=204)
def remove_draft(reference: str, asked: Asked) -> None:
    """Forget a draft."""
    with asked.write() as session:
        drafts.remove(session, asked.clock, asked.principal, reference)


@router.post("/{reference}/publication", status_code=201, policy=scope("offering:write"))
def publish_draft(reference: str, once: Once) -> OfferingOut:
    """Put the draft on your shelf."""

    def make(session: Session) -> OfferingOut:
        taken = drafts.publish(session, once.clock, once.rng, once.principal, reference)
        provider = session.get_one(Provider, taken.offering.provider_id)
        return show(session, once.principal, taken.offering, taken.version, provider)

    return once.run(make)


def _out(row: OfferingDraftRow, language: str) -> DraftOut:
    return DraftOut(
        reference=row.reference,
        body=row.body,
        faults=[FaultOut(code=each["code"], text=say(each["code"], language, **each["params"])) for each in row.faults],
        updated_at=row.updated_at,
    )
