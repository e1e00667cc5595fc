"""Reservations a second with authorization, audit, log and idempotency on: over HTTP by two API processes, and without.

Forty agreements, twenty-five days of each, four clients that each place call-offs of one unit of
one day, one after another, for as long as told. Nothing is refused: what is measured is
the way of a call-off that is granted, and a commit is on the disk. Beside the rate stands the processor
time of each part for one call-off, which says what a quieter or larger machine would do. `service_*` are
the same call-offs in two processes without HTTP (`benchmarks._placing`), with everything that the
route itself does: that rate is what was asked for, and the one over HTTP stands beside it.
"""

import json
import os
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, SQLModel, col, select

from benchmarks import _placing
from benchmarks._campaign import numbers, shared, words
from benchmarks._databases import KINDS, fresh
from catalog.capacity import ledger
from catalog.ordering.tables import CallOff, SupplyOrder
from jobs.proofs import ledger_client, supply
from jobs.proofs.service import Service
from space_hub.delivery.log import LogEntry, rfc3339, sequence
from space_hub.trust import audit, keys
from space_hub.trust.audit import AuditEntry
from space_hub.trust.idempotency import IdempotencyRow
from space_hub.trust.scopes import OrganisationKind

OPTIONS = {
    "--database=NAME": "postgresql (as it is without this option) or sqlite",
    "--seconds=N": "how long the clients place call-offs; 60 unless told",
    "--clients=N": "how many processes place them; 4 unless told",
    "--workers=N": "how many processes serve the API; 2 unless told",
}

AGREEMENTS, DAYS = 40, 25
ASKED_PER_S = 300
"""On two cores with PostgreSQL."""


def run(*options: str) -> dict[str, object]:
    kind = words(options, database=KINDS)["database"]
    given = numbers(options, seconds=60, clients=4, workers=2)
    with (
        tempfile.TemporaryDirectory(prefix="space-hub-bench-") as name,
        fresh(kind, Path(name)) as url,
        Service(url, Path(name), workers=given["workers"]) as service,
    ):
        task = _market(service)
        service.start()
        notes = [Path(name) / f"client_{number}.jsonl" for number in range(given["clients"])]
        clients = [
            ledger_client.started(
                {
                    **task,
                    "bodies": [json.loads(body) for body in _from(task["bodies"], number, given["clients"])],
                    "name": f"c{number}",
                    "seconds": given["seconds"],
                    "notes": str(path),
                }
            )
            for number, path in enumerate(notes)
        ]
        before, began = _group_s(service), perf_counter()
        for client in clients:
            ledger_client.begin(client)
        if any(client.wait(given["seconds"] + 120) for client in clients):
            raise RuntimeError(f"a client failed; see {service.folder}")
        spent, api_s = perf_counter() - began, _group_s(service) - before
        service.stop()
        said = Counter(json.loads(line)["status"] for path in notes for line in path.read_text("utf-8").splitlines())
        placed = said[201]
        drained = _drained(service)
        parts = [
            (url, task["secret"], _from(task["bodies"], number, given["workers"]), f"s{number}", given["seconds"])
            for number in range(given["workers"])
        ]
        alone = list(shared("without HTTP", _placing.placed, parts, given["workers"]))
        beside = sum(count for count, _ in alone)
        with service.database.read() as session:
            kept = _kept(session)
            faults = ledger.faults(session)
    figures: dict[str, object] = {
        "database": kind,
        "placed": placed,
        "per_s": round(placed / spent, 1),
        "seconds": round(spent, 1),
        "api_cpu_ms": round(1000 * api_s / placed, 2),
        "other_answers": sum(said.values()) - placed,
        "seconds_to_chain_and_number": drained,
        "service_placed": beside,
        "service_per_s": round(beside / given["seconds"], 1),
        "service_cpu_ms": round(1000 * sum(cpu for _, cpu in alone) / beside, 2),
        **kept,
        "faults": len(faults),
    }
    whole = all(count == placed + beside for count in kept.values()) and not faults and placed == sum(said.values())
    rates = {"http_holds": placed / spent >= ASKED_PER_S, "holds": beside / given["seconds"] >= ASKED_PER_S}
    return {**figures, **{name: whole and (kind == "sqlite" or reached) for name, reached in rates.items()}}


def _market(service: Service) -> dict[str, Any]:
    clock, rng = service.clock, service.rng
    with service.database.write() as session:
        lead = supply.principal(session, clock, rng, OrganisationKind.NATION, "FR", "Bench nation")
        seller = supply.supplier(session, clock, rng, offered=10.0**9)
        promises = [supply.promise(session, clock, rng, seller, lead, capacity=10**6) for _ in range(AGREEMENTS)]
        _, secret = keys.issue(session, clock, rng, organisation_id=lead.organisation_id, name="clients")
    first = (clock.now() + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    bodies = [
        {
            "options": [{"agreement_id": promise.agreement_id, "quantity": 1}],
            "window_from": rfc3339(first + timedelta(days=day)),
            "window_to": rfc3339(first + timedelta(days=day + 1)),
            "decided_by": {"name": supply.AUTHORITY.name, "office": supply.AUTHORITY.office},
        }
        for day in range(DAYS)
        for promise in promises
    ]
    return {"port": service.port, "secret": secret, "bodies": bodies}


def _from(bodies: list[dict[str, Any]], number: int, of: int) -> list[str]:
    """The bodies as this one of several clients sends them: each begins at another place, as nations would."""
    start = len(bodies) * number // of
    return [json.dumps(body) for body in bodies[start:] + bodies[:start]]


def _kept(session: Session) -> dict[str, int]:
    """What stands in the books for the call-offs: nothing may be switched off to be fast."""
    tables: dict[str, type[SQLModel]] = {
        "call_offs": CallOff,
        "orders": SupplyOrder,
        "idempotency_rows": IdempotencyRow,
    }
    kept = {
        name: int(session.execute(select(func.count()).select_from(table)).scalar_one())
        for name, table in tables.items()
    }
    for name, table, condition in (
        ("audit_rows", AuditEntry, col(AuditEntry.action) == "call_off.place"),
        ("log_rows", LogEntry, col(LogEntry.topic) == "call_off.placed"),
    ):
        kept[name] = int(session.execute(select(func.count()).select_from(table).where(condition)).scalar_one())
    return kept


def _drained(service: Service) -> float:
    """Seconds until the audit trail is chained and the log is numbered, alone."""
    began = perf_counter()
    while True:
        with service.database.write() as session:
            left = audit.seal(session)
        with service.database.write() as session:
            left += sequence(session)
        if not left:
            return round(perf_counter() - began, 1)


def _group_s(service: Service) -> float:
    """Processor time so far of the API's processes, which are one group; read from /proc."""
    group, ticks = service.process.pid if service.process else -1, 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            continue  # It ended between the listing and the reading.
        if int(words[2]) == group:
            ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")
