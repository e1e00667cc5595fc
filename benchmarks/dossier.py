"""From a requirement to its dossier, with 10,000 offerings of one mission area on the shelf: machine time and memory.

Suppliers come through the front door and put their offerings on the shelf by the services that anyone uses. Then
the clock starts: a requirement is stated and its match is asked for over HTTP, a worker in a process of its own
makes the match, another process reads it and renders the dossier. Times are seconds of processor time of all
three; each process says its largest memory. A fifth of the offerings is eligible, twelve groups are shared.
"""

import logging
import resource
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any, TypeVar

from benchmarks._campaign import numbers, words
from benchmarks._databases import fresh
from catalog.matching.values import Verdict
from jobs import handlers, migrations
from jobs.demo.seed import Shown, admit
from jobs.runner import Lane
from providers.adapters.base import Dependency, Listed, Listing, OfferingDraft, PhaseCapacity, PhasePrice
from providers.onboarding import Contact, EvidenceKind, Profile, SizeClass
from space_hub import db, logs
from space_hub.clock import ManualClock
from space_hub.rng import SeededRng, SystemRng
from space_hub.settings import Settings
from space_hub.trust import keys
from space_hub.vocabulary.attributes import read
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase
from tests.support.hub import Caller, Hub, build
from tests.support.supply import good

OPTIONS = {
    "--offerings=N": "how many offerings stand on the shelf; 10000",
    "--database=NAME": "sqlite (as it is without this option) or postgresql",
}

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
EACH = 40
"""Offerings of one supplier."""
GROUPS = 12
ELIGIBLE = 0.2
UNSAID = 0.1
MOST_S = 120.0

_NATIONS = ("BE", "DE", "ES", "FR", "IT", "NL", "NO", "PL", "CA", "GB", "US", "RO")
_ASKED = {Phase.PEACE: 20_000.0, Phase.CRISIS: 30_000.0, Phase.CONFLICT: 40_000.0}

T = TypeVar("T")


def run(*options: str) -> dict[str, object]:
    offerings = numbers(options, offerings=10_000)["offerings"]
    kind = words(options, database=("sqlite", "postgresql"))["database"]
    logs.configure(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="space-hub-dossier-") as folder, fresh(kind, Path(folder)) as url:
        return _measured(url, offerings)


def _measured(url: str, offerings: int) -> dict[str, object]:
    database = db.connect(url)
    migrations.upgrade(database)
    hub = build(database, ManualClock(NOW), SeededRng(20260302))
    began = process_time()
    _fill(hub, offerings)
    filled, planner = process_time() - began, hub.key("nation", "NO")
    walked, began = perf_counter(), process_time()
    requirement_id = good(planner.post("/v1/requirements", _requirement()))["id"]
    headers = {**planner.headers(), "Idempotency-Key": "dossier", "Prefer": "respond-async"}
    asked = hub.client.post("/v1/matches", headers=headers, json={"requirement_id": requirement_id})
    follow = good(asked, 202)["follow"]
    spent = {"asking": process_time() - began}
    peaks = {}
    _, spent["matching"], peaks["matching"] = _apart(_match, url)
    match_id = good(planner.get(follow), 200)["result"]["match_id"]
    found, spent["dossier"], peaks["dossier"] = _apart(_read, url, planner.secret, match_id)
    wall = perf_counter() - walked
    database.engine.dispose()
    return {
        "offerings": offerings,
        "suppliers": -(-offerings // EACH),
        "filling_cpu_s": round(filled, 1),
        **{f"{name}_cpu_s": round(seconds, 1) for name, seconds in spent.items()},
        "requirement_to_dossier_cpu_s": round(sum(spent.values()), 1),
        "requirement_to_dossier_wall_s": round(wall, 1),
        **{f"{name}_peak_mib": peak for name, peak in peaks.items()},
        **found,
        "holds": sum(spent.values()) < MOST_S and found["offerings_judged"] == offerings,
    }


def _apart(work: Callable[..., T], *given: object) -> tuple[T, float, int]:
    """What `work` gives in a fresh process, all seconds of processor time of that process, its largest memory."""
    with ProcessPoolExecutor(1, get_context("spawn"), logs.configure, (logging.WARNING,)) as pool:
        return pool.submit(_weighed, work, *given).result()


def _weighed(work: Callable[..., T], *given: object) -> tuple[T, float, int]:
    done = work(*given)
    return done, process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _match(url: str) -> None:
    worker = Lane(db.connect(url), ManualClock(NOW), SystemRng(), Settings(), "bench", handlers.MATCHING)
    if not worker.turn():
        raise RuntimeError("no match was asked for")


def _read(url: str, secret: str, match_id: str) -> dict[str, Any]:
    """The match as a program reads it, and its dossier as a person does: figures of both."""
    hub = build(db.connect(url), ManualClock(NOW), SeededRng(1))
    reader = Caller(hub, "", secret)
    match = good(reader.get(f"/v1/matches/{match_id}"), 200)
    figures: dict[str, Any] = {
        "offerings_judged": len(match["offerings"]),
        **{
            verdict.value: sum(each["verdict"] == verdict for each in match["offerings"])
            for verdict in (Verdict.TAKEN, Verdict.RESERVE, Verdict.QUESTION, Verdict.REFUSED)
        },
        "covered": match["covered"],
    }
    for form in ("html", "pdf"):
        began = process_time()
        paper = reader.get(f"/v1/matches/{match_id}/dossier", format=form)
        if paper.status_code != 200:
            raise RuntimeError(f"no dossier: {paper.text[:300]}")
        figures[f"{form}_cpu_s"] = round(process_time() - began, 1)
        figures[f"{form}_kib"] = len(paper.content) // 1024
    return figures


def _fill(hub: Hub, offerings: int) -> None:
    """Through the front door, supplier by supplier."""
    random, broker = Random(20260302), hub.key("broker")
    shown = [Shown(EvidenceKind.COMPANY_REGISTER, "Register", "existence", 365)]
    for first in range(0, offerings, EACH):
        number = first // EACH
        nation = _NATIONS[number % len(_NATIONS)]
        contacts = (Contact("Front desk", f"desk{number}@example.org"),)
        profile = Profile(f"Supplier {number:04}", f"R {number}", nation, SizeClass.SMALL, contacts, nation)
        group = None if number % 3 == 0 else f"launcher {int(GROUPS * random.random() ** 2)}"
        drafts = [_draft(random, place, group) for place in range(first, min(first + EACH, offerings))]
        with hub.database.write() as session:
            decider = keys.authenticate(session, hub.clock, broker.secret)
            admit(session, hub.clock, hub.rng, decider, profile, shown, Listing(tuple(map(Listed, drafts))))


def _draft(random: Random, place: int, group: str | None) -> OfferingDraft:
    """A fifth is sharp enough, a tenth does not say how sharp it is, the rest is coarser."""
    luck = random.random()
    sharpness = random.uniform(0.25, 0.5) if luck < ELIGIBLE else random.uniform(0.55, 2.0)
    values = [read("delivery_latency", random.randint(30, 400), "min"), read("revisit", random.randint(2, 48), "h")]
    if luck < 1 - UNSAID:
        values.append(read("gsd", round(sharpness, 2), "m"))
    size, price = random.uniform(200.0, 3_000.0), random.uniform(4.0, 20.0)
    kept = money(f"{size * price * random.uniform(0.03, 0.15):.2f}", "EUR")
    rests = () if group is None else (Dependency("launcher", group, "FR"),)
    return OfferingDraft(
        reference=f"O-{place:05}",
        title=f"Optical imagery {place:05}",
        capability="imagery.optical",
        attributes=tuple(values),
        capacity=tuple(PhaseCapacity(phase, round(size, 1), round(size, 1), "km2/d") for phase in Phase),
        prices=tuple(
            PhasePrice(
                phase, money(f"{price * worse:.2f}", "EUR"), kept, given=f"{price * worse:.2f}", given_unit="km2"
            )
            for phase, worse in zip(Phase, (1.0, 1.3, 1.8), strict=True)
        ),
        coverage="global",
        dependencies=rests,
    )


def _requirement() -> dict[str, Any]:
    return {
        "title": "Imagery of the north",
        "capability": "imagery.optical",
        "currency": "EUR",
        "window_from": "2026-06-01T00:00:00Z",
        "window_to": "2027-06-01T00:00:00Z",
        "phases": [{"phase": phase.value, "quantity": asked, "unit": "km2/d"} for phase, asked in _ASKED.items()],
        "clauses": [
            {"attribute": "gsd", "operator": "<=", "threshold": 0.5, "unit": "m", "objective": 0.3},
            {
                "attribute": "delivery_latency",
                "operator": "<=",
                "threshold": 240,
                "unit": "min",
                "objective": 30,
                "hard": False,
            },
        ],
        "largest_share": 0.4,
        "least_suppliers": 3,
        "survive": ["supplier", "common_mode"],
    }
