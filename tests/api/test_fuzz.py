"""What creates, asked by chance: no fault and no status that its description does not name.

The campaign over every operation, way and asker is `./hub bench fuzz`.
"""

from benchmarks import fuzz


def test_no_create_has_a_fault_or_an_undocumented_status() -> None:
    """Sabotage seen: a route that divides by zero."""
    tally = fuzz.fuzz(examples=2, number=7, only="POST", askers=("broker",))
    assert tally.operations > 30
    assert tally.faults + tally.undocumented + tally.broken == []
    assert tally.not_drawn == []
    assert tally.statuses.keys() >= {201, 404, 422}
