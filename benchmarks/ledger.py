"""Reservations a second: the pure rule, the table on SQLite, and whole call-offs with audit, log and order.

One process, one writer, a durable database (WAL, synchronous=FULL). Each
reservation takes one unit of one day in a transaction of its own; the refused
ones meet an exhausted day.
"""

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from catalog.capacity import ledger
from catalog.capacity.ledger import Want
from catalog.capacity.rules import PARTS, Ask, Bucket, Span, day_slot, reserve
from catalog.capacity.tables import ResourceKind
from catalog.ordering import call_offs
from catalog.ordering.call_offs import CallOffAsk
from jobs.proofs import supply
from jobs.proofs.service import Service
from space_hub.errors import Conflict
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.interval import Interval


def run() -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="space-hub-bench-") as name:
        folder = Path(name)
        with Service(f"sqlite:///{folder / 'hub.sqlite'}", folder) as service:
            figures = {"rule_per_s": _rule(service), **_table(service), **_call_offs(service)}
            with service.database.read() as session:
                return {**figures, "holds": ledger.faults(session) == []}


def _rate(times: int, one: Callable[[int], object]) -> int:
    began = perf_counter()
    for number in range(times):
        one(number)
    return round(times / (perf_counter() - began))


def _rule(service: Service) -> int:
    day = day_slot(service.clock.now().date())
    state = {day: Bucket(10**9)}
    return _rate(20_000, lambda _: reserve(state, Ask(day, day, 1)))


def _table(service: Service) -> dict[str, object]:
    day = day_slot(service.clock.now().date())
    with service.database.write() as session:
        for ceiling in (1, 10**9):
            ledger.count_of(session, f"bench/{ceiling}", ResourceKind.AGREEMENT, Span.DAY, "km2/d")

    def take(subject: str, ceiling: int) -> None:
        with service.database.write() as session:
            ledger.take(
                session,
                service.clock,
                service.rng,
                tenant="bench",
                subject=subject,
                wants=[Want(f"bench/{ceiling}", ResourceKind.AGREEMENT, Span.DAY, "km2/d", Ask(day, day, 1), ceiling)],
            )

    def refused(number: int) -> None:
        try:
            take(f"n{number}", 1)
        except Conflict:
            return
        raise AssertionError("the day was exhausted")

    taken = _rate(500, lambda number: take(f"y{number}", 10**9))
    take("first", 1)
    return {"reservations_per_s": taken, "refusals_per_s": _rate(500, refused)}


def _call_offs(service: Service) -> dict[str, object]:
    clock, rng = service.clock, service.rng
    with service.database.write() as session:
        lead = supply.principal(session, clock, rng, OrganisationKind.NATION, "FR", "Bench nation")
        seller = supply.supplier(session, clock, rng, offered=10_000.0)
        promise = supply.promise(session, clock, rng, seller, lead, capacity=1000)
    start = clock.now() + timedelta(days=2)
    ask = CallOffAsk(((promise.agreement_id, PARTS),), Interval(start, start + timedelta(hours=1)))

    def place(_: int) -> None:
        with service.database.write() as session:
            call_offs.place(session, clock, rng, lead, ask, supply.AUTHORITY)

    return {"call_offs_per_s": _rate(300, place)}
