"""Encounters that other sources tell of, put beside those that our runs see.

What a source says joins the conjunction that its reader knows: the run's, else one that only
this organisation's messages have told of. Such a lone conjunction is seen by its organisation
only, and joins the run's when a run sees the encounter. A run therefore publishes the same
rows, under the same ids, whatever anybody was told in private.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, or_, select

from space_hub.awareness.following.correlate import LONGEST, Known, Seen, conjunction_id, correlate
from space_hub.awareness.following.tables import SourceAssessment
from space_hub.awareness.following.tolerance import Source, longest
from space_hub.awareness.tables import Assessment, Conjunction, ElementSetRow, Run, SpaceObject
from space_hub.clock import Clock
from space_hub.delivery.log import LogEntry
from space_hub.rng import Rng
from space_hub.trust import markings
from space_hub.trust.principal import Principal


@dataclass(frozen=True, slots=True)
class Told:
    """An encounter as a source tells of it; `teller` is the id of what told it first, for the id of a new row."""

    pair: tuple[str, str]
    tca: datetime
    shorter_period: timedelta
    source: Source
    teller: str

    @property
    def seen(self) -> Seen:
        return Seen(self.pair, self.tca, False, self.shorter_period)


def place(session: Session, principal: Principal, told: Told) -> Conjunction:
    """The conjunction that `told` is about, among those that `principal` may see; made for it alone if need be."""
    near = session.exec(
        select(Conjunction).where(
            _pair(told.pair),
            col(Conjunction.joined_id).is_(None),
            ~col(Conjunction.co_located),
            col(Conjunction.tca).between(told.tca - LONGEST, told.tca + LONGEST),
            markings.visible(Conjunction.marking_id, principal),
        )
    ).all()
    of_runs = [one for one in near if one.first_run_id is not None]
    alone = [one for one in near if one.first_run_id is None]
    for some, other in ((of_runs, Source.GP), (alone, told.source)):
        found = _nearest(some, told.seen, longest(told.source, other))
        if found is not None:
            return found
    objects = [session.get_one(SpaceObject, id) for id in told.pair]
    made = Conjunction(
        id=conjunction_id(told.pair, told.teller, 1),
        object_a_id=told.pair[0],
        object_b_id=told.pair[1],
        co_located=False,
        tca=told.tca,
        synthetic=any(each.synthetic for each in objects),
        marking_id=markings.owner_only(session, principal.organisation_id),
    )
    session.add(made)
    session.flush()
    return made


def add(session: Session, clock: Clock, rng: Rng, principal: Principal, told: Told, **said: Any) -> SourceAssessment:
    """Keep what a source says, for its organisation alone; a lone conjunction takes the newest time."""
    conjunction = place(session, principal, told)
    if conjunction.first_run_id is None and conjunction.tca != told.tca:
        conjunction.tca = told.tca
        session.add(conjunction)
    owner = principal.organisation_id
    row = SourceAssessment(
        id=rng.scope(owner, "source_assessment").id("sas"),
        conjunction_id=conjunction.id,
        source=told.source.value,
        organisation_id=owner,
        received_at=clock.now(),
        tca=told.tca,
        marking_id=markings.owner_only(session, owner),
        **said,
    )
    session.add(row)
    session.flush()
    return row


def of(session: Session, conjunction_id: str, principal: Principal) -> list[SourceAssessment]:
    """What sources say of a conjunction and `principal` may read, in the order in which it came."""
    return list(
        session.exec(
            select(SourceAssessment)
            .where(
                SourceAssessment.conjunction_id == conjunction_id,
                markings.visible(SourceAssessment.marking_id, principal),
            )
            .order_by(col(SourceAssessment.received_at), col(SourceAssessment.id))
        )
    )


def on_run(session: Session, clock: Clock, rng: Rng, entry: LogEntry) -> list[Conjunction]:
    """Lone conjunctions that the run of `entry` sees as well join its own; which those were."""
    run = session.get_one(Run, entry.payload["run_id"])
    alone = session.exec(
        select(Conjunction)
        .where(
            col(Conjunction.first_run_id).is_(None),
            col(Conjunction.joined_id).is_(None),
            col(Conjunction.tca).between(run.window_start - LONGEST, run.window_stop + LONGEST),
        )
        .order_by(col(Conjunction.id))
    ).all()
    return [one for one in alone if _joined(session, run, one)]


def _joined(session: Session, run: Run, lone: Conjunction) -> bool:
    said = session.exec(select(SourceAssessment).where(SourceAssessment.conjunction_id == lone.id)).all()
    owners = {each.organisation_id for each in said}
    if not all(markings.reads(session, owner, run.marking_id) for owner in owners):
        return False
    rows = session.exec(
        select(Conjunction, ElementSetRow)
        .join(Assessment, col(Assessment.conjunction_id) == col(Conjunction.id))
        .join(ElementSetRow, col(ElementSetRow.id).in_((col(Assessment.set_a_id), col(Assessment.set_b_id))))
        .where(Assessment.run_id == run.id, ~col(Assessment.co_located), _pair((lone.object_a_id, lone.object_b_id)))
    ).all()
    if not rows:
        return False
    shorter = timedelta(minutes=min(1440.0 / one.mean_motion_rev_day for _conjunction, one in rows))
    sources = {Source(each.source) for each in said}
    allowed = max(longest(source, Source.GP) for source in sources)
    seen = Seen((lone.object_a_id, lone.object_b_id), lone.tca, False, shorter)
    found = _nearest({one.id: one for one, _set in rows}.values(), seen, allowed)
    if found is None:
        return False
    lone.joined_id = found.id
    session.add(lone)
    session.execute(
        update(SourceAssessment).where(col(SourceAssessment.conjunction_id) == lone.id).values(conjunction_id=found.id)
    )
    return True


def _nearest(some: Iterable[Conjunction], seen: Seen, allowed: timedelta) -> Conjunction | None:
    by_id = {one.id: one for one in some}
    known = (Known(one.id, (one.object_a_id, one.object_b_id), one.tca, False) for one in by_id.values())
    found = correlate(known, [seen], allowed)[0]
    return None if found is None else by_id[found]


def _pair(pair: tuple[str, str]) -> Any:
    """Rows of this pair, in either order."""
    one, other = pair
    a, b = col(Conjunction.object_a_id), col(Conjunction.object_b_id)
    return or_((a == one) & (b == other), (a == other) & (b == one))
