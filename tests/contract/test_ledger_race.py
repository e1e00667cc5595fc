"""Eight processes, two API workers, one scarce day: what is sold is what there is, on both databases.

`./hub validate ledger` does 8 x 500 on SQLite; `LEDGER_ATTEMPTS=500` makes these
tests do it too, on PostgreSQL as well. `./hub bench ledger` is the campaign, of which
a small size runs here: cancellations, cut connections and killed processes too.
"""

import os
from pathlib import Path

from jobs.proofs import contention, ledger
from jobs.proofs.contention import Scarce
from jobs.proofs.ledger import LedgerReport
from jobs.proofs.service import Service

ATTEMPTS = int(os.environ.get("LEDGER_ATTEMPTS", "30"))


def race(url: str, folder: Path, **how: int | bool) -> LedgerReport:
    with Service(url, folder, workers=2) as service:
        return ledger.campaign(service, **how)  # type: ignore[arg-type]


def test_eight_processes_sell_exactly_what_there_is(database_url: str, tmp_path: Path) -> None:
    """Sabotage seen: `drop_guard`, kept as the test below."""
    report = race(database_url, tmp_path, clients=8, attempts=ATTEMPTS, units=100)
    assert report.holds, report
    assert (report.sold, report.refused) == (100, 8 * ATTEMPTS - 100)


def test_the_proof_turns_red_without_the_constraint(database_url: str, tmp_path: Path) -> None:
    report = race(database_url, tmp_path, clients=4, attempts=20, units=20, sabotage=True)
    assert not report.holds
    assert report.sold > 20
    assert any("committed of" in fault for fault in report.faults)


def test_no_day_is_sold_twice_while_connections_are_cut_and_processes_killed(database_url: str, tmp_path: Path) -> None:
    """Sabotage seen: the constraint dropped (`--sabotage=yes`) over-committed days by the clients' notes alone."""
    with Service(database_url, tmp_path, workers=2) as service:
        report = contention.campaign(
            service, attempts=200, clients=4, kills=1, cut_every_bytes=8_000, scarce=Scarce(agreements=2, days=8)
        )
    assert report.holds, report
    assert (report.books_differ, report.ledger_faults) == (0, 0), report
