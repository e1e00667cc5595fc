"""`space-hub doctor`: is this installation well, and what is unusual about it."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Annotated, Any, Literal

import typer

from space_hub.cli import house as houses
from space_hub.cli.health import Process, at_work
from space_hub.cli.house import House
from space_hub.cli.options import AsJson
from space_hub.cli.speak import FAILED, OK, Voice, sentence
from space_hub.errors import HubError
from space_hub.settings import Settings

Verdict = Literal["good", "note", "bad"]
_STYLE = {"good": "green", "note": "yellow", "bad": "red"}
_OLD_CATALOGUE = timedelta(days=3)
_GRACE = timedelta(minutes=1)
"""Longer than any loop of the jobs process pauses: what is overdue by more, none has looked at."""


@dataclass(frozen=True, slots=True)
class Finding:
    verdict: Verdict
    code: str
    params: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {"verdict": self.verdict, "code": self.code, "text": sentence(self.code, **self.params)}


def install(app: typer.Typer) -> None:
    app.command("doctor", help=sentence("cli.help.doctor"))(doctor)


def doctor(
    process: Annotated[Process | None, typer.Option("--process", help=sentence("cli.option.process"))] = None,
    as_json: AsJson = False,
) -> int:
    voice = Voice(as_json)
    settings = houses.settings()
    if process is not None:
        working = at_work(houses.open_existing(settings), process)
        voice.tell("doctor.at_work" if working else "doctor.not_at_work", process=process.value)
        voice.answer({"process": process.value, "at_work": working})
        return OK if working else FAILED
    found = list(examine(settings))
    for each in [] if as_json else found:
        mark = sentence(f"doctor.{each.verdict}")
        voice.people.print(f"{mark:>5}", style=_STYLE[each.verdict], end="  ", markup=False)
        voice.tell(each.code, **each.params)
    bad = sum(each.verdict == "bad" for each in found)
    voice.answer({"well": bad == 0, "findings": [each.as_dict() for each in found]})
    return FAILED if bad else OK


def examine(settings: Settings) -> Iterator[Finding]:
    yield Finding("good", "doctor.version", {"version": version("space-hub"), "python": sys.version.split()[0]})
    yield from _settings(settings)
    try:
        house = houses.open_existing(settings)
    except HubError as error:
        yield Finding("bad", error.code, error.params)
        return
    yield from _database(house)
    at_work_now = {process: at_work(house, process) for process in Process}
    for process, working in at_work_now.items():
        code = "doctor.at_work" if working else "doctor.not_at_work"
        yield Finding("good" if working else "note", code, {"process": process.value})
    yield from _time(house)
    yield from _sky(house)
    yield from _log(house)
    if _schema(house).current:
        yield from _ledger(house)
        yield from _waiting_for_people(house)
        yield from _overdue(house, looked_after=at_work_now[Process.JOBS])
    house.database.engine.dispose()


def _settings(settings: Settings) -> Iterator[Finding]:
    if settings.egress_allow:
        yield Finding("note", "doctor.egress_allowed", {"hosts": ", ".join(settings.egress_allow)})
    else:
        yield Finding("good", "doctor.egress_closed", {})
    if settings.host not in {"127.0.0.1", "::1", "localhost"}:
        yield Finding("note", "doctor.open_host", {"host": settings.host})
    folder = settings.data.resolve()
    if folder.exists():
        shared = bool(folder.stat().st_mode & 0o077)
        code = "doctor.folder_readable" if shared else "doctor.folder_own"
        yield Finding("note" if shared else "good", code, {"folder": str(folder)})
    keys = settings.data / houses.KEYS
    if keys.exists():
        yield Finding("note", "doctor.demo_keys", {"path": str(keys)})
    cores = os.cpu_count() or 1
    yield Finding("good", "doctor.cores", {"cores": cores})


@dataclass(frozen=True, slots=True)
class _Schema:
    at: str | None
    head: str

    @property
    def current(self) -> bool:
        """Only then are the tables there that are counted here."""
        return self.at == self.head


def _schema(house: House) -> _Schema:
    from jobs import migrations

    return _Schema(migrations.current(house.database), migrations.head())


def _database(house: House) -> Iterator[Finding]:
    from sqlalchemy import text

    with house.database.read() as session:
        ask = "SELECT sqlite_version()" if house.database.is_sqlite else "SHOW server_version"
        number = str(session.connection().execute(text(ask)).scalar())
    kind = "SQLite" if house.database.is_sqlite else "PostgreSQL"
    yield Finding("good", "doctor.database", {"kind": kind, "version": number})
    if house.database.is_sqlite and tuple(map(int, number.split("."))) < (3, 51, 3):
        yield Finding("bad", "doctor.sqlite_old", {"version": number})
    schema = _schema(house)
    if schema.current:
        yield Finding("good", "doctor.schema_current", {"revision": schema.head})
    else:
        yield Finding("bad", "doctor.schema_behind", {"at": schema.at or "-", "head": schema.head})


def _time(house: House) -> Iterator[Finding]:
    if house.replayed:
        yield Finding("note", "doctor.replay", {"now": house.clock.now().isoformat(timespec="seconds")})
    else:
        yield Finding("good", "doctor.real_time", {})


def _sky(house: House) -> Iterator[Finding]:
    from sqlmodel import func, select

    from space_hub.awareness import catalogue
    from space_hub.awareness.following import conjunctions
    from space_hub.awareness.tables import ElementSetRow

    with house.database.read() as session:
        if catalogue.is_empty(session):
            yield Finding("note", "doctor.no_catalogue", {})
            return
        sets, newest = session.exec(
            select(func.count(), func.max(ElementSetRow.epoch)).where(ElementSetRow.is_current)
        ).one()
        run = conjunctions.latest_run(session)
    age_h = round((house.clock.now() - newest) / timedelta(hours=1), 1)
    old = age_h > _OLD_CATALOGUE / timedelta(hours=1)
    if age_h < 0:
        # Operators publish planned orbits ahead of time; a replay given a later day's file looks the same.
        yield Finding("good", "doctor.catalogue_ahead", {"sets": sets, "ahead_h": -age_h})
    else:
        yield Finding("note" if old else "good", "doctor.catalogue_age", {"sets": sets, "age_h": age_h})
    if run is None:
        yield Finding("note", "doctor.no_run", {})
        return
    if run.synthetic:
        yield Finding("note", "awareness.synthetic_notice", {})
    ago_h = round((house.clock.now() - run.published_at) / timedelta(hours=1), 1)
    yield Finding("good", "doctor.run", {"run": run.id, "ago_h": ago_h, "encounters": run.encounters})


def _log(house: House) -> Iterator[Finding]:
    from space_hub.trust import audit

    with house.database.read() as session:
        faults = audit.faults(session)
    if faults:
        yield Finding("bad", "doctor.audit_broken", {"faults": len(faults), "first": faults[0]})
    else:
        yield Finding("good", "doctor.audit_holds", {})


def _ledger(house: House) -> Iterator[Finding]:
    from catalog.capacity import ledger

    with house.database.read() as session:
        faults = ledger.faults(session)
    if faults:
        yield Finding("bad", "doctor.ledger_broken", {"faults": len(faults), "first": faults[0]})
    else:
        yield Finding("good", "doctor.ledger_holds", {})


def _waiting_for_people(house: House) -> Iterator[Finding]:
    """What no loop can mend: somebody asks a supplier's desk, or names another opener."""
    from sqlmodel import col, func, select

    from catalog.competition import publishing, states
    from catalog.competition.tables import Competition
    from catalog.ordering.tables import OrderAttempt, OrderStep, SupplyOrder

    last = func.max(col(OrderAttempt.begun_at_wall))
    doubtful = (
        select(SupplyOrder.id, last)
        .join(OrderAttempt, col(OrderAttempt.order_id) == col(SupplyOrder.id))
        .where(SupplyOrder.step == OrderStep.DOUBT.value)
        .group_by(col(SupplyOrder.id))
        .order_by(last, col(SupplyOrder.id))
    )
    running = select(Competition).where(col(Competition.state).in_([states.State.OPEN, states.State.CLOSED]))
    with house.database.read() as session:
        doubts = session.exec(doubtful).all()
        found = session.exec(running.order_by(col(Competition.quotes_until), col(Competition.id))).all()
        bare = [each.id for each in found if publishing.spare_keys(session, each) == 0]
    if doubts:
        first, since = doubts[0]
        params = {"orders": len(doubts), "since": since.isoformat(timespec="seconds"), "first": first}
        yield Finding("note", "doctor.orders_in_doubt", params)
    if bare:
        yield Finding("note", "doctor.no_spare_keys", {"competitions": len(bare), "first": bare[0]})


def _overdue(house: House, *, looked_after: bool) -> Iterator[Finding]:
    """What a loop should have ended by now: damage while one runs, and to be expected while none does."""
    from sqlmodel import col, func, select

    from catalog.activation.tables import ActivationRow
    from catalog.capacity.tables import CapacityReservation, ReservationKind, ReservationState

    late = house.clock.now() - _GRACE
    holds = select(func.count()).where(
        CapacityReservation.kind == ReservationKind.HOLD.value,
        CapacityReservation.state == ReservationState.HELD.value,
        col(CapacityReservation.expires_at) <= late,
    )
    activations = select(func.count()).where(col(ActivationRow.next_due_at) <= late)
    verdict: Verdict = "bad" if looked_after else "note"
    with house.database.read() as session:
        for counted, code in ((holds, "doctor.holds_overdue"), (activations, "doctor.activations_overdue")):
            count = session.exec(counted).one()
            if count:
                yield Finding(verdict, code, {"count": count})
