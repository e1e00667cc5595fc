"""Whether what a match explains is true: counterfactuals applied let in, relaxations applied do and none smaller does.

Requirements and shelves are drawn from a fixed seed. What is said is applied by its own words, from the parameters
of the sentence and not from the code that made it. Every relaxation is compared with all of the shelf's subsets.
"""

from collections import Counter
from collections.abc import Sequence

from benchmarks._campaign import numbers
from benchmarks.explanations import judged, markets

OPTIONS = {
    "--counterfactuals=N": "refused offerings to look at (1000)",
    "--relaxations=N": "requirements that cannot be met to look at (500)",
    "--seed=N": "of all that is drawn; 20241102 unless told",
}


def run(*options: str) -> dict[str, object]:
    asked = numbers(options, counterfactuals=1000, relaxations=500, seed=20241102)
    figures = {
        **of_counterfactuals(asked["seed"], asked["counterfactuals"]),
        **of_relaxations(asked["seed"], asked["relaxations"]),
    }
    wrong = [name for name in figures if name.endswith(("_untrue", "_needless", "_smaller_exists", "_not_minimal"))]
    return {**figures, "holds": not any(figures[name] for name in wrong)}


def of_counterfactuals(seed: int, most: int) -> dict[str, object]:
    """Refused offerings until there are `most`, each with everything that is said of it applied, and with less."""
    seen: Counter[str] = Counter()
    draw = markets.Draw(seed, "counterfactuals")
    while seen["counterfactuals"] < most:
        need, offers = markets.shelf(draw)
        seen.update(judged.counterfactuals(need, offers, most - seen["counterfactuals"]))
    return _named(
        seen,
        ("counterfactuals", "counterfactuals_of_several_changes", "counterfactuals_if_answered"),
        "counterfactuals",
    )


def of_relaxations(seed: int, most: int) -> dict[str, object]:
    """Requirements that their shelf cannot meet until `most` have a relaxation; the conflicts are judged beside."""
    seen: Counter[str] = Counter()
    draw = markets.Draw(seed, "relaxations")
    while seen["relaxations"] < most:
        seen.update(judged.relaxation(*markets.tight(draw)))
    return _named(seen, ("relaxations", "relaxations_of_several_terms", "conflicts"), "relaxations")


def _named(seen: Counter[str], names: Sequence[str], about: str) -> dict[str, object]:
    wrong = {
        "counterfactuals": ("counterfactuals_untrue", "counterfactuals_needless"),
        "relaxations": (
            *("relaxations_untrue", "relaxations_smaller_exists", "relaxations_unproven"),
            *("conflicts_untrue", "conflicts_not_minimal"),
        ),
    }[about]
    return {name: seen[name] for name in (*names, *wrong)}
