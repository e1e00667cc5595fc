"""Equal input, equal record: on both kinds of database, in processes that hash differently, and on another day."""

import json
import os
import subprocess
import sys
from datetime import timedelta

from catalog import matches
from catalog.shelf.content import fingerprint
from space_hub import db
from space_hub.clock import ManualClock
from tests.support import same_record


def test_a_match_has_one_hash_wherever_and_whenever_it_is_made(sqlite_url: str, postgresql_url: str) -> None:
    """Sabotage seen: the standards of an offering in the order of their set."""
    first, second = (_made(url, hash_seed) for url, hash_seed in ((sqlite_url, "1"), (postgresql_url, "2")))
    assert first == second
    assert len(set(first.values())) == len(first) == 13
    later = ManualClock(same_record.NOW + timedelta(days=3))
    for url in (sqlite_url, postgresql_url):
        database = db.connect(url)
        for title, row in same_record.kept(database).items():
            assert fingerprint(row.inputs) == row.inputs_sha256, title
            with database.read() as session:
                assert matches.again(session, row.inputs).record_sha256 == first[title], title
            assert same_record.again(database, later, row) == first[title], title
        database.engine.dispose()


def _made(url: str, hash_seed: str) -> dict[str, str]:
    """By a process of its own."""
    command = [sys.executable, "-m", "tests.support.same_record", url]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found
