"""The catalogue to begin with and its updates: CelesTrak by its rules, and the sample for places without it."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from space_hub.awareness import catalogue, freshness
from space_hub.awareness.facts import ingest_satcat
from space_hub.awareness.ingest import Limits, ingest_bytes, ingest_text
from space_hub.awareness.tables import SourceFile
from space_hub.awareness.upstream import calls
from space_hub.awareness.upstream.answers import Answer
from space_hub.awareness.upstream.budget import Outcome
from space_hub.awareness.upstream.calls import Taken
from space_hub.awareness.upstream.celestrak import CELESTRAK, POLICY, GpSource
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.orbit.sample import sample_catalogue, to_omm_csv
from space_hub.rng import Rng
from space_hub.trust.principal import Principal


@dataclass(frozen=True, slots=True)
class Refreshed:
    outcome: Outcome
    file: SourceFile | None = None


def refresh(
    database: Database,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    source: GpSource,
    *,
    group: str = "active",
    limits: Limits | None = None,
) -> Refreshed:
    """Ask CelesTrak once, if its rules allow it now, and take the answer into the catalogue."""
    files: list[SourceFile] = []

    def take(session: Session, answer: Answer) -> Taken:
        file = ingest_bytes(
            session,
            clock,
            rng,
            principal,
            data=answer.body,
            name=f"{group}.csv",
            source=CELESTRAK,
            form="csv",
            limits=limits,
            published_at=freshness.last_modified(answer.last_modified, clock.now()),
        )
        files.append(file)
        outcome = Outcome.REFUSED if file.refused else Outcome.TAKEN
        return Taken(outcome, file.id, file.refusal_code, file.refusal)

    taken = calls.ask(database, clock, principal, POLICY, f"gp:{group}", lambda: source.fetch(group), take)
    return Refreshed(taken.outcome, files[0] if files else None)


def refresh_satcat(
    database: Database,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    fetch: Callable[[], Answer],
    *,
    limits: Limits | None = None,
) -> Outcome:
    """Ask CelesTrak for its satellite catalogue once, if its rules allow it now, and keep what it says."""

    def take(session: Session, answer: Answer) -> Taken:
        file = ingest_satcat(
            session, clock, rng, principal, data=answer.body, name="satcat.csv", source=CELESTRAK, limits=limits
        )
        outcome = Outcome.REFUSED if file.refused else Outcome.TAKEN
        return Taken(outcome, file.id, file.refusal_code, file.refusal)

    return calls.ask(database, clock, principal, POLICY, "satcat", fetch, take).outcome


def fetch_or_sample(
    database: Database,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    source: GpSource,
    *,
    group: str = "active",
    seed: int = 1,
    limits: Limits | None = None,
) -> Refreshed:
    """A catalogue to begin with: CelesTrak where it answers, else, and only into an empty catalogue, the sample."""
    refreshed = refresh(database, clock, rng, principal, source, group=group, limits=limits)
    if refreshed.outcome is Outcome.TAKEN:
        return refreshed
    with database.write() as session:
        if not catalogue.is_empty(session):
            return refreshed
        return Refreshed(Outcome.SAMPLE, ingest_sample(session, clock, rng, principal, seed=seed))


def ingest_sample(session: Session, clock: Clock, rng: Rng, principal: Principal, *, seed: int = 1) -> SourceFile:
    """The generated catalogue at the hub's time; every row that comes of it is marked synthetic."""
    text = to_omm_csv(sample_catalogue(clock.now(), seed))
    return ingest_text(
        session, clock, rng, principal, text=text, name=f"sample-{seed}.csv", source="sample", synthetic=True
    )
