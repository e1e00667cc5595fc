"""A screening result on its way into the database: run, conjunctions, assessments, failures, log, audit.

All of it is written in the transaction it is given. Encounters stay columns until they
are written, a few thousand at a time: a week of the whole catalogue has 240,000 of them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING, Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from space_hub import db
from space_hub.awareness import catalogue
from space_hub.awareness.following.correlate import LONGEST, Known, Seen, conjunction_id, correlate
from space_hub.awareness.snapshot import Taken
from space_hub.awareness.tables import Assessment, Conjunction, Run, RunFailure, Snapshot, SpaceObject
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.orbit.times import moment
from space_hub.rng import Rng
from space_hub.text import say
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal

if TYPE_CHECKING:
    from space_hub.awareness.risk import Risks
    from space_hub.awareness.screen import Asked
    from space_hub.orbit.screening import ScreeningResult

DECAYED = 6
"""SGP4's code for a position below the surface of the earth."""

_BATCH = 5_000
"""Rows that are Python objects at the same time."""

_PAGES_KIB, _USUAL_PAGES_KIB = 65_536, 2_000


@dataclass(slots=True)
class Publishing:
    """One run and the transaction that it goes into."""

    session: Session
    clock: Clock
    rng: Rng
    principal: Principal
    asked: "Asked"
    taken: Taken
    result: "ScreeningResult"
    result_sha256: str
    risks: "Risks"
    engine: str
    _periods: list[timedelta] = field(init=False)

    def __post_init__(self) -> None:
        self._periods = [timedelta(minutes=one.elements.period_min) for one in self.taken.kept]

    def publish(self, started_at: datetime, elapsed_s: float, stages_s: dict[str, float]) -> Run:
        """`stages_s`: seconds of the steps so far, in order."""
        began = self.clock.monotonic()
        marking_id = markings.public(self.session)
        snapshot = self._snapshot()
        ages = [catalogue.age_h(one.elements.epoch, self.asked.start) for one in self.taken.kept]
        table = self.result.encounters.columns
        together = int(table["co_located"].sum())
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
            source_at=None if self.taken.published is None else self.taken.published.at,
            source_basis=None if self.taken.published is None else self.taken.published.basis.value,
            excluded=dict(Counter(reason for _one, reason in self.taken.excluded)),
            failed={str(code): count for code, count in self.result.failed.items()},
            encounters=len(table) - together,
            co_located=together,
            age_median_h=median(ages),
            age_max_h=max(ages),
            result_sha256=self.result_sha256,
            engine=self.engine,
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
        run.stages_s = stages_s | {"publish": round(self.clock.monotonic() - began, 3)}
        self.session.add(run)
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
        with self._pages_in_memory():
            self._write_conjunctions(run)

    @contextmanager
    def _pages_in_memory(self) -> Iterator[None]:
        """Rows by the hundred thousand, at random places of six indexes: SQLite's usual 2 MB of pages would thrash."""
        if self.session.get_bind().dialect.name != "sqlite":
            yield
            return
        connection = self.session.connection()
        connection.exec_driver_sql(f"PRAGMA cache_size=-{_PAGES_KIB}")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"PRAGMA cache_size=-{_USUAL_PAGES_KIB}")

    def _write_conjunctions(self, run: Run) -> None:
        times = ("a", "b", "tca", "co_located")
        found = correlate(self._known(), (look for part in self._parts(times) for look in self._seen(part)))
        ordinals: defaultdict[tuple[str, str], int] = defaultdict(int)
        known = iter(found)
        done = 0
        for part in self._parts():
            fresh: list[dict[str, Any]] = []
            again: list[dict[str, Any]] = []
            looks: list[dict[str, Any]] = []
            rows = zip(self._seen(part), self._assessments(part, run.id), self.risks.rows(done, _BATCH), strict=True)
            for look, assessment, chance in rows:
                ordinals[look.pair] += 1
                id = next(known)
                if id is not None:
                    again.append({"id": id, "latest_run_id": run.id, "tca": look.tca})
                else:
                    id = conjunction_id(look.pair, run.id, ordinals[look.pair])
                    fresh.append(_conjunction(id, run, look))
                looks.append({"conjunction_id": id} | assessment | chance)
            done += _BATCH
            db.pour(self.session, Conjunction, fresh)
            if again:
                self.session.execute(update(Conjunction), again)
            db.pour(self.session, Assessment, looks)
        catalogue.refresh_statistics(self.session, len(found), Conjunction, Assessment)

    def _parts(self, names: Sequence[str] = ()) -> Iterator[dict[str, list[Any]]]:
        """The encounters, a part at a time, as lists of values by column (all if none); instants as datetimes."""
        table = self.result.encounters.columns
        for first in range(0, len(table), _BATCH):
            rows = table[first : first + _BATCH]
            part = {name: rows[name].tolist() for name in names or table.dtype.names or ()}
            for name in {"tca", "entry", "exit"} & part.keys():
                part[name] = list(map(moment, part[name]))
            yield part

    def _seen(self, part: dict[str, list[Any]]) -> Iterator[Seen]:
        sets, periods = self.taken.kept, self._periods
        for a, b, tca, co_located in zip(part["a"], part["b"], part["tca"], part["co_located"], strict=True):
            yield Seen((sets[a].object_id, sets[b].object_id), tca, co_located, min(periods[a], periods[b]))

    def _assessments(self, part: dict[str, list[Any]], run_id: str) -> Iterator[dict[str, Any]]:
        """Rows of Assessment that lack only the id of their conjunction."""
        lengths = ("miss_km", "relative_speed_km_s", "radial_km", "in_track_km", "cross_track_km")
        metres = [[round(1000.0 * value, 3) for value in part[name]] for name in lengths]
        names = ("a", "b", "tca", "entry", "exit", "open_start", "open_end", "co_located")
        for values in zip(*(part[name] for name in names), *metres, strict=True):
            index_a, index_b, tca, entry, exit, open_start, open_end, co_located, *figures = values
            a, b = self.taken.kept[index_a], self.taken.kept[index_b]
            yield {
                "run_id": run_id,
                "co_located": co_located,
                "tca": tca,
                "miss_distance_m": figures[0],
                "relative_speed_m_s": figures[1],
                "radial_m": figures[2],
                "in_track_m": figures[3],
                "cross_track_m": figures[4],
                "entry_at": entry,
                "exit_at": exit,
                "open_start": open_start,
                "open_end": open_end,
                "set_a_id": a.id,
                "set_b_id": b.id,
                "age_a_h": catalogue.age_h(a.elements.epoch, tca),
                "age_b_h": catalogue.age_h(b.elements.epoch, tca),
            }

    def _known(self) -> Iterator[Known]:
        """Conjunctions that encounters of this window may be, and all pairs that fly together."""
        seen = col(Conjunction.first_run_id).is_not(None)
        near = seen & col(Conjunction.tca).between(self.asked.start - LONGEST, self.asked.stop + LONGEST)
        asked = select(Conjunction.id, Conjunction.object_a_id, Conjunction.object_b_id, Conjunction.tca)
        ids = {one.object_id: one.object_id for one in self.taken.kept}
        for co_located, which in (
            (False, near & ~col(Conjunction.co_located)),
            (True, seen & col(Conjunction.co_located)),
        ):
            for id, a, b, tca in self.session.exec(asked.where(which), execution_options={"yield_per": _BATCH}):
                # Each name of an object is in memory once, however many conjunctions it has.
                yield Known(id, (ids.get(a, a), ids.get(b, b)), tca, co_located)

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
        db.pour(self.session, RunFailure, rows)

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
            "source_at": None if run.source_at is None else log.rfc3339(run.source_at),
            "source_basis": run.source_basis,
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


def _conjunction(id: str, run: Run, look: Seen) -> dict[str, Any]:
    """The row of a conjunction that this run is the first to see."""
    return {
        "id": id,
        "object_a_id": look.pair[0],
        "object_b_id": look.pair[1],
        "first_run_id": run.id,
        "latest_run_id": run.id,
        "co_located": look.co_located,
        "tca": look.tca,
        "synthetic": run.synthetic,
        "marking_id": run.marking_id,
    }
