"""What is told of a competition: its steps, the awards, and the call-offs that came of it. No quote, no rival."""

from typing import Any

from sqlmodel import Session, col, select

from catalog.competition.states import Event as Step
from catalog.competition.tables import (
    Award,
    Competition,
    CompetitionEntry,
    CompetitionOpening,
    Invitation,
    SealedQuote,
)
from catalog.ocds import of_call_offs
from catalog.ocds.mapping import Event
from catalog.ocds.occasions import LANGUAGE, Occasion, ocid, organisation, sentence, supplier
from catalog.ordering.tables import CallOff
from catalog.promise.tables import PoolLot

_TOLD = {
    Step.PUBLISH: Event.COMPETITION_PUBLISHED,
    Step.CLOSE: Event.COMPETITION_CLOSED,
    Step.OPEN: Event.COMPETITION_OPENED,
    Step.NO_QUOTE: Event.COMPETITION_UNSUCCESSFUL,
    Step.NONE_FITS: Event.COMPETITION_UNSUCCESSFUL,
    Step.COMPLAINT_ACCEPTED: Event.COMPETITION_OPENED,
    Step.CANCEL: Event.COMPETITION_CANCELLED,
}
"""A decision is told by its first award, and the end of the standstill by what is called off.

Who stands behind the first is a way to fall back on, and told as awarded when it is called off.
"""

_EXPLAINED = frozenset({Step.NO_QUOTE, Step.NONE_FITS, Step.COMPLAINT_ACCEPTED, Step.CANCEL})
"""Told with a sentence of ours: what the authority wrote may speak of quotes and of who complained."""


def read(session: Session, prefix: str, competition_id: str) -> list[Occasion]:
    """Every occasion of a competition from its publication on, in the order in which it happened."""
    row = session.get(Competition, competition_id)
    if row is None:
        return []
    lot = session.get_one(PoolLot, row.lot_id)
    title = row.ask["title"][LANGUAGE]
    facts: dict[str, Any] = {
        "ocid": ocid(prefix, row.id),
        "language": LANGUAGE,
        "buyer": organisation(session, row.organisation_id),
        "framework": ocid(prefix, lot.id),
    }
    entries = session.exec(
        select(CompetitionEntry).where(CompetitionEntry.competition_id == row.id).order_by(col(CompetitionEntry.number))
    ).all()
    published = next((each.at for each in entries if each.event == Step.PUBLISH), None)
    if published is None:
        return []
    tender: dict[str, Any] = {
        "id": row.id,
        "title": title,
        "method": "selective",
        "criteria": row.criteria,
        "opens_at": published,
        "closes_at": row.quotes_until,
    }
    found = []
    for entry in entries:
        if entry.event not in _TOLD:
            continue
        if entry.event == Step.OPEN:
            opening = session.get_one(CompetitionOpening, row.id)
            tender = {**tender, "tenderers": opening.opened + opening.unreadable}
        said = {"change": sentence(f"ocds.competition.{entry.event}")} if entry.event in _EXPLAINED else {}
        told = {**facts, "tender": {**tender, **said}}
        found.append(Occasion(f"{row.id}/{entry.number}", _TOLD[Step(entry.event)], entry.at, told))
    awards = session.exec(
        select(Award, Invitation)
        .join(SealedQuote, col(SealedQuote.id) == col(Award.quote_id))
        .join(Invitation, col(Invitation.id) == col(SealedQuote.invitation_id))
        .where(Award.competition_id == row.id)
        .order_by(col(Award.rank))
    ).all()
    for award, invitation in awards[:1]:
        standstill = {"standstill_from": award.at, "standstill_until": award.effective_at}
        won = {
            "id": award.id,
            "title": title,
            "decided_at": award.at,
            "suppliers": [supplier(session, invitation.provider_id)],
        }
        told = {**facts, "tender": {**tender, **standstill}, "award": won}
        found.append(Occasion(award.id, Event.AWARDED, award.at, told))
    award_ids = {invitation.provider_id: award.id for award, invitation in awards[:1]}
    for call_off_id in session.exec(select(CallOff.id).where(CallOff.competition_id == row.id)).all():
        found += of_call_offs.read(session, prefix, call_off_id, award_ids)
    return sorted(found, key=lambda each: each.at)
