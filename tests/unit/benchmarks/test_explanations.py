"""A small size of `./hub bench explanations`: what a match explains is true."""

from benchmarks.explanations import of_counterfactuals, of_relaxations


def test_a_refused_offering_enters_when_what_is_said_of_it_is_applied_and_not_with_less() -> None:
    """Sabotage seen: mending a bound to nine tenths of its threshold; leaving the last failed gate out."""
    found = of_counterfactuals(7, 150)
    assert (found["counterfactuals"], found["counterfactuals_untrue"], found["counterfactuals_needless"]) == (150, 0, 0)
    assert found["counterfactuals_of_several_changes"] and found["counterfactuals_if_answered"]


def test_a_relaxation_is_met_and_no_part_of_the_shelf_needs_less() -> None:
    """Every subset of the shelf is tried. Sabotage seen: the first set found (`_greedy`) given as the least."""
    found = of_relaxations(7, 60)
    assert (found["relaxations"], found["relaxations_untrue"], found["relaxations_smaller_exists"]) == (60, 0, 0)
    assert (found["relaxations_unproven"], found["conflicts_untrue"], found["conflicts_not_minimal"]) == (0, 0, 0)
    assert found["relaxations_of_several_terms"] and found["conflicts"]
