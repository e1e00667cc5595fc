"""Who reads every release of a year learns no more of one nation's need than who reads none.

The campaign is `./hub bench demand`; here is its short form.
"""

from random import Random

from benchmarks import demand


def test_a_year_of_releases_gives_no_nation_away() -> None:
    """Sabotage seen: without k, the rule of what has moved and the bands, an adversary is twelve points ahead."""
    figures = demand.run("--queries=3000", "--seed=5")
    assert figures["values_that_fewer_than_5_nations_tell_apart"] == 0
    assert figures["values_with_a_nation_above_40_percent"] == 0
    assert float(str(figures["advantage_points"])) <= 3.5, "a third of the campaign's targets: one point is noise"
    assert float(str(figures["control_advantage_points"])) > 10, "the adversaries win where no rule holds"


def test_the_harness_sees_values_that_four_nations_tell_apart() -> None:
    world = demand.year(Random(1), (), ruled=True)
    assert world.bases and demand.broken(world.bases) == (0, 0)
    leaf, values = next(iter(world.bases.items()))
    four = dict(values[0]) | dict.fromkeys(list(values[0])[:4], 1.0)
    assert demand.broken({leaf: [values[0], four]})[0] == 1
