"""How well an eligible offering fits: an additive value of clauses and of the supplier's record. Pure.

margin = (offered - threshold) / (objective - threshold), clipped to [0, 1].
The additive model explains itself and knows no rank reversal: what is said of
one offering does not depend on which others are there. A newcomer's record is
the neutral value, and a record of n deliveries moves away from it by
n / (n + PRIOR_DELIVERIES).
"""

from catalog.matching.eligibility import judge
from catalog.matching.values import Candidate, Clause, Fit, Margin, Need, Operator, Outcome
from space_hub.vocabulary.attributes import Measured

NEUTRAL_RECORD = 0.5
PRIOR_DELIVERIES = 10
RECORD_WEIGHT = 1.0


def fit(need: Need, candidate: Candidate) -> Fit:
    margins = tuple(
        Margin(place, margin(clause, _counting(candidate, clause.attribute)), clause.weight)
        for place, clause in enumerate(need.clauses)
    )
    record = (candidate.deliveries_met + NEUTRAL_RECORD * PRIOR_DELIVERIES) / (candidate.deliveries + PRIOR_DELIVERIES)
    weight = RECORD_WEIGHT + sum(each.weight for each in margins)
    value = RECORD_WEIGHT * record + sum(each.weight * (each.value or 0.0) for each in margins)
    return Fit(margins, record, value / weight)


def _counting(candidate: Candidate, attribute: str) -> Measured | None:
    """What is claimed, or what counts in its place."""
    instead = candidate.counted.get(attribute)
    return candidate.attributes.get(attribute) if instead is None else instead.value


def margin(clause: Clause, offered: Measured | None) -> float | None:
    """0 at the threshold or worse, 1 at the objective or better; the worse end of a range counts.

    A clause without objective is met (1) or not (0). None when the offering did not say.
    """
    if offered is None:
        return None
    if clause.objective is None or clause.threshold is None:
        return 1.0 if judge(clause, offered) is Outcome.PASS else 0.0
    certain = offered.high if clause.operator is Operator.AT_MOST else offered.low
    if certain is None:
        return None
    share = (certain - clause.threshold) / (clause.objective - clause.threshold)
    return min(1.0, max(0.0, share))
