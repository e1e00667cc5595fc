"""How long matching takes, and what its plans are worth: one requirement, and whole markets by the optimiser.

Markets are drawn from seeds (`generator`). Times are seconds of processor time of one core, so that
a busy machine does not change them much. `--part=` names what is measured: `requirement` (one need,
200 offerings), `optimal` (small pools against trying every set), `rules` (tiny pools, each kind of rule, counted
out unit by unit without a solver), `scale` (markets up to 1,000 x 100
x 3 phases x 12 groups, N-1, gap 1 %, each plan checked), `lazy` (against a copy of all flows for
each failure), `baselines` (beside greedy-cheapest and sole award), `resilience` (its price and spread).
"""

from collections.abc import Callable

from benchmarks._campaign import numbers, words

PARTS = ("small", "requirement", "optimal", "rules", "scale", "lazy", "baselines", "resilience")

OPTIONS = {
    "--part=NAME": "one of requirement, optimal, rules, scale, lazy, baselines, resilience; without it: small sizes",
    "--seeds=N": "how many markets of each size (10), or pools of `optimal` and `rules` (times 20)",
    "--offers=N": "the largest market of `scale` (1000)",
}


def run(*options: str) -> dict[str, object]:
    part = words(options, part=PARTS)["part"]
    given = numbers(options, seeds=10, offers=1000)
    seeds, offers = given["seeds"], given["offers"]
    from benchmarks.match import counted, optimal, requirement, scale, worth

    parts: dict[str, Callable[[], dict[str, object]]] = {
        "requirement": requirement.run,
        "optimal": lambda: optimal.run(20 * seeds),
        "rules": lambda: counted.run(20 * seeds),
        "scale": lambda: scale.run(seeds, offers),
        "lazy": lambda: scale.lazy(seeds),
        "baselines": lambda: worth.beside(seeds),
        "resilience": lambda: worth.premiums(seeds),
    }
    if part != "small":
        return parts[part]()
    figures = requirement.run()
    held = [figures.pop("holds")]
    smaller = (
        ("optimal", optimal.run(20)),
        ("rules", counted.run(20)),
        ("scale", scale.run(2, 120)),
        ("baselines", worth.beside(2)),
    )
    for name, found in smaller:
        held.append(found.pop("holds"))
        figures |= {f"{name}_{key}": value for key, value in found.items()}
    return {**figures, "holds": all(held)}
