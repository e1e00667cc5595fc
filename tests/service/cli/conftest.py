"""An installation for commands, that replays the day of the tests and is named by the environment."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from space_hub import settings
from space_hub.clock import ManualClock, SystemClock
from space_hub.db import Database, Installation
from space_hub.trust import organisations


@pytest.fixture
def installed(
    sqlite_database: Database, sqlite_url: str, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    offset = clock.now() - SystemClock().wall()
    with sqlite_database.write() as session:
        session.add(
            Installation(clock_offset_us=offset // timedelta(microseconds=1), created_at_wall=SystemClock().wall())
        )
        organisations.ensure_hub(session, clock)
    for name, value in {
        "SPACE_HUB_DATA": str(tmp_path / "var"),
        "SPACE_HUB_DATABASE_URL": sqlite_url,
        "SPACE_HUB_LANG": "en",
        "SPACE_HUB_PORT": "1",
    }.items():
        monkeypatch.setenv(name, value)
    settings.load.cache_clear()
    yield sqlite_database
    settings.load.cache_clear()
