"""Random sequences of acts in earnest and in two exercises at once: nothing of one is met in another.

One pool with two suppliers lives through all sequences of a chain, with two new exercises of it after every few.
A sequence is some acts in all three modes with tries to cross among them; now and then the exercises alone go on, and
no real row may come or go. Every text that somebody writes holds a word of its own. After every batch all callers read
what their keys reach, and all messages that left are looked at; at the end real keys read every page there is, and
every row of every table is looked through.
"""

import time
from collections import Counter
from datetime import UTC, datetime

from benchmarks import Misused
from benchmarks._campaign import cores, numbers, shared
from benchmarks.modes import judge
from benchmarks.modes.acts import act, cross
from benchmarks.modes.world import READERS, World, database_of, world
from space_hub.clock import ManualClock
from space_hub.rng import SeededRng
from tests.support.hub import Hub, build

OPTIONS = {
    "--sequences=N": "random sequences; 5000 unless told",
    "--first=N": "seed of the first chain of two hundred and fifty, so that a campaign can be split; 1 unless told",
    "--workers=N": "processes that share them; one for each core unless told",
    "--database=NAME": "sqlite (as it is without this option) or postgresql",
}

CHAIN = 250
BATCH = 50
"""Sequences between two looks, with the same two exercises."""

SETTLED = 10
"""Sequences after which the hub does what follows from them."""

CROSSED = 0.3
"""How likely a try to cross follows an act."""

START = datetime(2024, 11, 2, tzinfo=UTC)


def run(*options: str) -> dict[str, object]:
    database = dict(option.lstrip("-").partition("=")[::2] for option in options).get("database") or "sqlite"
    if database not in ("sqlite", "postgresql"):
        raise Misused(f"--database is {database}; give sqlite or postgresql")
    given = numbers(options, sequences=5000, first=1, workers=cores())
    sequences, started = given["sequences"], time.monotonic()
    chains = [
        (database, seed, min(CHAIN, sequences - done))
        for seed, done in enumerate(range(0, sequences, CHAIN), given["first"])
    ]
    counts: Counter[str] = Counter()
    found: list[str] = []
    for counted, met in shared("chains of exercises", _chain, chains, given["workers"]):
        counts.update(counted)
        found += met
    return {
        "database": database,
        "sequences": sequences,
        "first": given["first"],
        **dict(sorted(counts.items())),
        "met_in_another_mode": len(found),
        "first_met": found[:5],
        "seconds": round(time.monotonic() - started, 1),
        "holds": not found and thorough(counts),
    }


def thorough(counts: Counter[str]) -> bool:
    """Whether enough was done, refused and read for the silence to say something."""
    done = ("call_off done", "go_on done", "declare done", "ask done", "subscribe done")
    crossed = ("act on theirs", "replay to theirs", "say under their marking", "carry to their endpoint")
    seen = ("real words read", "exercise words read", "real messages", "exercise messages")
    return all(counts[each] > 0 for each in (*done, *(f"{name} refused" for name in crossed), *seen))


def _chain(database: str, seed: int, sequences: int) -> tuple[Counter[str], list[str]]:
    with database_of(database) as opened:
        return chain(build(opened, ManualClock(START), SeededRng(seed)), seed, sequences)


def chain(hub: Hub, seed: int, sequences: int, *, roles: tuple[str, ...] = READERS) -> tuple[Counter[str], list[str]]:
    """What was counted, and all that was met where it does not belong. `roles` are those that read every page."""
    here = world(hub, seed)
    counts: Counter[str] = Counter()
    found: list[str] = []
    for number in range(1, sequences + 1):
        last = number == sequences
        for _ in range(here.draw.randint(1, 4)):
            counts[act(here, here.draw.choice(here.sides))] += 1
            if here.draw.random() < CROSSED:
                counts[cross(here)] += 1
        if number % SETTLED == 0 or last:
            here.settle()
            found += _exercised(here, counts)
        if number % BATCH == 0 or last:
            found += judge.answers(here, counts) + judge.messages(here, counts)
            if not last:
                here.turn_over()
    return counts, found + judge.every_answer(here, counts, roles) + judge.rows(here)


def _exercised(here: World, counts: Counter[str]) -> list[str]:
    """Acts in the exercises alone, and all that follows from them: no real row comes or goes."""
    before = judge.real_rows(here)
    for _ in range(here.draw.randint(5, 12)):
        # No time passes: what real clocks miss meanwhile would be real.
        counts[act(here, here.draw.choice(here.exercises), wait=False)] += 1
    here.settle()
    after = judge.real_rows(here)
    return [f"{name}: {before[name]} real rows, then {count}" for name, count in after.items() if count != before[name]]
