"""How awards fell, by size, nation and newcomers: quarter by quarter, and never of fewer than five.

A cell counts at least five awards to at least five suppliers, and so does what is left out of one grouping:
otherwise the total of another grouping would give the small rest away. Quarters do not overlap. Amounts of two
currencies do not add up: a quarter counts the awards in the currency that most of them have.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from catalog.competition import awarding
from catalog.competition.scoring import CriterionKind
from catalog.competition.states import State
from catalog.competition.tables import Award, AwardShare, Competition, Invitation
from catalog.promise.tables import Agreement, AgreementEntry
from providers.fairness import name_of, quarter_before
from providers.tables import Provider
from space_hub.clock import Clock

LEAST = 5
DIMENSIONS = ("size_class", "nation", "newcomer")


@dataclass(frozen=True, slots=True)
class Fallen:
    """One award: to whom, how much, and its group by each dimension."""

    provider_id: str
    groups: tuple[str, ...]
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Cell:
    dimension: str
    value: str
    awards: int
    amount: Decimal
    currency: str


def cells(fallen: Sequence[Fallen]) -> list[Cell]:
    """The groups that may be published, by dimension and value. Pure."""
    if not fallen:
        return []
    counts = Counter(each.currency for each in fallen)
    currency = min(counts, key=lambda code: (-counts[code], code))
    counted = [each for each in fallen if each.currency == currency]
    found = []
    for index, dimension in enumerate(DIMENSIONS):
        groups: dict[str, list[Fallen]] = {}
        for each in counted:
            groups.setdefault(each.groups[index], []).append(each)
        for value in _shown(groups):
            amount = sum((each.amount for each in groups[value]), Decimal(0))
            found.append(Cell(dimension, value, len(groups[value]), amount, currency))
    return found


def release(session: Session, clock: Clock) -> int:
    """Publish the quarter that has ended, once; how many cells."""
    start, stop = quarter_before(clock.now().date())
    period = name_of(start)
    if session.exec(select(AwardShare.period).where(AwardShare.period == period).limit(1)).first():
        return 0
    found = cells(_fallen(session, _midnight(start), _midnight(stop)))
    for cell in found:
        session.add(
            AwardShare(
                period=period,
                dimension=cell.dimension,
                value=cell.value,
                awards=cell.awards,
                amount=f"{cell.amount:f}",
                currency=cell.currency,
            )
        )
    return len(found)


def published(session: Session) -> Sequence[AwardShare]:
    """Every cell of every quarter, newest quarter first."""
    order = (col(AwardShare.period).desc(), col(AwardShare.dimension), col(AwardShare.value))
    return session.exec(select(AwardShare).order_by(*order)).all()


def _shown(groups: Mapping[str, Sequence[Fallen]]) -> list[str]:
    """The large groups, less the smallest of them while what is hidden is small enough to be told apart."""
    by_size = sorted(groups, key=lambda value: (_size(groups[value]), value))
    hidden = [value for value in by_size if _size(groups[value]) < LEAST]
    while hidden and len(hidden) < len(by_size) and _size([each for one in hidden for each in groups[one]]) < LEAST:
        hidden = by_size[: len(hidden) + 1]
    return sorted(set(by_size) - set(hidden))


def _size(fallen: Sequence[Fallen]) -> int:
    """Different suppliers, of which there are never more than awards."""
    return len({each.provider_id for each in fallen})


def _fallen(session: Session, start: datetime, stop: datetime) -> list[Fallen]:
    """First awards of competitions whose standstill ended in the quarter."""
    rows = session.exec(
        select(Competition)
        .where(
            Competition.state == State.AWARDED.value,
            col(Competition.awarded_at) >= start,
            col(Competition.awarded_at) < stop,
        )
        .order_by(col(Competition.id))
    ).all()
    found = []
    for row in rows:
        priced = [each for each in row.criteria if each["kind"] == CriterionKind.PRICE.value]
        award, invitation = awarding.awards(session, row.id)[0]
        if priced:
            amount = next(each.price for each in awarding.judged(session, row) if each.invitation.id == invitation.id)
            found.append(_one(session, award, invitation, amount, priced[0]["unit"]))
    return found


def _one(session: Session, award: Award, invitation: Invitation, amount: Decimal, currency: str) -> Fallen:
    provider = session.get_one(Provider, invitation.provider_id)
    before = session.exec(
        select(AgreementEntry.id)
        .join(Agreement, col(Agreement.id) == col(AgreementEntry.agreement_id))
        .where(Agreement.provider_id == provider.id, AgreementEntry.event == "sign", col(AgreementEntry.at) < award.at)
        .limit(1)
    ).first()
    groups = (provider.size_class, provider.nation, "yes" if before is None else "no")
    return Fallen(provider.id, groups, amount, currency)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)
