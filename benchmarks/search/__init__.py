"""Search: time of 1,000 questions over a shelf drawn from a seed, and with `--check` whether all are right.

Each question is timed from the body to the explained page with its facets: the
generation asked, the mask of what the asker may see, filters, order, counts, and
the page by the authorised statement. One thread. The questions come from twelve
organisations that see different shelves. Loading is timed by itself.
"""

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import make_url, text

from benchmarks import Misused
from benchmarks.search import queries, shelf, stock
from benchmarks.search.shelf import NOW, ORGANISATIONS
from catalog.search import answer, index
from catalog.search.query import normalise
from jobs import migrations
from space_hub import db
from space_hub.db import Database
from space_hub.trust.principal import Principal
from tests.support import postgres, search_oracle

OPTIONS = {
    "--database=NAME": "sqlite (as it is without this option) or postgresql",
    "--offerings=N": "how many offerings stand on the shelf; 10000",
    "--questions=N": "how many questions are asked of it; 1000",
    "--check": "compare every answer, all hits in order and all counts, with plain Python; minutes at 10,000 offerings",
}

SUPPLIERS = 1000
PAGE = 20
LIMITS_MS = {10_000: 100.0, 100_000: 250.0}
"""p99 at so many offerings; between them the smaller limit that is not smaller in offerings."""


def run(*given: str) -> dict[str, object]:
    kind, offerings, count, check = _read(given)
    market = shelf.draw(offerings, SUPPLIERS)
    bodies = list(queries.draw(count))
    before = _memory_mb()
    with _database(kind) as database:
        began = perf_counter()
        planners = stock.put(database, market)
        stocked = perf_counter() - began
        held = index.of(database)
        began = perf_counter()
        listed = index.warm(database)
        loaded = perf_counter() - began
        grown = _memory_mb() - before
        for place, body in enumerate(queries.draw(50, seed=99)):
            _ask(database, held, planners[place % ORGANISATIONS], body)
        spent = []
        for place, body in enumerate(bodies):
            began = perf_counter()
            _ask(database, held, planners[place % ORGANISATIONS], body)
            spent.append(1000 * (perf_counter() - began))
        figures: dict[str, object] = {
            "database": kind,
            "offerings": offerings,
            "listed": listed,
            "questions": count,
            "p50_ms": round(median(spent), 2),
            "p95_ms": _share(spent, 0.95),
            "p99_ms": _share(spent, 0.99),
            "max_ms": round(max(spent), 2),
            "questions_per_s": round(1000 * len(spent) / sum(spent)),
            "stock_s": round(stocked, 1),
            "load_s": round(loaded, 2),
            "memory_grown_mb": round(grown),
            "limit_ms": _limit(offerings),
        }
        wrong = _differences(database, held, planners, market, bodies) if check else None
    figures["differences"] = "not checked" if wrong is None else len(wrong)
    if wrong:
        figures["first_difference"] = str(wrong[0])
    return {**figures, "holds": _share(spent, 0.99) <= _limit(offerings) and not wrong}


def _ask(database: Database, held: index.Index, who: Principal, body: dict[str, Any]) -> answer.Answer:
    with database.read() as session:
        return answer.find(session, held, who, NOW, normalise(body), limit=PAGE)


def _differences(
    database: Database,
    held: index.Index,
    planners: list[Principal],
    market: shelf.Market,
    bodies: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """The questions whose whole order, counts, or first page as fetched is not the oracle's."""
    wrong = []
    for place, body in enumerate(bodies):
        who, query = planners[place % ORGANISATIONS], normalise(body)
        expected = search_oracle.answer(market.shelf, query, shelf.organisation(place % ORGANISATIONS), NOW)
        with database.read() as session:
            sieve, keys = answer.order(session, held, who, NOW, query, most=len(market.shelf))
            page = answer.find(session, held, who, NOW, query, limit=PAGE)
        found = search_oracle.Expected(
            [key.offering_id for key in keys],
            {facet.value: list(sieve.count(facet).values) for facet in query.facets},
            sieve.not_stated(),
        )
        if found != expected or [hit.offering.id for hit in page.items] != expected.ids[:PAGE]:
            wrong.append(body)
    return wrong


def _read(given: tuple[str, ...]) -> tuple[str, int, int, bool]:
    options = dict(each.removeprefix("--").partition("=")[::2] for each in given)
    kind = options.get("database", "sqlite")
    if kind not in {"sqlite", "postgresql"}:
        raise Misused(f"--database is {kind}; give sqlite or postgresql")
    numbers = {}
    for name, usual in (("offerings", 10_000), ("questions", 1000)):
        word = options.get(name, str(usual))
        if not (word.isascii() and word.isdigit() and int(word) > 0):
            raise Misused(f"--{name} is {word!r}; give a whole number above 0")
        numbers[name] = int(word)
    return kind, numbers["offerings"], numbers["questions"], "check" in options


def _limit(offerings: int) -> float:
    return next((limit for size, limit in sorted(LIMITS_MS.items()) if offerings <= size), LIMITS_MS[100_000])


def _share(spent: list[float], share: float) -> float:
    return round(sorted(spent)[min(len(spent) - 1, int(share * len(spent)))], 2)


def _memory_mb() -> float:
    """Largest resident set of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def _database(kind: str) -> Iterator[Database]:
    with tempfile.TemporaryDirectory(prefix="space-hub-bench-") as name:
        if kind == "sqlite":
            database = db.connect(f"sqlite:///{Path(name) / 'hub.sqlite'}")
            migrations.upgrade(database)
            yield database
            database.engine.dispose()
            return
        with postgres.server() as server:
            admin = db.connect(server)
            with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("CREATE DATABASE space_hub_bench"))
            admin.engine.dispose()
            database = db.connect(make_url(server).set(database="space_hub_bench").render_as_string(False))
            migrations.upgrade(database)
            yield database
            database.engine.dispose()
