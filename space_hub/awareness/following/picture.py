"""All that one reader may know of a conjunction: looks, other sources, status with reasons, disagreement, contacts."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from space_hub.awareness.following import conjunctions, contacts, told
from space_hub.awareness.following.correlate import LONGEST
from space_hub.awareness.following.side_by_side import Disagreement, View, disagreements
from space_hub.awareness.following.status import Absence, Sighting, Step, history
from space_hub.awareness.following.tables import ObjectContact, SourceAssessment
from space_hub.awareness.tables import Assessment, Conjunction, Designation, Run, RunFailure
from space_hub.trust import markings
from space_hub.trust.principal import Principal


@dataclass(frozen=True, slots=True)
class Picture:
    """`looks` are our runs', oldest first; `said` is what other sources say, in the order in which it came."""

    conjunction: Conjunction
    looks: list[Assessment]
    said: list[SourceAssessment]
    steps: list[Step]
    disagreements: list[Disagreement]
    contacts: list[ObjectContact]


def picture(session: Session, conjunction_id: str, principal: Principal, now: datetime) -> Picture:
    """Raises NotFound `conjunction.unknown`. The id of a lone conjunction that joined a run's gives the run's."""
    found, seen = conjunctions.get_conjunction(session, conjunction_id, principal)
    looks, said = list(seen), told.of(session, found.id, principal)
    ids = [look.run_id for look in looks]
    published = dict(session.exec(select(Run.id, Run.published_at).where(col(Run.id).in_(ids))).all())
    sightings = [
        Sighting(
            at=published[look.run_id],
            source=look.run_id,
            tca=look.tca,
            miss_distance_m=look.miss_distance_m,
            pc=look.pc,
            diluted=bool(look.diluted),
            cut=look.open_start or look.open_end,
        )
        for look in looks
    ]
    sightings += [
        Sighting(
            at=one.received_at,
            source=one.id,
            tca=one.tca,
            miss_distance_m=one.miss_distance_m,
            pc=one.pc,
            diluted=bool(one.diluted),
            line=line(one),
        )
        for one in said
    ]
    views = [View(one.line, one.at, one.tca, one.miss_distance_m, one.pc) for one in sightings]
    return Picture(
        found,
        looks,
        said,
        history(sightings, _absences(session, found, looks, published, principal), now),
        disagreements(views),
        contacts.of(session, principal, (found.object_a_id, found.object_b_id)),
    )


def line(one: SourceAssessment) -> str:
    """Whose looks follow each other: `cdm/ORIGINATOR`. Our own runs are `gp`."""
    return f"{one.source}/{one.originator}"


def _absences(
    session: Session, found: Conjunction, looks: list[Assessment], published: dict[str, datetime], principal: Principal
) -> list[Absence]:
    """Runs after the first look that could have found it and did not."""
    if not looks:
        return []
    pair = (found.object_a_id, found.object_b_id)
    blind = select(RunFailure.run_id).where(col(RunFailure.object_id).in_(pair))
    runs = session.exec(
        select(Run).where(
            Run.published_at > min(published.values()),
            col(Run.id).not_in(list(published)),
            col(Run.id).not_in(blind),
            # Near an edge it may have moved out of the window, by as much as two looks may differ.
            Run.window_start <= found.tca - LONGEST,
            Run.window_stop >= found.tca + LONGEST,
            Run.threshold_m >= looks[-1].miss_distance_m,
            markings.visible(Run.marking_id, principal),
        )
    ).all()
    in_force = session.exec(
        select(func.count())
        .select_from(Designation)
        .where(col(Designation.object_id).in_(pair), col(Designation.valid_to).is_(None))
    ).one()
    return [Absence(run.published_at, run.id, run.threshold_m, ended=in_force < len(pair)) for run in runs]
