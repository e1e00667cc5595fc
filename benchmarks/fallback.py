"""Fallback among suppliers that fail: what it wins and costs; and whether one order is ever made twice.

Of 100 orders 30 end badly, and cancelling what was accepted is charged. `--orders` plays, in virtual time
and through the whole service, one option alone, three one after another, and two in a race, and compares
each account with the books of the suppliers. `--kills` drives orders to suppliers over HTTP, in a process
that is killed again and again while answers are lost, through doors of all three kinds of repetition; then
the suppliers' books are read.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from benchmarks._campaign import cores, numbers, shared
from jobs.proofs import fallback, order_kills
from jobs.proofs.fallback import EXPECTED, Trial

OPTIONS = {
    "--orders=N": "orders at suppliers in virtual time, a third for each way; 10000 unless told",
    "--kills=N": "in place of that, so many kills of the process that drives orders over HTTP",
    "--seed=N": "of the draws; 1 unless told",
    "--workers=N": "processes that share the orders; one for each core unless told",
}

PART = 200
"""Call-offs of one database."""

_EACH = {Trial.SINGLE: 1.0, Trial.SEQUENTIAL: 1.39, Trial.RACING: 2.0}
"""Orders that a call-off comes to: 1 + 0.3 + 0.3^2 one after another."""


def run(*options: str) -> dict[str, object]:
    """The figures of one of the two campaigns."""
    given = numbers(options, orders=10_000, kills=300, seed=1, workers=cores())
    if any(option.startswith("--kills") for option in options):
        return order_kills.campaign(given["kills"], seed=given["seed"])
    return _played(given["orders"], given["seed"], given["workers"])


def _played(orders: int, seed: int, workers: int) -> dict[str, object]:
    began = time.perf_counter()
    parts = list(_parts(orders, seed))
    sums: dict[str, dict[str, Any]] = {trial.value: {} for trial in Trial}
    for part in shared("Call-offs", fallback.campaign, parts, workers):
        known = sums[part.pop("trial")]
        for name, value in part.items():
            known[name] = known.get(name, 0) + value
    figures: dict[str, object] = {}
    holds = True
    for trial in Trial:
        known = sums[trial.value]
        count, won = known["call_offs"], known["won"]
        rate, expected = won / count, EXPECTED[trial]
        spread = (expected * (1 - expected) / count) ** 0.5
        due = known["paid"] + known["fees"] + known["surplus"]
        holds &= abs(rate - expected) <= 4 * spread and not known["wrong"] and not known["ledger_faults"]
        figures |= {
            f"{trial.value}_call_offs": count,
            f"{trial.value}_orders": known["orders"],
            f"{trial.value}_success_percent": round(100 * rate, 2),
            f"{trial.value}_expected_percent": round(100 * expected, 2),
            f"{trial.value}_eur_a_success": str((due / max(won, 1)).quantize(Decimal("0.01"))),
            f"{trial.value}_fees_eur": f"{known['fees']:f}",
            f"{trial.value}_surplus_eur": f"{known['surplus']:f}",
            f"{trial.value}_accounts_unlike_the_books": known["wrong"],
        }
    racing = sums[Trial.RACING.value]
    charged = racing["fees"] > 0 and racing["surplus"] > 0
    took = str(timedelta(seconds=round(time.perf_counter() - began)))
    return {**figures, "took": took, "holds": bool(holds and charged)}


def _parts(orders: int, seed: int) -> Iterator[tuple[str, int, int]]:
    """Large ones first, so that no process waits long for the last."""
    found = []
    for trial in Trial:
        left = max(1, round(orders / len(Trial) / _EACH[trial]))
        while left > 0:
            found.append((trial, min(PART, left)))
            left -= PART
    found.sort(key=lambda each: -each[1] * _EACH[each[0]])
    for number, (trial, count) in enumerate(found):
        yield trial.value, count, seed * 10_000 + number
