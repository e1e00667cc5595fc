"""One screening run: snapshot, compute, publish.

The snapshot is read in one transaction; the computation holds none; the run, its
conjunctions, assessments and failures, the log entry and the audit row are written
in one more: all of it, or nothing. A run names the hash of what it was given and
of what it found, so that two runs over equal sets can be compared byte by byte.

Whoever only asks for a run (the API) imports this module: the engine and its compiler
are imported when one is computed.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from space_hub import db
from space_hub.awareness import snapshot
from space_hub.awareness.freshness import Stages
from space_hub.awareness.tables import Run
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import Invalid, Unavailable
from space_hub.rng import Rng
from space_hub.trust.principal import Principal

if TYPE_CHECKING:
    from space_hub.orbit.screening.engine import Crew

KIND = "screen"
"""Kind of the piece of work that a job does with `run_screening`."""

LONGEST_WINDOW_H = 240.0
WIDEST_M = 50_000.0


_TRIES = 6
_PAUSE_S = 1.0
"""Each try waits for the write lock itself, on SQLite five seconds."""

Progress = Callable[[int, int], None]
Guard = Callable[[Session], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked to do; `check` refuses what makes no sense."""

    start: datetime
    hours: float
    threshold_m: float
    max_age_days: float | None = None

    @property
    def stop(self) -> datetime:
        return self.start + timedelta(hours=self.hours)

    def params(self) -> dict[str, Any]:
        """As JSON, for a piece of work; `of` reads it back."""
        return {
            "start": self.start.isoformat(),
            "hours": self.hours,
            "threshold_m": self.threshold_m,
            "max_age_days": self.max_age_days,
        }

    @classmethod
    def of(cls, params: dict[str, Any]) -> "Asked":
        return cls(**{**params, "start": datetime.fromisoformat(params["start"])})

    def check(self) -> None:
        if not 0.0 < self.hours <= LONGEST_WINDOW_H:
            raise Invalid("run.window_wrong", hours=self.hours, longest_h=LONGEST_WINDOW_H)
        if not 0.0 < self.threshold_m <= WIDEST_M:
            raise Invalid("run.threshold_wrong", threshold_m=self.threshold_m, widest_m=WIDEST_M)
        if self.max_age_days is not None and not self.max_age_days > 0.0:
            raise Invalid("run.max_age_wrong", max_age_days=self.max_age_days)


def run_screening(
    database: Database,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    start: datetime,
    hours: float,
    threshold_m: float,
    max_age_days: float | None = None,
    threads: int = 0,
    crew: "Crew | None" = None,
    progress: Progress | None = None,
    guard: Guard | None = None,
) -> Run:
    """Screen all current sets against each other over `hours` from `start` and publish what was found.

    `threads` of this process compute (0: one for each core it may use), or a `crew`, such as
    a `Cluster`. `progress(done, total)` is called from time to time. `guard` runs inside the
    publishing transaction: a job proves there that it still holds its lease.
    Raises Conflict `run.catalogue_empty` when there is nothing to screen.
    """
    from space_hub.awareness import risk
    from space_hub.awareness.publish import Publishing
    from space_hub.orbit.screening import canonical_sha256, screen

    asked = Asked(start.astimezone(UTC), hours, threshold_m, max_age_days)
    asked.check()
    started_at, began = clock.now(), clock.monotonic()
    stages = Stages(clock)
    with database.read() as session:
        taken = snapshot.take(session, asked.start, asked.max_age_days)
    stages.ended("snapshot")
    sets = [one.elements for one in taken.kept]
    result = screen(
        sets,
        asked.start,
        asked.stop,
        threshold_km=threshold_m / 1000.0,
        threads=threads or cores(),
        crew=crew,
        progress=progress,
    )
    digest = canonical_sha256(result, taken.numbers)
    stages.ended("screen")
    risks = risk.of_run(sets, [one.name for one in sets], result.encounters.columns)
    stages.ended("risk")
    for tries_left in reversed(range(_TRIES)):
        try:
            with database.write() as session:
                if guard is not None:
                    guard(session)
                db.exclusive(session, db.Turn.SCREENING)
                publishing = Publishing(session, clock, rng, principal, asked, taken, result, digest, risks, engine())
                return publishing.publish(started_at, clock.monotonic() - began, stages.seconds)
        except Unavailable:
            # A minute of computation is not thrown away because others write at this moment.
            if not tries_left:
                raise
            clock.sleep(_PAUSE_S)
    raise AssertionError("the last try returns or raises")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def engine() -> str:
    """What computes, and what it rests on."""
    return f"space_hub.orbit.screening, numba {version('numba')}, sgp4 {version('sgp4')}"
