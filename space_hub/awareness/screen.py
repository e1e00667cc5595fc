"""One screening run: snapshot, compute, publish.

The snapshot is read in one transaction; the computation holds none; the run, its
conjunctions, assessments and failures, the log entry and the audit row are written
in one more: all of it, or nothing. A run names the hash of what it was given and
of what it found, so that two runs over equal sets can be compared byte by byte.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from statistics import median
from typing import Any

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from space_hub.awareness import catalogue
from space_hub.awareness.catalogue import CurrentSet
from space_hub.awareness.correlate import LONGEST, Known, Seen, conjunction_id, correlate
from space_hub.awareness.tables import Assessment, Conjunction, Run, RunFailure, Snapshot, SpaceObject
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.delivery import log
from space_hub.errors import Conflict, Invalid, Unavailable
from space_hub.orbit import screening
from space_hub.rng import Rng
from space_hub.text import say
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal

KIND = "screen"
"""Kind of the piece of work that a job does with `run_screening`."""

LONGEST_WINDOW_H = 240.0
WIDEST_M = 50_000.0

DECAYED = 6
"""SGP4's code for a position below the surface of the earth."""

_LOCK = 7_310_011

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


@dataclass(frozen=True, slots=True)
class Taken:
    """The sets of a snapshot: those to be screened, and those left out with their reason."""

    offered: list[CurrentSet]
    kept: list[CurrentSet]
    excluded: list[tuple[CurrentSet, str]]

    @property
    def sha256(self) -> str:
        return hashlib.sha256("\n".join(sorted(one.content_hash for one in self.offered)).encode()).hexdigest()

    @property
    def synthetic(self) -> bool:
        return any(one.synthetic for one in self.offered)


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
    workers: int = 2,
    progress: Progress | None = None,
    guard: Guard | None = None,
) -> Run:
    """Screen all current sets against each other over `hours` from `start` and publish what was found.

    `progress(done, total)` is called from time to time. `guard` runs inside the
    publishing transaction: a job proves there that it still holds its lease.
    Raises Conflict `run.catalogue_empty` when there is nothing to screen.
    """
    asked = Asked(start.astimezone(UTC), hours, threshold_m, max_age_days)
    asked.check()
    started_at, began = clock.now(), clock.monotonic()
    with database.read() as session:
        taken = _take(session, asked)
    if not taken.kept:
        raise Conflict("run.catalogue_empty", offered=len(taken.offered))
    result = screening.screen(
        [one.elements for one in taken.kept],
        asked.start,
        asked.stop,
        threshold_km=threshold_m / 1000.0,
        workers=workers,
        progress=progress,
    )
    for tries_left in reversed(range(_TRIES)):
        try:
            with database.write() as session:
                if guard is not None:
                    guard(session)
                log.exclusive(session, _LOCK)
                publishing = _Publishing(session, clock, rng, principal, asked, taken, result)
                return publishing.publish(started_at, clock.monotonic() - began)
        except Unavailable:
            # A minute of computation is not thrown away because others write at this moment.
            if not tries_left:
                raise
            clock.sleep(_PAUSE_S)
    raise AssertionError("the last try returns or raises")


def _take(session: Session, asked: Asked) -> Taken:
    offered = catalogue.current_sets(session)
    kept: list[CurrentSet] = []
    excluded: list[tuple[CurrentSet, str]] = []
    oldest = None if asked.max_age_days is None else asked.start - timedelta(days=asked.max_age_days)
    for one in offered:
        if oldest is not None and one.elements.epoch < oldest:
            excluded.append((one, "age"))
        else:
            kept.append(one)
    return Taken(offered, kept, excluded)


@dataclass(slots=True)
class _Publishing:
    """One run on its way into the database."""

    session: Session
    clock: Clock
    rng: Rng
    principal: Principal
    asked: Asked
    taken: Taken
    result: screening.ScreeningResult

    def publish(self, started_at: datetime, elapsed_s: float) -> Run:
        marking_id = markings.public(self.session)
        snapshot = self._snapshot()
        ages = [catalogue.age_h(one.elements.epoch, self.asked.start) for one in self.taken.kept]
        encounters = self.result.encounters
        run = Run(
            id=self.rng.scope("hub", "run").id("run"),
            snapshot_id=snapshot.id,
            organisation_id=self.principal.organisation_id,
            marking_id=marking_id,
            synthetic=self.taken.synthetic,
            window_start=self.asked.start,
            window_stop=self.asked.stop,
            threshold_m=self.asked.threshold_m,
            max_age_days=self.asked.max_age_days,
            offered=len(self.taken.offered),
            screened=self.result.screened,
            excluded=dict(Counter(reason for _one, reason in self.taken.excluded)),
            failed={str(code): count for code, count in self.result.failed.items()},
            encounters=sum(not one.co_located for one in encounters),
            co_located=sum(one.co_located for one in encounters),
            age_median_h=median(ages),
            age_max_h=max(ages),
            result_sha256=screening.canonical_sha256(
                self.result, [one.elements.catalog_number for one in self.taken.kept]
            ),
            engine=f"space_hub.orbit.screening, sgp4 {version('sgp4')}",
            software_version=version("space-hub"),
            started_at=started_at,
            published_at=self.clock.now(),
            elapsed_s=elapsed_s,
        )
        self.session.add(run)
        self.session.flush()
        self._conjunctions(run)
        self._failures(run)
        self._decays(run)
        summary = self._summary(run, snapshot)
        log.append(self.session, self.clock, "run.published", run.id, summary, marking_id)
        audit.record(self.session, self.clock, self.principal, "run.published", run.id, **summary)
        return run

    def _snapshot(self) -> Snapshot:
        digest, epochs = self.taken.sha256, [one.elements.epoch for one in self.taken.offered]
        known = self.session.exec(select(Snapshot).where(Snapshot.sha256 == digest)).first()
        if known is not None:
            return known
        snapshot = Snapshot(
            id=self.rng.scope("hub", "snapshot").id("snp"),
            sha256=digest,
            size=len(epochs),
            synthetic=self.taken.synthetic,
            oldest_epoch=min(epochs),
            newest_epoch=max(epochs),
            element_set_ids=[one.id for one in self.taken.offered],
            taken_at=self.clock.now(),
        )
        self.session.add(snapshot)
        self.session.flush()
        return snapshot

    def _conjunctions(self, run: Run) -> None:
        sets, encounters = self.taken.kept, self.result.encounters
        seen = [
            Seen(
                (sets[one.a].object_id, sets[one.b].object_id),
                one.tca,
                one.co_located,
                timedelta(minutes=min(sets[one.a].elements.period_min, sets[one.b].elements.period_min)),
            )
            for one in encounters
        ]
        found = correlate(self._known(), seen)
        ordinals: defaultdict[tuple[str, str], int] = defaultdict(int)
        fresh: list[dict[str, Any]] = []
        again: list[dict[str, Any]] = []
        looks: list[dict[str, Any]] = []
        for one, look, known in zip(encounters, seen, found, strict=True):
            pair = look.pair
            ordinals[pair] += 1
            id = known or conjunction_id(pair, run.id, ordinals[pair])
            if known is not None:
                again.append({"id": id, "latest_run_id": run.id, "tca": one.tca})
            else:
                fresh.append(
                    {
                        "id": id,
                        "object_a_id": pair[0],
                        "object_b_id": pair[1],
                        "first_run_id": run.id,
                        "latest_run_id": run.id,
                        "co_located": one.co_located,
                        "tca": one.tca,
                        "synthetic": run.synthetic,
                        "marking_id": run.marking_id,
                    }
                )
            looks.append(_assessment(id, run.id, one, sets[one.a], sets[one.b]))
        if fresh:
            self.session.execute(insert(Conjunction), fresh)
        if again:
            self.session.execute(update(Conjunction), again)
        if looks:
            self.session.execute(insert(Assessment), looks)
        catalogue.refresh_statistics(self.session, len(looks), Conjunction, Assessment)

    def _known(self) -> list[Known]:
        near = col(Conjunction.tca).between(self.asked.start - LONGEST, self.asked.stop + LONGEST)
        rows = self.session.exec(
            select(Conjunction.id, Conjunction.object_a_id, Conjunction.object_b_id, Conjunction.tca).where(
                near, ~col(Conjunction.co_located)
            )
        )
        known = [Known(id, (a, b), tca, False) for id, a, b, tca in rows]
        together = self.session.exec(
            select(Conjunction.id, Conjunction.object_a_id, Conjunction.object_b_id, Conjunction.tca).where(
                col(Conjunction.co_located)
            )
        )
        return known + [Known(id, (a, b), tca, True) for id, a, b, tca in together]

    def _failures(self, run: Run) -> None:
        rows: list[dict[str, Any]] = [
            {"run_id": run.id, "object_id": one.object_id, "reason": reason, "code": None, "at": None}
            for one, reason in self.taken.excluded
        ]
        rows += [
            {
                "run_id": run.id,
                "object_id": self.taken.kept[failure.index].object_id,
                "reason": "sgp4",
                "code": failure.code,
                "at": failure.at,
            }
            for failure in self.result.failures
        ]
        if rows:
            self.session.execute(insert(RunFailure), rows)

    def _decays(self, run: Run) -> None:
        """One log entry for each object that a run finds decayed for the first time; supply may rest on it."""
        decayed = {
            self.taken.kept[failure.index].object_id: (self.taken.kept[failure.index], failure)
            for failure in self.result.failures
            if failure.code == DECAYED
        }
        failed = {self.taken.kept[failure.index].object_id for failure in self.result.failures}
        predicted = set(
            self.session.exec(select(SpaceObject.id).where(col(SpaceObject.decay_predicted_at).is_not(None)))
        )
        changes: list[dict[str, Any]] = []
        for object_id, (one, failure) in decayed.items():
            if object_id in predicted:
                continue
            changes.append({"id": object_id, "decay_predicted_at": failure.at})
            payload = {
                "object_id": object_id,
                "catalog_number": one.elements.catalog_number,
                "object_name": one.elements.name,
                "decayed_at": log.rfc3339(failure.at),
                "element_age_h": round(catalogue.age_h(one.elements.epoch, failure.at), 3),
                "run_id": run.id,
                "synthetic": run.synthetic,
                "notice": say("awareness.triage_notice"),
            }
            log.append(self.session, self.clock, "object.decayed", object_id, payload, run.marking_id)
        followed = {one.object_id for one in self.taken.kept} - failed
        changes += [{"id": object_id, "decay_predicted_at": None} for object_id in sorted(predicted & followed)]
        if changes:
            self.session.execute(update(SpaceObject), changes)

    def _summary(self, run: Run, snapshot: Snapshot) -> dict[str, Any]:
        return {
            "run_id": run.id,
            "snapshot_sha256": snapshot.sha256,
            "result_sha256": run.result_sha256,
            "synthetic": run.synthetic,
            "window_start": log.rfc3339(run.window_start),
            "window_stop": log.rfc3339(run.window_stop),
            "threshold_m": run.threshold_m,
            "max_age_days": run.max_age_days,
            "offered": run.offered,
            "screened": run.screened,
            "excluded": run.excluded,
            "failed": run.failed,
            "encounters": run.encounters,
            "co_located": run.co_located,
            "age_median_h": run.age_median_h,
            "age_max_h": run.age_max_h,
            "notice": say("awareness.triage_notice"),
        }


def _assessment(id: str, run_id: str, one: screening.Encounter, a: CurrentSet, b: CurrentSet) -> dict[str, Any]:
    return {
        "conjunction_id": id,
        "run_id": run_id,
        "co_located": one.co_located,
        "tca": one.tca,
        "miss_distance_m": round(1000.0 * one.miss_km, 3),
        "relative_speed_m_s": round(1000.0 * one.relative_speed_km_s, 3),
        "radial_m": round(1000.0 * one.radial_km, 3),
        "in_track_m": round(1000.0 * one.in_track_km, 3),
        "cross_track_m": round(1000.0 * one.cross_track_km, 3),
        "entry_at": one.entry,
        "exit_at": one.exit,
        "open_start": one.open_start,
        "open_end": one.open_end,
        "set_a_id": a.id,
        "set_b_id": b.id,
        "age_a_h": catalogue.age_h(a.elements.epoch, one.tca),
        "age_b_h": catalogue.age_h(b.elements.epoch, one.tca),
    }
