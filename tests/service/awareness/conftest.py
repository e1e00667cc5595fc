"""A sky on SQLite, and one on each database for what the databases may do differently."""

import pytest

from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from tests.support.sky import Sky


@pytest.fixture
def sky(any_database: Database, clock: ManualClock, rng: SeededRng) -> Sky:
    return Sky(any_database, clock, rng)


@pytest.fixture
def each_sky(database: Database, clock: ManualClock, rng: SeededRng) -> Sky:
    return Sky(database, clock, rng)
