"""Sealed quotes against who takes everything but two openers: what opens, what is confirmed, what is refused."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from benchmarks import Misused
from benchmarks._campaign import numbers
from jobs import migrations
from space_hub import db
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from tests.support import postgres
from tests.support.hub import build

from .campaign import Campaign
from .sabotage import NAMES

OPTIONS = {
    "--quotes=N": "quotes that are sealed; 200 unless told",
    "--prices=N": "prices that are guessed for each; 100000 unless told",
    "--database=NAME": "sqlite or postgresql; both unless told",
    "--sabotage=NAME": "build it wrong: clear_route, both_shares, bare_release, no_deadline or no_primary_key",
}


def run(*options: str) -> dict[str, object]:
    given = dict(option.lstrip("-").partition("=")[::2] for option in options)
    wrong, kind = given.pop("sabotage", ""), given.pop("database", "")
    if wrong and wrong not in NAMES:
        raise Misused(f"--sabotage is {wrong}; give one of {', '.join(NAMES)}")
    if kind not in {"", "sqlite", "postgresql"}:
        raise Misused(f"--database is {kind}; give sqlite or postgresql")
    asked = numbers([f"--{name}={value}" for name, value in given.items()], quotes=200, prices=100_000)
    figures: dict[str, object] = {}
    holds = True
    for each in [kind] if kind else ["sqlite", "postgresql"]:
        began = time.monotonic()
        with _database(each) as (database, folder):
            hub = build(database, ManualClock(datetime(2027, 3, 1, tzinfo=UTC)), SeededRng(1))
            found: dict[str, Any] = Campaign(hub, folder, asked["quotes"], asked["prices"], wrong).run()
        holds = holds and found.pop("holds")
        figures |= {f"{each}_{name}": value for name, value in found.items()}
        figures[f"{each}_seconds"] = round(time.monotonic() - began, 1)
    return {**figures, "holds": holds}


@contextmanager
def _database(kind: str) -> Iterator[tuple[Database, Path]]:
    with tempfile.TemporaryDirectory(prefix="space-hub-bench-") as name:
        folder = Path(name) / "var"
        folder.mkdir()
        if kind == "sqlite":
            yield _made(f"sqlite:///{folder / 'hub.sqlite'}"), folder
            return
        with postgres.server() as server:
            url = make_url(server).render_as_string(hide_password=False)
            yield _made(url), folder


def _made(url: str) -> Database:
    database = db.connect(url)
    migrations.upgrade(database)
    return database
