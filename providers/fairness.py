"""How each kind of provider was answered, by quarter: durations and outcomes, never of fewer than five.

Quarters do not overlap, so none can be subtracted from another. Within one
grouping, what is left out is at least five decisions as well: otherwise the
total of another grouping would give the small rest away.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import median

from sqlmodel import Session, col, select

from providers import submissions
from providers.desk_tables import FairnessRelease, Submission, SubmissionEntry
from providers.offices import Matter
from providers.submissions import Outcome, State
from providers.working_days import is_working, working_seconds
from space_hub.clock import Clock

LEAST = 5
DIMENSIONS = ("size", "nation", "newcomer", "standing")


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision: what group it belongs to by each dimension, how long it took, how it ended."""

    groups: tuple[str, ...]
    hours: float
    outcome: str
    returned: bool
    overturned: bool


@dataclass(frozen=True, slots=True)
class Cell:
    dimension: str
    value: str
    decided: int
    median_h: float
    approved: int
    returned: int
    rejected: int
    overturned: int


def cells(decided: Sequence[Decided]) -> list[Cell]:
    """The groups that may be published, by dimension and value. Pure."""
    found = []
    for index, dimension in enumerate(DIMENSIONS):
        groups: dict[str, list[Decided]] = {}
        for each in decided:
            groups.setdefault(each.groups[index], []).append(each)
        for value in sorted(_shown(groups)):
            found.append(_cell(dimension, value, groups[value]))
    return found


def _shown(groups: dict[str, list[Decided]]) -> set[str]:
    """The large groups, less the smallest of them while what is hidden could be told apart."""
    by_size = sorted(groups, key=lambda value: (len(groups[value]), value))
    hidden = [value for value in by_size if len(groups[value]) < LEAST]
    while 0 < sum(len(groups[value]) for value in hidden) < LEAST and len(hidden) < len(by_size):
        hidden = by_size[: len(hidden) + 1]
    return set(by_size) - set(hidden)


def _cell(dimension: str, value: str, rows: Sequence[Decided]) -> Cell:
    return Cell(
        dimension=dimension,
        value=value,
        decided=len(rows),
        median_h=round(median(row.hours for row in rows), 1),
        approved=sum(row.outcome == Outcome.APPROVED for row in rows),
        returned=sum(row.returned for row in rows),
        rejected=sum(row.outcome == Outcome.REJECTED for row in rows),
        overturned=sum(row.overturned for row in rows),
    )


def release(session: Session, clock: Clock) -> int:
    """Publish the quarter that has ended, once, from its successor's first working day on; how many cells."""
    now = clock.now()
    start, stop = quarter_before(now.date())
    period = name_of(start)
    if now.date() < _first_working_day(stop):
        return 0
    if session.exec(select(FairnessRelease.period).where(FairnessRelease.period == period).limit(1)).first():
        return 0
    found = cells(_decided(session, _midnight(start), _midnight(stop)))
    for cell in found:
        session.add(
            FairnessRelease(
                period=period,
                dimension=cell.dimension,
                value=cell.value,
                decided=cell.decided,
                median_h=cell.median_h,
                approved=cell.approved,
                returned=cell.returned,
                rejected=cell.rejected,
                overturned=cell.overturned,
                at=now,
            )
        )
    return len(found)


def published(session: Session) -> Sequence[FairnessRelease]:
    """Every cell of every quarter, newest quarter first."""
    rows = select(FairnessRelease)
    order = (col(FairnessRelease.period).desc(), col(FairnessRelease.dimension), col(FairnessRelease.value))
    return session.exec(rows.order_by(*order)).all()


def quarter_before(day: date) -> tuple[date, date]:
    """First day of the quarter that ended last before `day`, and of the one after it."""
    stop = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    start = date(stop.year - 1, 10, 1) if stop.month == 1 else date(stop.year, stop.month - 3, 1)
    return start, stop


def name_of(start: date) -> str:
    return f"{start.year}-Q{(start.month + 2) // 3}"


def _decided(session: Session, start: datetime, stop: datetime) -> list[Decided]:
    rows = select(Submission).where(
        Submission.kind == Matter.APPLICATION.value,
        Submission.state == State.ANSWERED.value,
        col(Submission.answered_at) >= start,
        col(Submission.answered_at) < stop,
        col(Submission.size_class).is_not(None),
    )
    overturned = select(Submission.subject).where(
        Submission.kind == Matter.APPEAL.value, Submission.outcome == Outcome.OVERTURNED.value
    )
    won = set(session.exec(overturned).all())
    found = []
    for row in session.exec(rows.order_by(col(Submission.id))).all():
        entries = submissions.history(session, row)
        found.append(
            Decided(
                groups=(row.size_class or "", row.nation, "yes" if row.newcomer else "no", row.standing or ""),
                hours=_with_us(entries) / 3600,
                outcome=row.outcome or "",
                returned=any(entry.event == "paused" for entry in entries),
                overturned=row.subject in won,
            )
        )
    return found


def _with_us(entries: Iterable[SubmissionEntry]) -> float:
    """Working seconds for which it lay with an office and not with the provider."""
    total, since = 0.0, None
    for entry in entries:
        if since is not None and entry.event in {"paused", "answered"}:
            total += working_seconds(since, entry.at)
            since = None
        elif entry.event in {"opened", "resumed"}:
            since = entry.at
    return total


def _first_working_day(day: date) -> date:
    while not is_working(day):
        day = date.fromordinal(day.toordinal() + 1)
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)
