"""Who holds an offering: by an agreement, by a call-off, or by a match that took it; and who holds one agreement.

What a holder is told names its own holdings and no other's.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

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

    @property
    def assured(self) -> bool:
        """By an agreement or a call-off, and not by a plan alone."""
        return bool(self.agreement_ids or self.call_off_ids)

    def affected(self) -> dict[str, list[str]]:
        return {
            "agreements": self.agreement_ids[:MOST_NAMED],
            "call_offs": self.call_off_ids[:MOST_NAMED],
            "requirements": [match.requirement_id for match in self.matches[:MOST_NAMED]],
        }


def of_offering(session: Session, offering_id: str, now: datetime) -> dict[str, Holding]:
    """Every organisation that holds `offering_id`, with what it holds."""
    found = _of_agreements(session, session.exec(_in_force(now).where(Agreement.offering_id == offering_id)).all())
    for match in _latest_matches(session, now):
        if any(each["offering_id"] == offering_id and each["verdict"] == "taken" for each in match.result["offerings"]):
            found[match.organisation_id].matches.append(match)
    return dict(found)


def of_agreement(session: Session, agreement_id: str, now: datetime) -> dict[str, Holding]:
    """Every organisation that holds one agreement, with that and its call-offs on it."""
    return dict(_of_agreements(session, session.exec(_in_force(now).where(Agreement.id == agreement_id)).all()))


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


def _in_force(now: datetime) -> SelectOfScalar[Agreement]:
    return (
        select(Agreement)
        .where(Agreement.status == AgreementStatus.SIGNED.value, col(Agreement.period_to) > now)
        .order_by(col(Agreement.id))
    )


def _of_agreements(session: Session, agreements: Sequence[Agreement]) -> defaultdict[str, Holding]:
    found: defaultdict[str, Holding] = defaultdict(Holding)
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
    return found


def _latest_matches(session: Session, now: datetime) -> list[MatchRecord]:
    """The last match of every requirement whose window is not over."""
    rows = session.exec(
        select(MatchRecord)
        .join(Requirement, col(Requirement.id) == col(MatchRecord.requirement_id))
        .where(col(Requirement.window_to) > now)
        .order_by(col(MatchRecord.at), col(MatchRecord.id))
    ).all()
    return sorted({row.requirement_id: row for row in rows}.values(), key=lambda row: row.id)
