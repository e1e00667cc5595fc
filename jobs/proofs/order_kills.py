"""Orders over HTTP while the process that drives them is killed and answers are lost; judged by the suppliers' books.

Three suppliers run as processes of their own, each with a book in a file: one makes one order of a
repeated placing, one makes a second order and can be searched, one does neither. Of their first answers
to placings three in ten are lost. The driving process is killed by SIGKILL at any moment, started again,
and at last left alone. What is in doubt then is resolved by reading the book, as a person at the
supplier's desk would. The clock runs faster than real time, so that leases end within seconds.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import structlog
from sqlmodel import col, func, select

from catalog.ordering import call_offs, orders
from catalog.ordering.tables import AttemptKind, CallOff, OrderAttempt, OrderStep, SupplyOrder
from catalog.promise.lifecycle import CallOffStatus
from jobs import migrations
from jobs.demo.http_supplier import Book
from jobs.proofs import fallback
from jobs.proofs.supply import AUTHORITY
from providers import doors
from providers.adapters.base import Adapter, Repeats
from providers.tables import Provider
from space_hub import db
from space_hub.clock import Clock, SystemClock
from space_hub.db import Database
from space_hub.errors import Conflict, Unavailable
from space_hub.rng import Scope, SeededRng, SystemRng
from space_hub.trust.principal import HUB, Principal

EACH = 4
"""Providers whose door is of one kind; each has one order under way at most."""
THREADS = 4
SPEED = 30.0
MOST_CALLS = 8
"""A driving process that has begun so many calls has not long to live."""

_COURSE = "+loses30+fails30+charges20"
_LONGEST_S = 240.0
_PATIENCE_S = 2.0
_RNG = SystemRng()
_REAL = SystemClock()

reports = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FastClock:
    """Real time, `SPEED` times as fast since `began`; the same in every process that is told when it began."""

    began: datetime

    def now(self) -> datetime:
        return self.wall()

    def wall(self) -> datetime:
        return self.began + (_REAL.wall() - self.began) * SPEED

    def monotonic(self) -> float:
        return _REAL.monotonic() * SPEED

    def sleep(self, seconds: float) -> None:
        _REAL.sleep(seconds / SPEED)


def campaign(kills: int, *, seed: int = 1, longest_s: float = 0.1) -> dict[str, object]:
    """The figures; `holds` when no order was made twice, none was lost, and there was something to see.

    A driving process is killed within `longest_s` of one of its first calls.
    """
    began, draw = _REAL.monotonic(), SeededRng(seed).scope("proof", "kills")
    with TemporaryDirectory(prefix="space-hub-kills-") as name, _suppliers(Path(name)) as urls:
        url = f"sqlite:///{Path(name) / 'hub.sqlite'}"
        scene = _scene(url, urls)
        placed = _place(scene, 2 * kills, draw)
        _kill(scene, kills, draw, placed, longest_s)
        _leave_alone(scene)
        doubts = _resolve(scene)
        _leave_alone(scene)
        figures = _judge(scene)
        scene.database.engine.dispose()
    took = str(timedelta(seconds=round(_REAL.monotonic() - began)))
    return {"kills": kills, **figures, "doubts_resolved": doubts, "took": took} | {
        "holds": bool(_sound(figures) and doubts and kills)
    }


@dataclass(frozen=True, slots=True)
class Scene:
    url: str
    database: Database
    clock: FastClock
    lead: Principal
    agreements: Sequence[str]
    allow: tuple[str, ...]
    books: dict[str, Path]
    """Of a provider."""
    repeats: dict[str, Repeats]


@contextmanager
def _suppliers(folder: Path) -> Iterator[dict[Repeats, tuple[str, Path]]]:
    """A process with a book for each kind of repetition: where it is reached, and its book."""
    running: list[subprocess.Popen[str]] = []
    found: dict[Repeats, tuple[str, Path]] = {}
    try:
        for kind in Repeats:
            book = folder / f"{kind.value}.jsonl"
            offers = ",".join(_names(kind))
            command = [sys.executable, "-m", "jobs.demo.http_supplier", "--book", str(book), "--offers", offers]
            child = subprocess.Popen([*command, "--repeats", kind.value], stdout=subprocess.PIPE, text=True)
            running.append(child)
            if child.stdout is None:
                raise RuntimeError("a supplier says nothing")
            found[kind] = child.stdout.readline().strip(), book
        yield found
    finally:
        for child in running:
            child.kill()
            child.communicate()


def _names(kind: Repeats) -> list[str]:
    return [f"{kind.value}-{number}" for number in range(1, EACH + 1)]


def _scene(url: str, urls: dict[Repeats, tuple[str, Path]]) -> Scene:
    database, clock = db.connect(url), FastClock(_REAL.wall())
    migrations.upgrade(database)
    kinds = [kind for kind in Repeats for _ in range(EACH)]
    references = [f"{name}{_COURSE}" for kind in Repeats for name in _names(kind)]
    lead, agreements = fallback.ways(database, clock, _RNG, references, simulated=False)
    allow = tuple(urlsplit(address).netloc for address, _ in urls.values())
    books, repeats = {}, {}
    with database.write() as session:
        providers = session.exec(select(Provider).order_by(col(Provider.legal_name))).all()
        by_name = {each.legal_name: each for each in providers}
        for kind, reference in zip(kinds, references, strict=True):
            provider = by_name[f"Supplier {reference}"]
            address, book = urls[kind]
            told = {"repeats": kind.value}
            doors.open_door(session, clock, HUB, provider.id, "http", url=address, settings=told, allow=allow)
            books[provider.id], repeats[provider.id] = book, kind
    return Scene(url, database, clock, lead, agreements, allow, books, repeats)


def _place(scene: Scene, count: int, draw: Scope) -> list[str]:
    placed = []
    for _ in range(count):
        agreement = [_one(draw, scene.agreements)]
        with scene.database.write() as session:
            asked = fallback.ask(scene.clock, agreement, None)
            done = call_offs.place(session, scene.clock, _RNG, scene.lead, asked, AUTHORITY)
        placed.append(done.call_off.id)
    return placed


def _one(draw: Scope, among: Sequence[str]) -> str:
    return among[int(draw.uniform() * len(among))]


def _kill(scene: Scene, kills: int, draw: Scope, placed: list[str], longest_s: float) -> None:
    """Start the driving process and kill it, again and again; now and then something is cancelled meanwhile."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    for number in range(kills):
        calls = context.Semaphore(0)
        told = (scene.url, scene.clock.began, scene.allow, calls)
        child = context.Process(target=drive_for_ever, args=told, daemon=True)
        child.start()
        for _ in range(1 + int(draw.uniform() * MOST_CALLS)):
            calls.acquire(timeout=_PATIENCE_S)
        _REAL.sleep(draw.uniform() * longest_s)
        if number % 10 == 9:
            _cancel(scene, _one(draw, placed))
        child.kill()
        child.join()


def _cancel(scene: Scene, call_off_id: str) -> None:
    try:
        with scene.database.write() as session:
            orders.cancel(session, scene.clock, _RNG, scene.lead, call_off_id, AUTHORITY, "no longer needed")
    except (Conflict, Unavailable) as refusal:
        reports.info("not cancelled", call_off=call_off_id, code=refusal.code)


def drive_for_ever(url: str, began: datetime, allow: tuple[str, ...], calls: Semaphore) -> None:
    """What the jobs process does with orders: several drive at once, each in a thread. Counts the calls it begins."""
    database, clock = db.connect(url), FastClock(began)
    threads = [
        threading.Thread(target=_drive, args=(database, clock, allow, calls), daemon=True) for _ in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _drive(database: Database, clock: Clock, allow: tuple[str, ...], calls: Semaphore) -> None:
    def adapter_of(database: Database, clock: Clock, provider_id: str) -> Adapter | None:
        calls.release()
        return doors.adapter_of(database, clock, provider_id, allow)

    while True:
        try:
            busy = orders.drive(database, clock, _RNG, adapter_of=adapter_of, limit=10)
        except Unavailable:
            busy = 0  # The database is busy: the next turn finds the same things to do.
        if not busy:
            _REAL.sleep(0.02)


def _leave_alone(scene: Scene) -> None:
    """Until nothing is left to do by itself."""
    context = get_context("forkserver")
    told = (scene.url, scene.clock.began, scene.allow, context.Semaphore(0))
    child = context.Process(target=drive_for_ever, args=told, daemon=True)
    child.start()
    deadline = _REAL.monotonic() + _LONGEST_S
    while _open(scene) and _REAL.monotonic() < deadline:
        _REAL.sleep(0.2)
    child.kill()
    child.join()


def _open(scene: Scene) -> int:
    over = [OrderStep.CLOSED.value, OrderStep.DOUBT.value]
    with scene.database.read() as session:
        return session.exec(
            select(func.count()).select_from(SupplyOrder).where(col(SupplyOrder.step).not_in(over))
        ).one()


def _resolve(scene: Scene) -> int:
    """What somebody at the supplier's desk reads in the book."""
    with scene.database.read() as session:
        doubtful = session.exec(select(SupplyOrder).where(SupplyOrder.step == OrderStep.DOUBT.value)).all()
    for order in doubtful:
        known = Book([], file=scene.books[order.provider_id]).orders
        named = next((number for number, each in known.items() if each["our"] == order.id), None)
        with scene.database.write() as session:
            orders.resolve_doubt(
                session,
                scene.clock,
                _RNG,
                scene.lead,
                order.id,
                provider_reference=named,
                authority=AUTHORITY,
                reason="read in the supplier's book",
            )
    return len(doubtful)


def _judge(scene: Scene) -> dict[str, int]:
    """By the books: how many orders were made of each of ours, and of how many placings."""
    with scene.database.read() as session:
        ours = session.exec(select(SupplyOrder)).all()
        attempts = session.exec(select(OrderAttempt)).all()
        running = session.exec(
            select(func.count())
            .select_from(CallOff)
            .where(col(CallOff.status).in_([CallOffStatus.ACTIVE.value, CallOffStatus.CANCELLING.value]))
        ).one()
    books = {path: Book([], file=path) for path in set(scene.books.values())}
    found = {"orders": len(ours), "made_twice": 0, "unknown_to_the_supplier": 0, "never_placed_twice": 0}
    repeated = 0
    for order in ours:
        book = books[scene.books[order.provider_id]]
        made, placings = book.orders_under(order.id), book.placings[order.id]
        found["made_twice"] += made > 1
        found["unknown_to_the_supplier"] += order.provider_reference not in (None, *book.orders)
        found["never_placed_twice"] += scene.repeats[order.provider_id] is Repeats.NEVER and placings > 1
        repeated += placings > 1
    placings = sum(sum(book.placings.values()) for book in books.values())
    kinds = [each.kind for each in attempts if each.outcome is None]
    return found | {
        "placings": placings,
        "placed_again": repeated,
        "calls": len(attempts),
        "calls_cut_off_by_a_kill": len(kinds),
        "placings_cut_off_by_a_kill": kinds.count(AttemptKind.PLACE.value),
        "looked_for": sum(each.kind == AttemptKind.FIND.value for each in attempts),
        "not_over": sum(order.step != OrderStep.CLOSED.value for order in ours) + running,
    }


def _sound(figures: dict[str, int]) -> bool:
    wrong = ("made_twice", "unknown_to_the_supplier", "never_placed_twice", "not_over")
    seen = ("placed_again", "calls_cut_off_by_a_kill", "looked_for")
    return not any(figures[name] for name in wrong) and all(figures[name] for name in seen)
