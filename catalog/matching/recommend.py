"""The pipeline: eligibility -> fit -> portfolio -> explain, or say what stands in the way. Pure and deterministic.

The order in which candidates are given does not matter.
"""

from collections.abc import Callable, Iterable, Sequence

from catalog.matching import eligibility, explain, portfolio
from catalog.matching.counterfactual import counterfactual
from catalog.matching.fairness import sole
from catalog.matching.fit import fit
from catalog.matching.relax import impasse
from catalog.matching.stability import stability
from catalog.matching.values import Candidate, Judged, Need, Outcome, Recommendation, Verdict
from catalog.matching.watch import Stage, Watch, silent, watched

Look = Callable[[Sequence[Candidate]], None]
"""Called with the candidates that no gate refuses. What it makes of them is its own: nothing here reads it."""


def recommend(
    need: Need, candidates: Iterable[Candidate], watch: Watch = silent, look: Look | None = None
) -> Recommendation:
    """What a planner could take, and why. It recommends; an agency awards."""
    ordered = sorted(candidates, key=lambda each: (each.content_sha256, each.offering_id))
    gates = {each.offering_id: eligibility.gates(need, each) for each in watched(watch, Stage.GATES, ordered)}
    outcomes = {name: eligibility.overall(found) for name, found in gates.items()}
    fits = {each.offering_id: fit(need, each) for each in ordered if outcomes[each.offering_id] is not Outcome.FAIL}
    offered = [
        portfolio.supply(need, each, fits[each.offering_id].score)
        for each in ordered
        if outcomes[each.offering_id] is Outcome.PASS
    ]
    if look is not None:
        look([each for each in ordered if outcomes[each.offering_id] is not Outcome.FAIL])
    watch(Stage.PLAN, 0, 1)
    filled = portfolio.choose(need, offered)
    ties = {each.offering_id: (each.content_sha256, each.offering_id) for each in ordered}
    taken = {name for amounts in filled.values() for name in amounts}
    firm = stability(fits, ties, max(1, len(taken)))
    judged = []
    for each in watched(watch, Stage.ENTRIES, ordered):
        name = each.offering_id
        quantities = {phase: amounts[name] for phase, amounts in filled.items() if name in amounts}
        verdict = _verdict(outcomes[name], bool(quantities))
        judged.append(
            Judged(
                each,
                verdict,
                gates[name],
                fits.get(name),
                quantities,
                (*explain.reasons(verdict, gates[name], quantities), *explain.counted(need, each)),
                counterfactual(need, each, gates[name]),
                firm.get(name),
            )
        )
    offers = [(each, gates[each.offering_id]) for each in ordered]
    return Recommendation(
        tuple(judged),
        portfolio.cover(need, offered, filled),
        portfolio.losses(need, offered, filled),
        len({each.candidate.provider_id for each in offered}),
        sole(need, offers),
        impasse(need, offers),
    )


def _verdict(outcome: Outcome, used: bool) -> Verdict:
    if outcome is Outcome.PASS:
        return Verdict.TAKEN if used else Verdict.RESERVE
    return Verdict.QUESTION if outcome is Outcome.UNKNOWN else Verdict.REFUSED
