"""Reading conjunctions: what a run found, for an object, by time or by distance.

Answers come from indexes: by run and miss distance, by run and TCA, by object.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, text, union
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from space_hub.awareness import catalogue
from space_hub.awareness.following.levels import AMBER
from space_hub.awareness.tables import RISKY, Assessment, Conjunction, Run
from space_hub.errors import NotFound
from space_hub.trust import markings
from space_hub.trust.principal import Principal


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question about one run; distances in metres."""

    run_id: str
    object_ids: tuple[str, ...] | None = None
    tca_from: datetime | None = None
    tca_to: datetime | None = None
    max_miss_distance_m: float | None = None
    min_pc: float | None = None
    co_located: bool = False


def latest_run(session: Session, principal: Principal | None = None) -> Run | None:
    """The run published last, among those that `principal` may see."""
    statement = select(Run).order_by(col(Run.published_at).desc(), col(Run.id).desc()).limit(1)
    if principal is not None:
        statement = statement.where(markings.visible(Run.marking_id, principal))
    return session.exec(statement).first()


def get_run(session: Session, run_id: str, principal: Principal) -> Run:
    """Raises NotFound `run.unknown`."""
    found = session.exec(select(Run).where(Run.id == run_id, markings.visible(Run.marking_id, principal))).first()
    if found is None:
        raise NotFound("run.unknown", run=run_id)
    return found


def statement(wanted: Wanted) -> Select[Conjunction, Assessment]:
    """The conjunctions of a run with its look at each; unordered."""
    found = (
        sa_select(Conjunction, Assessment)
        .join(Assessment, col(Assessment.conjunction_id) == col(Conjunction.id))
        .where(col(Assessment.run_id) == wanted.run_id, col(Assessment.co_located) == wanted.co_located)
    )
    if wanted.object_ids is not None:
        ids = list(wanted.object_ids)
        # A union, not OR: both sides then come from their index, and the looks from their key.
        theirs = union(
            sa_select(col(Conjunction.id)).where(col(Conjunction.object_a_id).in_(ids)),
            sa_select(col(Conjunction.id)).where(col(Conjunction.object_b_id).in_(ids)),
        )
        found = found.where(col(Assessment.conjunction_id).in_(theirs))
    if wanted.tca_from is not None:
        found = found.where(col(Assessment.tca) >= wanted.tca_from)
    if wanted.tca_to is not None:
        found = found.where(col(Assessment.tca) <= wanted.tca_to)
    if wanted.max_miss_distance_m is not None:
        found = found.where(col(Assessment.miss_distance_m) <= wanted.max_miss_distance_m)
    if wanted.min_pc is not None:
        found = found.where(col(Assessment.pc) >= wanted.min_pc)
        if wanted.min_pc >= AMBER:
            # The index holds these only, and a planner knows that by its very words.
            found = found.where(text(RISKY))
    return found


def conjunctions_of(
    session: Session, object_ids: Iterable[str], run_id: str, max_miss_m: float
) -> list[tuple[Conjunction, Assessment]]:
    """Encounters of any of these objects in a run, nearer than `max_miss_m` metres, by TCA.

    Pairs that fly together are left out: they are no encounters.
    """
    found: dict[str, tuple[Conjunction, Assessment]] = {}
    for some in catalogue.chunks(sorted(set(object_ids))):
        wanted = Wanted(run_id, tuple(some), max_miss_distance_m=max_miss_m)
        for conjunction, look in session.execute(statement(wanted)):
            found[conjunction.id] = (conjunction, look)
    return sorted(found.values(), key=lambda pair: (pair[1].tca, pair[0].id))


def get_conjunction(
    session: Session, conjunction_id: str, principal: Principal
) -> tuple[Conjunction, Sequence[Assessment]]:
    """A conjunction with all its looks, oldest run first; raises NotFound `conjunction.unknown`.

    One that joined a run's conjunction leads there.
    """
    found = _visible(session, conjunction_id, principal)
    if found is not None and found.joined_id is not None:
        found = _visible(session, found.joined_id, principal)
    if found is None:
        raise NotFound("conjunction.unknown", conjunction=conjunction_id)
    looks = session.exec(
        select(Assessment)
        .join(Run, col(Run.id) == col(Assessment.run_id))
        .where(Assessment.conjunction_id == conjunction_id)
        .order_by(col(Run.published_at), col(Run.id))
    ).all()
    return found, looks


def _visible(session: Session, conjunction_id: str, principal: Principal) -> Conjunction | None:
    return session.exec(
        select(Conjunction).where(Conjunction.id == conjunction_id, markings.visible(Conjunction.marking_id, principal))
    ).first()
