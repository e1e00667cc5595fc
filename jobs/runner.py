"""The jobs process: does queued work, keeps the schedule, reacts, seals the audit trail, drives orders.

Each lane does one piece of work at a time; a heartbeat renews its lease while
the handler computes. Heavy handlers compute in compiled code that does not hold
the interpreter's lock, so that the heartbeat is never kept from running.
"""

import os
import socket
import threading
from collections.abc import Iterable
from typing import Any

import structlog
from sqlmodel import col, select

from jobs import handlers, react, schedule
from jobs.loops import Holding, held, repeat
from jobs.opening import open_hub, stop_on_signals
from jobs.task import Cancelled, Interrupted, Task, patiently
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import Conflict, HubError, Unavailable
from space_hub.rng import Rng
from space_hub.settings import Settings
from space_hub.trust import audit
from space_hub.trust.audit import AuditEntry
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import HUB, HUB_ID, Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind
from space_hub.work import ledger
from space_hub.work.tables import Work

LEASE_S = 60
_IDLE_S = 0.3
_DRIVE = "catalog.ordering.orders:drive"
_HOLDS = "catalog.ordering.holds:sweep"
_ACTIVATIONS = "catalog.activation.service.clocks:turn"
_DRIVERS = 4
"""Orders under way at once: a supplier that hangs keeps one of them, and each supplier is asked by one at most."""

logger = structlog.get_logger()


def run_forever(database: Database, clock: Clock, rng: Rng, settings: Settings, stop: threading.Event) -> None:
    """Do what the jobs process does until `stop`; returns within about a second of it.

    Work that is under way then goes back to the queue. Whatever its threads
    still compute is refused when it wants to publish.
    """
    holder = holder_name(rng)
    lanes = [Lane(database, clock, rng, settings, holder, kinds) for kinds in handlers.LANES.values()]

    def drive_orders() -> bool:
        return bool(handlers.load(_DRIVE)(database, clock, rng))

    def turn_activations() -> bool:
        return bool(handlers.load(_ACTIVATIONS)(database, clock, rng))

    def end_holds() -> bool:
        return bool(handlers.load(_HOLDS)(database, clock, rng))

    drivers = [f"orders.drive.{number}" for number in range(1, _DRIVERS + 1)]
    loops = ("react", "audit.seal", "activation.turn", "ledger.expire", *drivers)
    leases = {name: Holding(database, clock, name, holder) for name in loops}
    turns = [
        *(("lane", lane.turn, _IDLE_S) for lane in lanes),
        ("react", held(leases["react"], lambda: react.turn(database, clock, rng)), _IDLE_S),
        ("audit.seal", held(leases["audit.seal"], lambda: seal(database)), 0.5),
        *((name, held(leases[name], drive_orders), 1.0) for name in drivers),
        ("activation.turn", held(leases["activation.turn"], turn_activations), 1.0),
        ("ledger.expire", held(leases["ledger.expire"], end_holds), 5.0),
    ]
    threads = [
        threading.Thread(target=repeat, args=(name, turn, every_s, stop), name=name, daemon=True)
        for name, turn, every_s in turns
    ]
    scheduler = schedule.ticker(database, clock, rng)
    scheduler.start()
    for thread in threads:
        thread.start()
    stop.wait()
    scheduler.shutdown(wait=False)
    for lane in lanes:
        lane.interrupt()
    deadline = clock.monotonic() + 0.8
    for thread in threads:
        thread.join(max(0.0, deadline - clock.monotonic()))
    for holding in leases.values():
        holding.release()


def seal(database: Database) -> bool:
    """Chain what the audit trail has gained; one look without a lock when it has gained nothing."""
    with database.read() as session:
        if session.exec(select(AuditEntry.id).where(col(AuditEntry.number).is_(None)).limit(1)).first() is None:
            return False
    with database.write() as session:
        return audit.seal(session) > 0


class Lane:
    """Claims and does work of some kinds, one piece at a time."""

    def __init__(
        self, database: Database, clock: Clock, rng: Rng, settings: Settings, holder: str, kinds: Iterable[str]
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._settings = settings
        self._holder = holder
        self._kinds = sorted(kinds)
        self._task: Task | None = None

    def turn(self) -> bool:
        """Do the next piece of work; False when there is none."""
        with self._database.read() as session:
            if not ledger.anything_open(session, self._clock, self._kinds):
                return False
        with self._database.write() as session:
            work = ledger.claim(
                session, self._clock, self._rng, holder=self._holder, kinds=self._kinds, lease_s=LEASE_S
            )
            if work is None:
                return False
            principal = _principal(session.get(Organisation, work.organisation_id), work)
        task = Task(self._database, self._clock, self._rng, self._settings, work, principal)
        self._task = task
        try:
            self._do(task)
        finally:
            self._task = None
        return True

    def interrupt(self) -> None:
        """Give the work under way back to the queue because the process stops."""
        task = self._task
        if task is None:
            return
        task.interrupted.set()
        try:
            with self._database.write() as session:
                ledger.put_back(session, task.work)
        except Conflict:
            logger.info("work ended while stopping", work=task.work.id)
        except Unavailable:
            # The rest must still be stopped; this work begins again when its lease has run out.
            logger.warning("work not given back, database busy", work=task.work.id)

    def _do(self, task: Task) -> None:
        over = threading.Event()
        heartbeat = threading.Thread(target=self._renew, args=(task, over), name="heartbeat", daemon=True)
        heartbeat.start()
        logger.info("work begun", work=task.work.id, kind=task.work.kind, slot=task.work.slot)
        try:
            result = handlers.handler(task.work.kind)(task)
            if result is None:
                logger.info("work ended", work=task.work.id, kind=task.work.kind)
            else:
                self._end(task, lambda session: ledger.finish(session, self._clock, task.work, result))
        except Cancelled:
            self._end(task, lambda session: ledger.give_up(session, self._clock, task.work))
        except Interrupted:
            logger.info("work interrupted", work=task.work.id)
        except HubError as error:
            code, params = error.code, _plain(error.params)
            if code == "work.lease_lost":
                logger.warning("lease lost", work=task.work.id)
                return
            logger.warning("work failed", work=task.work.id, kind=task.work.kind, code=code)
            self._end(task, lambda session: ledger.fail(session, self._clock, task.work, code, params))
        except Exception as error:
            if task.interrupted.is_set():
                logger.info("work interrupted", work=task.work.id, by=type(error).__name__)
                return
            logger.error("work failed by a fault", work=task.work.id, kind=task.work.kind, exc_info=error)
            fault = {"fault": type(error).__name__}
            self._end(task, lambda session: ledger.fail(session, self._clock, task.work, "work.fault", fault))
        finally:
            over.set()
            heartbeat.join()

    def _end(self, task: Task, mark: Any) -> None:
        """Write the end; a busy database is asked again, a lost lease means that another does the work."""
        try:
            patiently(self._database, self._clock, mark)
        except Conflict:
            logger.warning("lease lost", work=task.work.id)
        else:
            logger.info("work ended", work=task.work.id, kind=task.work.kind)

    def _renew(self, task: Task, over: threading.Event) -> None:
        """Renew well before the lease ends, oftener while there is progress to show."""
        told: tuple[int, int, str] | None = None
        waited = 0.0
        while not over.wait(1.0):
            waited += 1.0
            reached = task.reached
            if reached == told and waited < LEASE_S / 6:
                continue
            try:
                with self._database.write() as session:
                    if ledger.renew(session, self._clock, task.work, *reached):
                        task.cancelled.set()
                told, waited = reached, 0.0
            except Conflict:
                task.interrupted.set()
                return
            except Exception as error:
                # A heartbeat that ends would lose the lease of work that goes well: the next second asks again.
                logger.warning("lease not renewed", work=task.work.id, by=type(error).__name__)


def holder_name(rng: Rng) -> str:
    """Who holds leases: readable, and never the same for two processes."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{rng.scope('hub', 'holder').id('hld')}"


def main(settings: Settings) -> None:
    """Run the jobs process until SIGTERM or SIGINT."""
    database, clock, rng = open_hub(settings)
    stop = stop_on_signals()
    run_forever(database, clock, rng, settings, stop)


def _principal(organisation: Organisation | None, work: Work) -> Principal:
    if work.organisation_id == HUB_ID:
        return HUB
    if organisation is None:
        raise LookupError(work.organisation_id)
    kind = OrganisationKind(organisation.kind)
    return Principal(organisation.id, kind, organisation.nation, work.key_id, SCOPES_OF[kind])


def _plain(params: dict[str, object]) -> dict[str, Any]:
    """Parameters as JSON values."""
    return {
        name: value if isinstance(value, bool | int | float | str) or value is None else str(value)
        for name, value in params.items()
    }
