from pathlib import Path

from jobs.proofs import durability


def test_three_kills_lose_nothing_acknowledged_and_do_nothing_twice(tmp_path: Path) -> None:
    """`./hub validate durability` does fifty.

    Sabotage seen: committing the organisation before its idempotency row (two
    transactions in `Creation._try`) made organisations twice.
    """
    report = durability.on_sqlite(tmp_path, kills=3)
    assert report.acknowledged > 30
    assert report.unknown > 0
    assert report.as_dict() | {"lost": 0, "twice": 0, "torn": 0, "refused": 0} == report.as_dict()
    assert report.holds
