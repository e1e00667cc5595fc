"""What the services write of capacity is, step by step, what the pure rules say."""

from sqlalchemy import event

from jobs.proofs import ledger_play
from space_hub.db import Database


def test_random_sequences_leave_the_books_as_the_rules_say_on_sqlite(sqlite_database: Database) -> None:
    """Sabotage seen: `<=` for `<` in `reserve`; the civil share not taken by civil use."""
    event.listen(sqlite_database.engine, "connect", ledger_play.careless)
    counts = ledger_play.played(sqlite_database, 1, 100)
    assert counts.differences == []
    assert counts.sequences == 100
    assert min(counts.granted, counts.refused, counts.pre_empted, counts.dropped) > 0


def test_random_sequences_leave_the_books_as_the_rules_say_on_postgresql(postgres_database: Database) -> None:
    counts = ledger_play.played(postgres_database, 1, 20)
    assert counts.differences == []
    assert counts.sequences == 20
