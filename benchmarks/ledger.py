"""Attempts on scarce capacity by several clients, through cut connections and killed processes: is any day sold twice?

The judgement is from the clients' notes alone (`jobs.proofs.contention`). On PostgreSQL the
database stands behind a relay too, so that commits lose their answers.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from sqlalchemy import make_url

from benchmarks._campaign import numbers, words
from benchmarks._databases import KINDS, fresh
from jobs.proofs import contention
from jobs.proofs.cutter import Cutter
from jobs.proofs.service import Service

OPTIONS = {
    "--database=NAME": "postgresql (as it is without this option) or sqlite",
    "--attempts=N": "how many requests, over all clients; 200000 unless told",
    "--clients=N": "how many processes make them; 4 unless told",
    "--kills=N": "how many times a process of the API is killed; 24 unless told",
    "--seed=N": "of all that is drawn; 1 unless told",
    "--sabotage=yes": "the constraint is dropped first: it must not hold then",
}

_DATABASE_CUT_EVERY_BYTES = 500_000
_SOCKET = ".s.PGSQL.5432"


def run(*options: str) -> dict[str, object]:
    chosen = words(options, database=KINDS, sabotage=("no", "yes"))
    given = numbers(options, attempts=200_000, clients=4, kills=24, seed=1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="space-hub-bench-")))
        url = stack.enter_context(fresh(chosen["database"], folder))
        relayed, cutter = None, None
        if chosen["database"] == "postgresql":
            server = Path(str(make_url(url).query["host"]))
            (folder / "pg").mkdir()
            cutter = stack.enter_context(
                Cutter(
                    server / _SOCKET,
                    given["seed"] + 1,
                    every_bytes=_DATABASE_CUT_EVERY_BYTES,
                    listen_at=folder / "pg" / _SOCKET,
                )
            )
            relayed = make_url(url).update_query_dict({"host": str(folder / "pg")}).render_as_string(False)
        service = stack.enter_context(Service(url, folder, workers=2, api_url=relayed))
        bar = stack.enter_context(Progress(console=Console(stderr=True)))
        task = bar.add_task("attempts", total=given["attempts"])
        report = contention.campaign(
            service,
            attempts=given["attempts"],
            clients=given["clients"],
            kills=given["kills"],
            seed=given["seed"],
            sabotage=chosen["sabotage"] == "yes",
            progress=lambda done: bar.update(task, completed=done),
        )
        there = None if cutter is None else dict(cutter.broken)
    holds = report.holds and there != {}
    return {"database": chosen["database"], "cuts_at_the_database": there, **report.as_dict(), "holds": holds}
