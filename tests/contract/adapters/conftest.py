"""The bench that a test of adapters names."""

import pytest

from space_hub.clock import ManualClock
from space_hub.db import Database
from tests.support.doors import BENCHES, Bench


@pytest.fixture
def bench(request: pytest.FixtureRequest, clock: ManualClock, any_database: Database) -> Bench:
    return BENCHES[request.param](clock, any_database)
