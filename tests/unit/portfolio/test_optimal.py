"""The plan of a small market is the best of all plans, and keeps every rule."""

import pytest

from benchmarks.match import optimal

POOLS, PARTS = 30, 3
"""The same seeds go on to 200 in `./hub bench match --part=optimal`."""


@pytest.mark.parametrize("part", range(PARTS))
def test_a_small_pool_costs_what_trying_every_set_of_offers_finds(part: int) -> None:
    """Sabotage seen: an offer's coefficient in the inequality of a failure doubled; five of thirty pools differ."""
    assert [seed for seed in range(part, POOLS, PARTS) if not optimal.agrees(seed)] == []
