"""Pairs of worlds that differ only in what others keep to themselves, and whether one can tell them apart.

In both worlds of a pair the same organisations exist. What the others do differs, in value and in number; then one, a
supplier or a buyer, makes its round, and reads every page there is, with its own ids and with those of others.

Compared are status, headers and body of every answer, page by page, every
message that leaves for it, and, for its requests alone, the SQL statements with
the number of rows that each gave: what takes longer for a reason tells it too.

A campaign follows chains: each world of a chain is compared with the one before it,
so that a pair costs little more than one world.
"""

import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import Misused
from benchmarks._campaign import cores, numbers, shared
from benchmarks.disclosure.assured import ASSURED
from benchmarks.disclosure.buyer import BUYER
from benchmarks.disclosure.front_door import FRONT_DOOR
from benchmarks.disclosure.worlds import Found, Round, Worlds

OPTIONS = {
    "--part=NAME": "front_door (as it is without this option): a supplier arrives and publishes; assured: one under "
    "agreements, activated, drilled, ordered from, in a competition; buyer: a nation under an agreement",
    "--pairs=N": "pairs of worlds; 1000 unless told",
    "--first=N": "seed of the first chain of twenty-five pairs, so that a campaign can be split; 1 unless told",
    "--workers=N": "processes that share them; one for each core unless told",
}

CHAIN = 25
"""Pairs that follow one another from one seed."""

PARTS: dict[str, Round[Any, Any]] = {"front_door": FRONT_DOOR, "assured": ASSURED, "buyer": BUYER}


def run(*options: str) -> dict[str, object]:
    part = dict(option.lstrip("-").partition("=")[::2] for option in options).get("part") or "front_door"
    if part not in PARTS:
        raise Misused(f"--part is {part}; give one of {', '.join(PARTS)}")
    given = numbers(options, pairs=1000, first=1, workers=cores())
    pairs = given["pairs"]
    started = time.monotonic()
    total: Counter[str] = Counter()
    told: list[str] = []
    chains = [
        (part, seed, min(CHAIN, pairs - done)) for seed, done in enumerate(range(0, pairs, CHAIN), given["first"])
    ]
    for chain in shared("chains of worlds", _chain, chains, given["workers"]):
        for name, found in chain:
            total.update(found.counts)
            told += [f"{name}: {each}" for each in found.differences]
    figures: dict[str, object] = {
        "part": part,
        "pairs": pairs,
        "first": given["first"],
        **{name: total[name] for name in COUNTED},
    }
    figures["differing"] = len(told)
    figures["first_differences"] = told[:5]
    figures["seconds"] = round(time.monotonic() - started, 1)
    figures["holds"] = not told and total["pairs_that_others_tell_apart"] > 0
    return figures


COUNTED = ("answers", "answers_with_items", "messages", "statements", "rows", "pairs_that_others_tell_apart")


def _chain(part: str, seed: int, pairs: int) -> list[tuple[str, Found]]:
    with TemporaryDirectory() as folder, Worlds(Path(folder), PARTS[part]) as worlds:
        return [(f"seed {seed}, pair {number}", found) for number, found in enumerate(worlds.pairs(seed, pairs), 1)]
