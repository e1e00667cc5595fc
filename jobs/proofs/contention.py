"""The campaign against the ledger: contention, cut connections and killed processes, judged from the clients' notes.

Clients place and cancel call-offs on a few agreements with far less capacity than they ask for, through a relay that
breaks connections (`jobs.proofs.cutter`); processes of the API are killed meanwhile. A grant surely
occupies its days from the moment its answer came to the moment its cancellation was first sent: at no
moment may what is surely occupied of one day exceed what was promised of it. This counts too little and
never too much, so it raises no false alarm. The books are compared at the end, as a second figure that
decides nothing.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from catalog.capacity import ledger
from catalog.capacity.rules import PARTS, day_slot
from catalog.capacity.tables import CapacityBucket
from jobs.proofs import contention_client, ledger_client, supply
from jobs.proofs.cutter import Cutter
from jobs.proofs.ledger import drop_guard
from jobs.proofs.service import Service
from space_hub.trust import keys
from space_hub.trust.scopes import OrganisationKind

CUT_EVERY_BYTES = 60_000
_DRAWN_OUT_S = 3600.0

Note = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scarce:
    """What there is: so many agreements, each with so many units of so many days."""

    agreements: int = 12
    days: int = 40
    units: int = 20


@dataclass(frozen=True, slots=True)
class ContentionReport:
    attempts: int
    answered: int
    granted: int
    refused: int
    cancelled: int
    other: dict[str, int]
    replays: int
    """Answers that came by a repetition: the first was lost, and what it did was not done again."""
    kills: int
    cuts: dict[str, int]
    over_commitments: int
    """Days of an agreement of which more was surely occupied at one moment than there was."""
    sold_twice: int
    books_differ: int
    """Days of which the books say another sum than the notes; of the last moment, and not part of the judgement."""
    ledger_faults: int
    seconds: float

    @property
    def holds(self) -> bool:
        happened = (self.granted, self.refused, self.cancelled, self.replays, self.kills, sum(self.cuts.values()))
        return (
            self.attempts == self.answered
            and all(happened)
            and not (self.over_commitments or self.sold_twice or self.other)
        )

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "attempts_per_s": round(self.attempts / self.seconds, 1), "holds": self.holds}


def campaign(
    service: Service,
    *,
    attempts: int,
    clients: int,
    kills: int,
    seed: int = 1,
    sabotage: bool = False,
    cut_every_bytes: int = CUT_EVERY_BYTES,
    scarce: Scarce | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> ContentionReport:
    """Run it on a fresh installation, whose database may itself stand behind a relay."""
    task = _market(service, scarce or Scarce())
    if sabotage:
        drop_guard(service.database)
    service.start()
    notes = [service.folder / f"client_{number}.jsonl" for number in range(clients)]
    shares = [attempts // clients + (number < attempts % clients) for number in range(clients)]
    killed = 0
    with Cutter(service.port, seed, every_bytes=cut_every_bytes) as cutter:
        processes = [
            ledger_client.started(
                {
                    **task,
                    "port": cutter.port,
                    "seed": seed,
                    "name": f"c{number}",
                    "attempts": share,
                    "notes": str(path),
                },
                contention_client.MODULE,
            )
            for number, (path, share) in enumerate(zip(notes, shares, strict=True))
        ]
        began, seen = service.clock.monotonic(), _Seen(notes)
        try:
            for process in processes:
                ledger_client.begin(process)
            while any(process.poll() is None for process in processes):
                service.clock.sleep(0.05)
                done = seen.count()
                progress(done)
                # Kills are spread over the attempts, so that a slow machine sees as many as a quick one.
                if killed < kills and done * (kills + 1) >= attempts * (killed + 1) and service.kill_one():
                    killed += 1
                if service.clock.monotonic() - began > _DRAWN_OUT_S:
                    raise RuntimeError(f"the clients did not come to an end within {_DRAWN_OUT_S} s")
        finally:
            # Also when it is interrupted: clients without an API would ask for ever.
            for process in processes:
                process.kill()
                process.wait()
        seconds = service.clock.monotonic() - began
        service.stop()
    failed = [process.returncode for process in processes if process.returncode != 0]
    if failed:
        raise RuntimeError(f"{len(failed)} clients failed; see {service.folder}")
    said = [json.loads(line) for path in notes for line in path.read_text("utf-8").splitlines()]
    return _report(service, task, said, attempts, killed, dict(cutter.broken), seconds)


def over_committed(notes: Iterable[Note], units: int) -> list[tuple[str, int]]:
    """The days of which more than `units` were surely occupied at one moment, by the notes alone."""
    freed = {note["id"]: note["sent"] for note in notes if note["op"] == "cancel"}
    steps: dict[tuple[str, int], list[tuple[float, int]]] = defaultdict(list)
    for note in notes:
        if note["op"] == "place" and note["status"] == 201:
            for day in range(note["first"], note["last"] + 1):
                steps[note["of"], day].append((note["answered"], note["quantity"]))
                if note["id"] in freed:
                    steps[note["of"], day].append((freed[note["id"]], -note["quantity"]))
    return [place for place, found in sorted(steps.items()) if _highest(found) > units]


def _highest(steps: Sequence[tuple[float, int]]) -> int:
    """The highest running sum; of steps of one moment those down come first."""
    most = level = 0
    for _, step in sorted(steps):
        level += step
        most = max(most, level)
    return most


def _market(service: Service, scarce: Scarce) -> dict[str, Any]:
    clock, rng = service.clock, service.rng
    with service.database.write() as session:
        lead = supply.principal(session, clock, rng, OrganisationKind.NATION, "FR", "Campaign nation")
        seller = supply.supplier(session, clock, rng, offered=10.0 * scarce.agreements * scarce.units)
        promises = [
            supply.promise(session, clock, rng, seller, lead, capacity=scarce.units, days=scarce.days + 5)
            for _ in range(scarce.agreements)
        ]
        _, secret = keys.issue(session, clock, rng, organisation_id=lead.organisation_id, name="clients")
    first = (clock.now() + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "secret": secret,
        "agreements": [promise.agreement_id for promise in promises],
        "first_day": first.isoformat(),
        "days": scarce.days,
        "units": scarce.units,
        "decided_by": {"name": supply.AUTHORITY.name, "office": supply.AUTHORITY.office},
    }


class _Seen:
    """How many lines files have, read on from where they were read last."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._at = dict.fromkeys(paths, 0)
        self._lines = 0

    def count(self) -> int:
        for path, offset in self._at.items():
            if path.exists():
                with path.open("rb") as file:
                    file.seek(offset)
                    fresh = file.read()
                self._at[path] = offset + len(fresh)
                self._lines += fresh.count(b"\n")
        return self._lines


def _report(
    service: Service,
    task: dict[str, Any],
    said: list[Note],
    attempts: int,
    killed: int,
    cuts: dict[str, int],
    seconds: float,
) -> ContentionReport:
    kinds = Counter(_kind(note) for note in said)
    granted = [note for note in said if _kind(note) == "granted"]
    with service.database.read() as session:
        books = {
            (row.resource, row.slot): row.committed
            for row in session.exec(select(CapacityBucket).where(col(CapacityBucket.resource).startswith("agr_")))
        }
        faults = len(ledger.faults(session))
    known = ("granted", "refused", "cancelled", "unanswered")
    return ContentionReport(
        attempts=attempts,
        answered=len(said) - kinds["unanswered"],
        granted=kinds["granted"],
        refused=kinds["refused"],
        cancelled=kinds["cancelled"],
        other={kind: count for kind, count in kinds.items() if kind not in known},
        replays=sum(note["replayed"] for note in said),
        kills=killed,
        cuts=cuts,
        over_commitments=len(over_committed(said, task["units"])),
        sold_twice=len(granted) - len({note["id"] for note in granted}),
        books_differ=_differing(said, books, datetime.fromisoformat(task["first_day"])),
        ledger_faults=faults,
        seconds=round(seconds, 1),
    )


def _kind(note: Note) -> str:
    match note["op"], note["status"]:
        case "place", 201:
            return "granted"
        case "place", 409 if note["code"] == "capacity.exhausted":
            return "refused"
        case "cancel", 200:
            return "cancelled"
        case _, 0:
            return "unanswered"
        case op, status:
            return f"{op} {status} {note['code']}"


def _differing(notes: Iterable[Note], books: dict[tuple[str, int], int], first_day: datetime) -> int:
    """At how many days the books end with another sum than the notes."""
    freed = {note["id"] for note in notes if note["op"] == "cancel"}
    start = day_slot(first_day.date())
    sums: Counter[tuple[str, int]] = Counter()
    for note in notes:
        if note["op"] == "place" and note["status"] == 201 and note["id"] not in freed:
            for day in range(note["first"], note["last"] + 1):
                sums[note["of"], start + day] += note["quantity"] * PARTS
    return sum(sums[place] != books.get(place, 0) for place in {*sums, *books})
