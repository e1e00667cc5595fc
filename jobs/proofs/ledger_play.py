"""Plays random sequences through the services and holds each step against the model (`jobs.proofs.ledger_model`)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import delete, event, update
from sqlmodel import col, select

from catalog.capacity import ledger
from catalog.capacity.rules import Ask, Span, slots
from catalog.capacity.tables import (
    CapacityBucket,
    CapacityEntry,
    CapacityReservation,
    Preempted,
    PreemptionRow,
    ReplanRow,
)
from catalog.ordering import holds, orders, preempting, replans
from catalog.ordering.tables import (
    CallOff,
    CallOffEntry,
    CallOffOption,
    OrderStatusEntry,
    OrderStep,
    Purpose,
    SupplyOrder,
)
from catalog.promise.tables import PhaseDeclaration
from catalog.risk.tables import Cause
from jobs import migrations
from jobs.proofs.alliance import Alliance, found
from jobs.proofs.ledger_model import CENTS, HOLD, QUOTA, Model, drawn
from jobs.proofs.supply import AUTHORITY
from providers.adapters.base import OrderStatus
from space_hub import db
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import HubError, Unavailable
from space_hub.rng import SeededRng
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

STEPS = 12
_START = datetime(2024, 11, 2, 8, 30, tzinfo=UTC)
_SAYS = {
    "capacity.exhausted": "slots",
    "capacity.civil_exhausted": "civil",
    "capacity.quota_exhausted": "quota",
    "capacity.money_exhausted": "money",
    "preemption.not_enough": "not_enough",
    "preemption.not_allowed": "not_allowed",
    "capacity.hold_expired": "expired",
    "call_off.not_held": "expired",
    "call_off.notice_too_short": "late",
}


@dataclass
class Counts:
    """What was played, by what came of it."""

    sequences: int = 0
    steps: int = 0
    granted: int = 0
    refused: int = 0
    pre_empted: int = 0
    dropped: int = 0
    differences: list[str] = field(default_factory=list)


def alliance(database: Database, seed: int) -> tuple[Alliance, ManualClock]:
    clock = ManualClock(_START)
    scene = found(database, clock, SeededRng(seed), days=30, ceiling=money(CENTS // 100, "EUR"))
    for nation in scene.nations:
        scene.grant(nation, QUOTA)
    return scene, clock


def play(scene: Alliance, clock: ManualClock, seed: int, counts: Counts) -> None:
    """One sequence in an alliance that holds nothing; it ends at the first difference."""
    _empty(scene, clock)
    playing, chance = _Play(scene, clock), SeededRng(seed).scope("proof", "sequence")
    counts.sequences += 1
    for number in range(1, STEPS + 1):
        clock.advance(timedelta(seconds=1))
        kind, given = drawn(chance, sorted(playing.model.kept), kind="crisis" if number == 1 else None)
        said, due = playing.do(kind, given)
        counts.steps += 1
        counts.granted += said == "granted"
        counts.refused += said not in ("granted", "")
        wrong = playing.difference(said, due)
        if wrong:
            counts.differences.append(f"sequence {seed}, step {number}, {kind} {given}: {wrong}")
            return
    with scene.database.read() as session:
        counts.differences += ledger.faults(session)
    counts.pre_empted += sum(len(each) for each in playing.model.fell)
    counts.dropped += playing.dropped


class _Play:
    def __init__(self, scene: Alliance, clock: ManualClock) -> None:
        self.scene, self.clock = scene, clock
        self.model = Model(clock.now)
        self.dropped = 0

    def do(self, kind: str, given: dict[str, Any]) -> tuple[str, str]:
        """What the hub said and what the model says; nothing where nobody is asked for an answer."""
        result: tuple[str, str] = getattr(self, f"_{kind}")(**given)
        return result

    def difference(self, said: str, due: str) -> str:
        """The first thing in which the books are not what the model holds; empty when there is none."""
        if said != due:
            return f"the hub says {said}, the rules {due}"
        scene, model = self.scene, self.model
        names = {scene.agreement_id: "slots", f"{scene.agreement_id}/civil": "civil", f"{scene.lot_id}/money": "money"}
        for nation, principal in scene.nations.items():
            names[f"{scene.lot_id}/{principal.organisation_id}/{_START.year}"] = f"quota/{nation}"
        with scene.database.read() as session:
            rows = session.exec(
                select(CapacityBucket).where(col(CapacityBucket.resource).in_(names), CapacityBucket.committed > 0)
            ).all()
            committed: dict[str, dict[int, int]] = {}
            for row in rows:
                committed.setdefault(names[row.resource], {})[row.slot] = row.committed
            holding = dict(
                session.exec(
                    select(CapacityReservation.subject, CapacityReservation.kind).where(
                        CapacityReservation.resource == scene.agreement_id, CapacityReservation.state == "held"
                    )
                ).all()
            )
            fallen = session.exec(select(Preempted.call_off_id)).all()
        if committed != model.committed():
            return f"committed {committed}, by the rules {model.committed()}"
        due_held = {f"{each.id}/1": "hold" if each.until else "firm" for each in model.kept.values()}
        if holding != due_held:
            return f"held {holding}, by the rules {due_held}"
        if sorted(fallen) != sorted(each for fell in model.fell for each in fell):
            return f"fell {fallen}, by the rules {model.fell}"
        return ""

    def _place(self, nation: str, parts: int, first: int, days: int, civil: bool, hold: Any = None) -> tuple[str, str]:
        window = self.scene.days(first, days)
        purpose = Purpose.HUMANITARIAN if civil else Purpose.DEFENCE
        until = None if hold is None else self.clock.now() + hold
        said, made = self._asked(lambda: self.scene.place(nation, parts, window, purpose=purpose, hold=hold))
        ask = _ask(window, parts)
        return said, _short(self.model.place(made, nation, ask, civil=civil, until=until))

    def _hold(self, **given: Any) -> tuple[str, str]:
        return self._place(**given, hold=HOLD)

    def _pre_empt(self, nation: str, parts: int, first: int, days: int, civil: bool) -> tuple[str, str]:
        scene, window = self.scene, self.scene.days(first, days)

        def place() -> Any:
            ask = scene.ask(parts, window, reason="proof")
            with scene.database.write() as session:
                return preempting.place(session, scene.clock, scene.rng, scene.nations[nation], ask, AUTHORITY)

        said, made = self._asked(place)
        return said, _short(self.model.pre_empt(made, nation, _ask(window, parts)))

    def _asked(self, place: Any) -> tuple[str, str]:
        while True:
            try:
                return "granted", place().call_off.id
            except Unavailable:
                continue
            except HubError as error:
                return _SAYS[error.code], "-"

    def _confirm(self, id: str) -> tuple[str, str]:
        scene = self.scene
        owner = scene.nations[self.model.kept[id].nation]
        try:
            with scene.database.write() as session:
                holds.confirm(session, scene.clock, scene.rng, owner, id, AUTHORITY)
            said = "granted"
        except HubError as error:
            said = _SAYS[error.code]
        return said, self.model.confirm(id)

    def _cancel(self, id: str) -> tuple[str, str]:
        scene, kept = self.scene, self.model.kept[id]
        if kept.going:
            return "", ""
        with scene.database.write() as session:
            orders.cancel(session, scene.clock, scene.rng, scene.nations[kept.nation], id, AUTHORITY, "proof")
        self.model.cancel(id)
        return "", ""

    def _wait(self, by: timedelta) -> tuple[str, str]:
        self.clock.advance(by)
        return "", ""

    def _sweep(self) -> tuple[str, str]:
        holds.sweep(self.scene.database, self.clock, self.scene.rng)
        self.model.sweep()
        return "", ""

    def _replan(self, first: int, days: int, left: int | None) -> tuple[str, str]:
        scene, window = self.scene, self.scene.days(first, days)
        with scene.database.write() as session:
            row = replans.replan(
                *(session, scene.clock, scene.rng, scene.lead, scene.agreement_id),
                window=window,
                left=left,
                cause=Cause.OUTAGE,
                evidence_id="proof",
                authority=AUTHORITY,
            )
            self.dropped += row.dropped
        ask = _ask(window, 1)
        self.model.replan(ask.first, ask.last, left)
        return "", ""

    def _crisis(self, nations: list[str]) -> tuple[str, str]:
        if not self.model.crisis:
            self.scene.declare(Phase.CRISIS, nations)
            self.model.crisis = frozenset(nations)
        return "", ""

    def _going(self, id: str) -> tuple[str, str]:
        """Its supplier says that it is scheduled."""
        if self.model.kept[id].until is None:
            with self.scene.database.write() as session:
                order = session.exec(select(SupplyOrder).where(SupplyOrder.call_off_id == id)).one()
                order.status, order.step = OrderStatus.SCHEDULED.value, OrderStep.FOLLOW.value
                session.add(order)
            self.model.go(id)
        return "", ""


def _ask(window: Interval, parts: int) -> Ask:
    if window.stop is None:
        raise AssertionError("a window of days has an end")
    return Ask(*slots(Span.DAY, window.start, window.stop), parts)


def _short(resource: str) -> str:
    return resource.partition("/")[0]


def _empty(scene: Alliance, clock: ManualClock) -> None:
    """As it was founded: nothing called off, nothing declared, nothing used."""
    clock.current = _START
    offered = col(CapacityReservation.subject) == scene.agreement_id
    kept = select(CapacityReservation.id).where(offered)
    with scene.database.write() as session:
        for table in (Preempted, PreemptionRow, ReplanRow, OrderStatusEntry, SupplyOrder, CallOffEntry, CallOffOption):
            session.connection().execute(delete(table))
        for statement in (
            delete(CallOff),
            delete(CapacityEntry).where(col(CapacityEntry.reservation_id).not_in(kept)),
            delete(CapacityReservation).where(~offered),
            delete(CapacityBucket).where(
                col(CapacityBucket.resource).in_([scene.agreement_id, f"{scene.agreement_id}/civil"])
            ),
            update(CapacityBucket).where(col(CapacityBucket.resource).like("lot%")).values(committed=0),
            delete(PhaseDeclaration),
        ):
            session.connection().execute(statement)


def campaign(first: int, count: int) -> Counts:
    """So many sequences on a SQLite database of their own, whose file is never forced to the disk."""
    with TemporaryDirectory() as folder:
        database = db.connect(f"sqlite:///{Path(folder) / 'model.db'}")
        event.listen(database.engine, "connect", careless)
        try:
            migrations.upgrade(database)
            return played(database, first, count)
        finally:
            database.engine.dispose()


def played(database: Database, first: int, count: int) -> Counts:
    """Sequences `first` to `first + count - 1` on a database that is ready."""
    counts = Counts()
    scene, clock = alliance(database, first)
    for seed in range(first, first + count):
        play(scene, clock, seed, counts)
    return counts


def careless(connection: Any, _record: object) -> None:
    """Nothing is killed here: what the machine would lose with its power is not asked for."""
    connection.execute("PRAGMA synchronous=OFF")
