"""Proof of the ledger: many processes call off the same scarce capacity through several API workers.

An agreement has `units` of one day. `clients` processes make `attempts` call-offs
of one unit each, as fast as they can. Afterwards, from the clients' own notes:

* exactly `units` were sold, and each sale is a call-off that exists once,
* every other attempt was told that the day is exhausted,
* bucket, reservations, call-offs and orders in the database say the same.

`sabotage=True` first drops the constraint that guards the bucket: the proof must
then fail, else it proves nothing.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import select

from catalog.capacity import ledger
from catalog.capacity.rules import PARTS
from catalog.capacity.tables import CapacityBucket, CapacityReservation
from catalog.ordering.tables import CallOff, SupplyOrder
from jobs.proofs import ledger_client, supply
from jobs.proofs.service import Service
from space_hub.db import Database
from space_hub.delivery.log import rfc3339
from space_hub.trust import keys
from space_hub.trust.scopes import OrganisationKind

_LIMIT_S = 300.0
_GUARD = "ck_capacity_bucket_within_capacity"


@dataclass(frozen=True, slots=True)
class LedgerReport:
    units: int
    attempts: int
    answered: int
    sold: int
    """Call-offs that the clients were told they have."""
    sold_twice: int
    """Call-offs that two attempts were told are theirs."""
    refused: int
    other: dict[str, int]
    asked_again: int
    in_call_offs: int
    in_orders: int
    in_reservations: float
    in_bucket: float
    strangers: int
    """Call-offs in the database that no client was told of, or the reverse."""
    faults: list[str]
    seconds: float

    @property
    def holds(self) -> bool:
        books = (self.in_call_offs, self.in_orders, self.in_reservations, self.in_bucket)
        return (
            self.sold == self.units
            and self.answered == self.attempts == self.sold + self.refused
            and all(book == self.units for book in books)
            and not (self.sold_twice or self.other or self.strangers or self.faults)
        )

    def as_dict(self) -> dict[str, Any]:
        rate = self.attempts / self.seconds if self.seconds else 0.0
        return {**asdict(self), "attempts_per_s": round(rate, 1), "cases": self.attempts, "holds": self.holds}


def campaign(
    service: Service,
    *,
    clients: int = 8,
    attempts: int = 500,
    units: int = 100,
    sabotage: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> LedgerReport:
    """Run the race on a fresh installation and judge it from the clients' notes."""
    task = _market(service, units)
    if sabotage:
        drop_guard(service.database)
    service.start()
    notes = [service.folder / f"client_{number}.jsonl" for number in range(clients)]
    processes = [
        ledger_client.started({**task, "name": f"c{number}", "attempts": attempts, "notes": str(path)})
        for number, path in enumerate(notes)
    ]
    began = service.clock.monotonic()
    try:
        for process in processes:
            ledger_client.begin(process)
        while any(process.poll() is None for process in processes):
            service.clock.sleep(0.1)
            if progress is not None:
                progress(sum(_lines(path) for path in notes), clients * attempts)
            if service.clock.monotonic() - began > _LIMIT_S:
                raise RuntimeError(f"the clients did not come to an end within {_LIMIT_S} s")
    finally:
        # Also when the proof is interrupted: clients without an API would ask for ever.
        for process in processes:
            process.kill()
            process.wait()
    seconds = service.clock.monotonic() - began
    service.stop()
    failed = [process.returncode for process in processes if process.returncode != 0]
    if failed:
        raise RuntimeError(f"{len(failed)} clients failed; see {service.folder}")
    return _judge(service.database, notes, clients * attempts, units, seconds)


def drop_guard(database: Database) -> None:
    """Take the constraint off the buckets. For proving the proof, on a database that is thrown away."""
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"ALTER TABLE capacity_bucket DROP CONSTRAINT {_GUARD}"))
            return
        connection.execute(text("ALTER TABLE capacity_bucket RENAME TO guarded"))
        connection.execute(
            text(
                "CREATE TABLE capacity_bucket (resource VARCHAR(80) NOT NULL, slot BIGINT NOT NULL,"
                " capacity INTEGER NOT NULL, committed INTEGER NOT NULL, PRIMARY KEY (resource, slot))"
            )
        )
        connection.execute(text("INSERT INTO capacity_bucket SELECT resource, slot, capacity, committed FROM guarded"))
        connection.execute(text("DROP TABLE guarded"))


def _market(service: Service, units: int) -> dict[str, Any]:
    """A signed agreement with `units` a day; what a client needs to call it off."""
    clock, rng = service.clock, service.rng
    with service.database.write() as session:
        lead = supply.principal(session, clock, rng, OrganisationKind.NATION, "FR", "Proof nation")
        seller = supply.supplier(session, clock, rng, offered=10.0 * units)
        promise = supply.promise(session, clock, rng, seller, lead, capacity=units)
        _, secret = keys.issue(session, clock, rng, organisation_id=lead.organisation_id, name="clients")
    day = (clock.now() + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    body = {
        "options": [{"agreement_id": promise.agreement_id, "quantity": 1}],
        "window_from": rfc3339(day),
        "window_to": rfc3339(day + timedelta(days=1)),
        "decided_by": {"name": supply.AUTHORITY.name, "office": supply.AUTHORITY.office},
    }
    return {"port": service.port, "secret": secret, "bodies": [body]}


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _judge(database: Database, notes: list[Path], attempts: int, units: int, seconds: float) -> LedgerReport:
    said = [json.loads(line) for path in notes for line in path.read_text("utf-8").splitlines()]
    sold = Counter(note["id"] for note in said if note["status"] == 201)
    refused = sum(note["status"] == 409 and note["code"] == "capacity.exhausted" for note in said)
    other = Counter(
        f"{note['status']} {note['code']}"
        for note in said
        if note["status"] != 201 and (note["status"], note["code"]) != (409, "capacity.exhausted")
    )
    with database.read() as session:
        call_offs = set(session.exec(select(CallOff.id)).all())
        held = session.exec(select(CapacityReservation).where(CapacityReservation.resource.startswith("agr_"))).all()
        buckets = session.exec(select(CapacityBucket).where(CapacityBucket.resource.startswith("agr_"))).all()
        return LedgerReport(
            units=units,
            attempts=attempts,
            answered=len(said),
            sold=len(sold),
            sold_twice=sum(count > 1 for count in sold.values()),
            refused=refused,
            other=dict(other),
            asked_again=sum(note["tries"] - 1 for note in said),
            in_call_offs=len(call_offs),
            in_orders=len(session.exec(select(SupplyOrder.id)).all()),
            in_reservations=sum(each.parts for each in held) / PARTS,
            in_bucket=sum(each.committed for each in buckets) / PARTS,
            strangers=len(call_offs ^ set(sold)),
            faults=ledger.faults(session),
            seconds=round(seconds, 3),
        )
