"""Proof of durability: SIGKILL of the serving process under clients that write and retry.

Each client creates organisations, every one under its own idempotency key, and
repeats a request with the same key until it has an answer. The API is killed
again and again, anywhere in its work. Afterwards, from the clients' own notes:

* nothing that was acknowledged is lost,
* nothing was done twice,
* business row, audit row and idempotency row exist together or not at all,
* requests whose outcome was unknown are counted, and those among them that had
  in fact happened: without idempotency keys these would be double bookings.
"""

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import col, select

from jobs.proofs.service import Service
from space_hub.trust.audit import AuditEntry
from space_hub.trust.idempotency import IdempotencyRow
from space_hub.trust.organisations import Organisation
from space_hub.trust.scopes import OrganisationKind

_PREFIX = "durability-"
_GIVE_UP_S = 60.0


@dataclass
class Notes:
    """What one client knows: its own log, the only witness that counts."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    unknown: int = 0
    unknown_done: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DurabilityReport:
    kills: int
    acknowledged: int
    unknown: int
    unknown_done: int
    lost: int
    twice: int
    torn: int
    refused: int

    @property
    def holds(self) -> bool:
        return self.acknowledged > 0 and not (self.lost or self.twice or self.torn or self.refused)

    def as_dict(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "cases": self.acknowledged,
            "failed": self.lost + self.twice + self.torn,
            "holds": self.holds,
        }


def campaign(
    service: Service,
    *,
    kills: int,
    clients: int = 4,
    progress: Callable[[int, int], None] | None = None,
) -> DurabilityReport:
    """Kill the API `kills` times under `clients` writing threads and judge what is left."""
    _, secret = service.key(OrganisationKind.BROKER, "BE", "durability broker")
    stop = threading.Event()
    notes = [Notes() for _ in range(clients)]
    threads = [
        threading.Thread(target=_write, args=(service, secret, number, notes[number], stop), daemon=True)
        for number in range(clients)
    ]
    chance = service.rng.scope("hub", "durability")
    service.start()
    for thread in threads:
        thread.start()
    for number in range(kills):
        service.clock.sleep(0.2 + 0.6 * chance.uniform())
        service.kill()
        service.start()
        if progress is not None:
            progress(number + 1, kills)
    service.clock.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join(timeout=_GIVE_UP_S + 10)
        if thread.is_alive():
            raise RuntimeError("a client did not come to an end")
    return _judge(service, notes, kills)


def _write(service: Service, secret: str, number: int, notes: Notes, stop: threading.Event) -> None:
    """One client: create under a key, repeat until answered, note it, go on."""
    turn = 0
    with httpx.Client(base_url=service.address, timeout=5.0, trust_env=False) as client:
        while not stop.is_set():
            turn += 1
            name = f"{_PREFIX}{number}-{turn}"
            headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": name}
            body = {"name": name, "kind": "nation", "nation": "FR"}
            doubtful = False
            deadline = service.clock.monotonic() + _GIVE_UP_S
            while service.clock.monotonic() < deadline:
                try:
                    answer = client.post("/v1/organisations", headers=headers, json=body)
                except httpx.ConnectError:
                    service.clock.sleep(0.02)
                    continue
                except httpx.TransportError:
                    doubtful = True
                    continue
                if answer.status_code == 201:
                    notes.acknowledged[name] = answer.json()["id"]
                    notes.unknown += doubtful
                    notes.unknown_done += doubtful and "Idempotent-Replayed" in answer.headers
                    break
                if answer.status_code != 503:
                    notes.refused.append(f"{answer.status_code} {answer.text}")
                    break
                service.clock.sleep(0.05)


def _judge(service: Service, notes: list[Notes], kills: int) -> DurabilityReport:
    acknowledged: dict[str, str] = {}
    for each in notes:
        acknowledged |= each.acknowledged
    with service.database.read() as session:
        kept = session.exec(
            select(Organisation.name, Organisation.id).where(col(Organisation.name).startswith(_PREFIX))
        ).all()
        audited = session.exec(select(AuditEntry.subject).where(AuditEntry.action == "organisation.create")).all()
        answered = session.exec(
            select(IdempotencyRow.key).where(col(IdempotencyRow.key).startswith(_PREFIX), IdempotencyRow.status == 201)
        ).all()
    by_name = dict(kept)
    lost = sum(by_name.get(name) != made for name, made in acknowledged.items())
    torn = len({made for _, made in kept} ^ set(audited)) + len({name for name, _ in kept} ^ set(answered))
    return DurabilityReport(
        kills=kills,
        acknowledged=len(acknowledged),
        unknown=sum(each.unknown for each in notes),
        unknown_done=sum(each.unknown_done for each in notes),
        lost=lost,
        twice=len(kept) - len(by_name),
        torn=torn,
        refused=sum(len(each.refused) for each in notes),
    )


def on_sqlite(folder: Path, *, kills: int, progress: Callable[[int, int], None] | None = None) -> DurabilityReport:
    """The campaign on a fresh SQLite installation in `folder`."""
    with Service(f"sqlite:///{folder / 'hub.sqlite'}", folder) as service:
        return campaign(service, kills=kills, progress=progress)
