"""A sky on each database."""

import pytest

from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from tests.support.sky import Sky


@pytest.fixture
def sky(database: Database, clock: ManualClock, rng: SeededRng) -> Sky:
    return Sky(database, clock, rng)
