"""Alerts: what the watches say of a run that was published.

`on_run` reacts to the log entry `run.published`. It may be called again for the
same entry, after a crash or by a second reader: the constraint on (watch,
conjunction, run) lets each alert exist once, and what exists is passed over. An
entry that comes after that of a newer run takes nothing of the newer one back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from space_hub.awareness import catalogue, watches
from space_hub.awareness.following.alert_payload import payload
from space_hub.awareness.following.correlate import LONGEST
from space_hub.awareness.following.levels import Level
from space_hub.awareness.following.rules import AlertState, Before, Coverage, Decision, Look, decide
from space_hub.awareness.tables import (
    Alert,
    Assessment,
    Conjunction,
    Designation,
    ElementSetRow,
    Run,
    RunFailure,
    Snapshot,
    Watch,
)
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import HUB

OVER = timedelta(days=1)
"""An encounter this long before a window cannot move into it: two runs differ by ten minutes at most."""


def on_run(session: Session, clock: Clock, rng: Rng, entry: LogEntry) -> list[Alert]:
    """Raise, revise and clear alerts for the run that `entry` tells of; the new rows."""
    run = session.get(Run, entry.payload["run_id"])
    if run is None:
        raise LookupError(entry.payload["run_id"])
    made: list[Alert] = []
    for watch in session.exec(select(Watch).where(col(Watch.active)).order_by(col(Watch.id))).all():
        made += _Reaction(session, clock, rng, run, watch).alerts()
    return made


@dataclass(slots=True)
class _Reaction:
    """One watch and one run."""

    session: Session
    clock: Clock
    rng: Rng
    run: Run
    watch: Watch
    _followed: set[str] | None = None

    def alerts(self) -> list[Alert]:
        rule = watches.rule_of(self.watch)
        objects = None if self.watch.every_object else watches.object_ids(self.session, self.watch.id)
        found = {
            conjunction.id: (conjunction, look)
            for conjunction, look in watches.matches(self.session, rule, objects, self.run)
        }
        before = self._before()
        done = self._done()
        still_open = {
            id
            for id, alert in before.items()
            if alert.state != AlertState.CLEARED.value and alert.tca >= self.run.window_start
        }
        gone = self._others(sorted(still_open - found.keys() - done))
        made: list[Alert] = []
        everything = Coverage(True, True, False, self.run.threshold_m)
        for id, (conjunction, look) in found.items():
            if id not in done:
                decision = decide(rule, _said(before.get(id)), _seen(look), everything)
                made += self._write(decision, before.get(id), conjunction, look)
        for conjunction, other in gone:
            last = before[conjunction.id]
            seen = None if other is None else _seen(other)
            decision = decide(rule, _said(last), seen, self._coverage(conjunction, last.tca))
            made += self._write(decision, last, conjunction, other)
        return made

    def _before(self) -> dict[str, Alert]:
        """The last revision of each conjunction that this watch spoke of and that may still lie ahead.

        What is over is never spoken of again, so a watch does not grow slower with its years.
        """
        newest = (
            select(Alert.conjunction_id, func.max(Alert.revision).label("revision"))
            .join(Conjunction, col(Conjunction.id) == col(Alert.conjunction_id))
            .where(Alert.watch_id == self.watch.id, col(Conjunction.tca) >= self.run.window_start - OVER)
            .group_by(col(Alert.conjunction_id))
            .subquery()
        )
        rows = self.session.exec(
            select(Alert)
            .join(
                newest,
                (newest.c.conjunction_id == col(Alert.conjunction_id)) & (newest.c.revision == col(Alert.revision)),
            )
            .where(Alert.watch_id == self.watch.id)
        )
        return {alert.conjunction_id: alert for alert in rows}

    def _done(self) -> set[str]:
        """Conjunctions of which this watch has spoken for this run or a newer one: an old look adds nothing."""
        return set(
            self.session.exec(
                select(Alert.conjunction_id)
                .join(Run, col(Run.id) == col(Alert.run_id))
                .where(
                    Alert.watch_id == self.watch.id,
                    (col(Run.id) == self.run.id) | (col(Run.published_at) > self.run.published_at),
                )
            )
        )

    def _others(self, ids: Iterable[str]) -> list[tuple[Conjunction, Assessment | None]]:
        """Conjunctions this watch had open and the run no longer finds within the rule, with the run's look if any."""
        found: list[tuple[Conjunction, Assessment | None]] = []
        for some in catalogue.chunks(ids):
            rows = self.session.exec(
                select(Conjunction, Assessment)
                .join(
                    Assessment,
                    (col(Assessment.conjunction_id) == col(Conjunction.id)) & (col(Assessment.run_id) == self.run.id),
                    isouter=True,
                )
                .where(col(Conjunction.id).in_(some))
                .order_by(col(Conjunction.id))
            )
            found += [(conjunction, look) for conjunction, look in rows]
        return found

    def _coverage(self, conjunction: Conjunction, tca: datetime) -> Coverage:
        pair = [conjunction.object_a_id, conjunction.object_b_id]
        lost = self.session.exec(
            select(RunFailure.object_id).where(RunFailure.run_id == self.run.id, col(RunFailure.object_id).in_(pair))
        ).all()
        in_force = self.session.exec(
            select(func.count())
            .select_from(Designation)
            .where(col(Designation.object_id).in_(pair), col(Designation.valid_to).is_(None))
        ).one()
        return Coverage(
            # Near an edge it may have moved out of the window, by as much as two looks at one encounter may differ.
            tca_inside=self.run.window_start + LONGEST <= tca <= self.run.window_stop - LONGEST,
            objects_followed=not lost and self._in_snapshot(pair),
            objects_retired=in_force < len(pair),
            threshold_m=self.run.threshold_m,
        )

    def _in_snapshot(self, pair: list[str]) -> bool:
        if self._followed is None:
            # Once for all conjunctions that are gone: a snapshot lists tens of thousands of sets.
            given = self.session.exec(select(Snapshot.element_set_ids).where(Snapshot.id == self.run.snapshot_id)).one()
            self._followed = set(given)
        theirs = self.session.exec(
            select(ElementSetRow.object_id, ElementSetRow.id).where(col(ElementSetRow.object_id).in_(pair))
        ).all()
        return {object_id for object_id, id in theirs if id in self._followed} == set(pair)

    def _write(
        self, decision: Decision | None, before: Alert | None, conjunction: Conjunction, look: Assessment | None
    ) -> list[Alert]:
        if decision is None:
            return []
        owner = self.watch.organisation_id
        tca = look.tca if look is not None else (before.tca if before is not None else conjunction.tca)
        alert = Alert(
            id=self.rng.scope(owner, "alert").id("alr"),
            watch_id=self.watch.id,
            conjunction_id=conjunction.id,
            run_id=self.run.id,
            organisation_id=owner,
            revision=1 if before is None else before.revision + 1,
            state=decision.state.value,
            reason=decision.reason,
            tca=tca,
            miss_distance_m=None if look is None else look.miss_distance_m,
            previous_miss_distance_m=None if before is None else before.miss_distance_m,
            level=None if look is None else watches.rule_of(self.watch).level(_seen(look)).value,
            pc=None if look is None else look.pc,
            payload={},
            raised_at=self.clock.now(),
            marking_id=self.watch.marking_id,
        )
        faces = catalogue.faces(self.session, [conjunction.object_a_id, conjunction.object_b_id])
        alert.payload = payload(alert, before, self.watch, self.run, conjunction, look, faces)
        self.session.add(alert)
        self.session.flush()
        log.append(self.session, self.clock, "alert.raised", alert.id, alert.payload, alert.marking_id)
        audit.record(
            self.session,
            self.clock,
            HUB,
            f"alert.{alert.state}",
            alert.id,
            watch_id=alert.watch_id,
            conjunction_id=alert.conjunction_id,
            run_id=alert.run_id,
            revision=alert.revision,
        )
        return [alert]


def _said(alert: Alert | None) -> Before | None:
    if alert is None:
        return None
    level = None if alert.level is None else Level(alert.level)
    return Before(AlertState(alert.state), alert.miss_distance_m, level)


def _seen(look: Assessment) -> Look:
    cut = look.open_start or look.open_end
    return Look(look.miss_distance_m, cut, look.pc, look.pc_max, bool(look.diluted))
