"""Who holds an offering: by an agreement, by a call-off, or by a match that took it.

What a holder is told names its own holdings and no other's.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from catalog.ordering import call_offs
from catalog.promise.lifecycle import AgreementStatus, MemberStatus
from catalog.promise.tables import Agreement, PoolMember
from catalog.tables import MatchRecord, Requirement

_ALTERNATIVES = 3
MOST_NAMED = 500
MOST_PROPOSALS = 30
"""Bounds of one message: a holder with thousands of requirements must not make it too large to be sent to anyone."""


@dataclass(slots=True)
class Holding:
    """What one organisation has of an offering; `matches` are its latest, still wanted, that took it."""

    agreement_ids: list[str] = field(default_factory=list)
    call_off_ids: list[str] = field(default_factory=list)
    matches: list[MatchRecord] = field(default_factory=list)

    def affected(self) -> dict[str, list[str]]:
        return {
            "agreements": self.agreement_ids[:MOST_NAMED],
            "call_offs": self.call_off_ids[:MOST_NAMED],
            "requirements": [match.requirement_id for match in self.matches[:MOST_NAMED]],
        }


def of_offering(session: Session, offering_id: str, now: datetime) -> dict[str, Holding]:
    """Every organisation that holds `offering_id`, with what it holds."""
    found: dict[str, Holding] = defaultdict(Holding)
    agreements = session.exec(
        select(Agreement)
        .where(
            Agreement.offering_id == offering_id,
            Agreement.status == AgreementStatus.SIGNED.value,
            col(Agreement.period_to) > now,
        )
        .order_by(col(Agreement.id))
    ).all()
    for agreement in agreements:
        members = session.exec(
            select(PoolMember.organisation_id).where(
                PoolMember.pool_id == agreement.pool_id, PoolMember.status == MemberStatus.JOINED.value
            )
        ).all()
        for member in members:
            found[member].agreement_ids.append(agreement.id)
    for call_off in call_offs.open_on(session, [agreement.id for agreement in agreements]):
        found[call_off.organisation_id].call_off_ids.append(call_off.id)
    for match in _latest_matches(session, now):
        if any(each["offering_id"] == offering_id and each["verdict"] == "taken" for each in match.result["offerings"]):
            found[match.organisation_id].matches.append(match)
    return dict(found)


def proposals(holding: Holding, offering_id: str) -> list[dict[str, Any]]:
    """For each affected requirement: the next best of its last match, and where to match it again."""
    return [
        {
            "requirement_id": match.requirement_id,
            "match_id": match.id,
            "alternatives": [
                {"offering_id": each["offering_id"], "title": each["title"], "verdict": each["verdict"]}
                for each in match.result["offerings"]
                if each["offering_id"] != offering_id and each["verdict"] in ("taken", "reserve")
            ][:_ALTERNATIVES],
            "match_again": {
                "method": "POST",
                "path": "/v1/matches",
                "body": {"requirement_id": match.requirement_id},
            },
        }
        for match in holding.matches[:MOST_PROPOSALS]
    ]


def _latest_matches(session: Session, now: datetime) -> list[MatchRecord]:
    """The last match of every requirement whose window is not over."""
    rows = session.exec(
        select(MatchRecord)
        .join(Requirement, col(Requirement.id) == col(MatchRecord.requirement_id))
        .where(col(Requirement.window_to) > now)
        .order_by(col(MatchRecord.at), col(MatchRecord.id))
    ).all()
    return sorted({row.requirement_id: row for row in rows}.values(), key=lambda row: row.id)
