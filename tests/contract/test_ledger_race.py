"""Eight processes, two API workers, one scarce day: what is sold is what there is, on both databases.

`./hub validate ledger` does 8 x 500 on SQLite; `LEDGER_ATTEMPTS=500` makes these
tests do it too, on PostgreSQL as well.
"""

import os
from pathlib import Path

from jobs.proofs import ledger
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
