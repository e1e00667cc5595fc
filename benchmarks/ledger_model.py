"""Random sequences on the capacity ledger: what the services write against what the pure rules say, step by step.

A sequence has a dozen steps: placed, held, confirmed, cancelled, waited, swept, pre-empted, replanned. After
each, the answer, every bucket, every reservation and whoever fell are compared. `holds` is false at the first
difference.
"""

import time
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from benchmarks._campaign import cores, numbers, shared, words
from benchmarks._databases import fresh
from jobs import migrations
from jobs.proofs import ledger_play
from jobs.proofs.ledger_play import Counts
from space_hub import db

OPTIONS = {
    "--database=NAME": "sqlite (as it is without this option) or postgresql, on which one process plays",
    "--sequences=N": "how many are played; 10000 unless told",
    "--seed=N": "number of the first; 1 unless told",
    "--workers=N": "processes that share them; one for each core unless told",
}

PART = 250
"""Sequences of one database."""


def run(*options: str) -> dict[str, object]:
    """The figures of the campaign."""
    chosen = words(options, database=("sqlite", "postgresql"))
    given = numbers(options, sequences=10_000, seed=1, workers=cores())
    began = time.perf_counter()
    end = given["seed"] + given["sequences"]
    parts = [(first, min(PART, end - first)) for first in range(given["seed"], end, PART)]
    if chosen["database"] == "sqlite":
        done = list(shared("Sequences", ledger_play.campaign, parts, given["workers"]))
    else:
        done = _on_postgresql(range(given["seed"], end))
    differences = [each for part in done for each in part.differences]
    sums = {
        name: sum(getattr(part, name) for part in done)
        for name in ("sequences", "steps", "granted", "refused", "pre_empted", "dropped")
    }
    return {
        **sums,
        "differences": len(differences),
        "first_difference": differences[0] if differences else "",
        "seconds": round(time.perf_counter() - began, 1),
        "holds": not differences and min(sums.values()) > 0,
    }


def _on_postgresql(seeds: range) -> list[Counts]:
    with fresh("postgresql", Path()) as url, Progress(console=Console(stderr=True)) as bar:
        database = db.connect(url)
        migrations.upgrade(database)
        counts, (scene, clock) = Counts(), ledger_play.alliance(database, seeds.start)
        for seed in bar.track(seeds, description="Sequences"):
            ledger_play.play(scene, clock, seed, counts)
        database.engine.dispose()
        return [counts]
