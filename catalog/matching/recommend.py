"""The pipeline: eligibility -> fit -> plan and price of resilience -> explain, or say what stands in the way.

Pure and deterministic. The order in which candidates are given does not matter.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from catalog.matching import eligibility, explain, plan
from catalog.matching.counterfactual import counterfactual
from catalog.matching.fairness import sole
from catalog.matching.fit import fit
from catalog.matching.priced import resilience
from catalog.matching.relax import impasse
from catalog.matching.stability import stability
from catalog.matching.values import Candidate, Fit, Gate, Judged, Need, Outcome, Recommendation, Verdict
from catalog.matching.watch import Stage, Watch, silent, watched

Gates = Mapping[str, tuple[Gate, ...]]

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
    passing = [each for each in ordered if outcomes[each.offering_id] is Outcome.PASS]
    if look is not None:
        look([each for each in ordered if outcomes[each.offering_id] is not Outcome.FAIL])
    planned = None
    if passing:
        planned = plan.solve(need, plan.market(need, [(each, fits[each.offering_id].score) for each in passing]), watch)
    judged = _judged(need, ordered, gates, fits, planned, watch)
    watch(Stage.ENTRIES, 1, 1)
    offers = [(each, gates[each.offering_id]) for each in ordered]
    return Recommendation(
        judged,
        plan.cover(need, planned),
        plan.losses(need, planned),
        len({each.provider_id for each in passing}),
        sole(need, offers),
        impasse(need, offers),
        need.wishes.survive,
        planned.plan.gap if planned else 0.0,
        planned.plan.exposed if planned else (),
        resilience(planned, passing) if planned else None,
    )


def _judged(
    need: Need,
    ordered: list[Candidate],
    gates: Gates,
    fits: Mapping[str, Fit],
    planned: plan.Planned | None,
    watch: Watch,
) -> tuple[Judged, ...]:
    taken = plan.quantities(planned.plan) if planned else {}
    entries = plan.entries(need, planned, watch) if planned else {}
    ties = {each.offering_id: (each.content_sha256, each.offering_id) for each in ordered}
    firm = stability(fits, ties, max(1, len(taken)))
    judged = []
    for each in ordered:
        name = each.offering_id
        verdict = _verdict(eligibility.overall(gates[name]), name in taken)
        quantities = taken.get(name, {})
        judged.append(
            Judged(
                each,
                verdict,
                gates[name],
                fits.get(name),
                quantities,
                (*explain.reasons(verdict, gates[name], quantities), *explain.counted(need, each)),
                entries.get(name) or counterfactual(need, each, gates[name]),
                firm.get(name),
            )
        )
    return tuple(judged)


def _verdict(outcome: Outcome, taken: bool) -> Verdict:
    if outcome is Outcome.PASS:
        return Verdict.TAKEN if taken else Verdict.RESERVE
    return Verdict.QUESTION if outcome is Outcome.UNKNOWN else Verdict.REFUSED
