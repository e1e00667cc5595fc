"""Does a claim agree with what orbits allow? A rule with a direction, a tolerance and a reason. Pure.

Only more than physics allows is a disagreement: a supplier that promises less than it could is
prudent, and what it promises is none of physics' business. A range is taken at its modest end,
because somewhere in it the supplier may stay. The tolerance is a share for what a claim may
mean otherwise than we compute it, and two standard errors for a window that is short:

| attribute | share | what it leaves room for |
|---|---|---|
| revisit | 15 % | from begin to begin in place of end to begin; samples of an area; a week like no other |
| delivery_latency | 15 % | which end of a collection counts; masks that differ by a degree or two |
| swath | 5 % | height over the ellipsoid against height over a sphere |
| contact_time | 10 % | masks and horizons |
| availability | 1 % | the step of the sampling |
| link_latency | 2 % | the least distance lies between two samples |
"""

from catalog.feasibility.values import Computed, FeasibilityVerdict, Finding, Judgement
from space_hub.text import Reason
from space_hub.vocabulary.attributes import ATTRIBUTES, Better, Measured

TOLERANCES = {
    "revisit": 0.15,
    "delivery_latency": 0.15,
    "swath": 0.05,
    "contact_time": 0.10,
    "availability": 0.01,
    "link_latency": 0.02,
}
"""As a share of the computed value."""

STANDARD_ERRORS = 2.0

_AGREE, _DISAGREE, _CANNOT_TELL = FeasibilityVerdict.AGREE, FeasibilityVerdict.DISAGREE, FeasibilityVerdict.CANNOT_TELL


def finding(computed: Computed, claimed: Measured | None, answered: Measured | None = None) -> Finding:
    """What the supplier claims and has answered, held against what was computed for the same attribute."""
    of_answer = None if answered is None else judge(computed, answered)
    bound = limit(computed)
    return Finding(computed.attribute, claimed, answered, computed, bound, judge(computed, claimed), of_answer)


def limit(computed: Computed) -> float | None:
    """The most ambitious value that still agrees with what was computed."""
    if computed.value is None:
        return None
    best = computed.value if computed.at_best is None else computed.at_best
    room = TOLERANCES[computed.attribute] * best + STANDARD_ERRORS * computed.error
    if ATTRIBUTES[computed.attribute].better is Better.LOWER:
        return max(0.0, best - room)
    return best + room


def judge(computed: Computed, said: Measured | None) -> Judgement:
    """Agree, disagree or cannot tell, of one value that a supplier gave."""
    bound = limit(computed)
    if said is None or said.low is None or said.high is None:
        return Judgement(_CANNOT_TELL, Reason("feasibility.not_claimed"))
    if bound is None or computed.value is None:
        return Judgement(_CANNOT_TELL, computed.hindrance or Reason("feasibility.not_computed"))
    lower = ATTRIBUTES[computed.attribute].better is Better.LOWER
    modest, bold = (said.high, said.low) if lower else (said.low, said.high)
    params = {"said": _short(modest), "computed": _short(computed.value), "limit": _short(bound)}
    if _within(bold, bound, lower):
        return Judgement(_AGREE, Reason("feasibility.within", params))
    if computed.pessimistic:
        return Judgement(_CANNOT_TELL, Reason("feasibility.satellites_missing", params))
    if _within(modest, bound, lower):
        return Judgement(_CANNOT_TELL, Reason("feasibility.partly", params | {"bold": _short(bold)}))
    return Judgement(_DISAGREE, Reason("feasibility.beyond", params))


def _within(value: float, bound: float, lower: bool) -> bool:
    return value >= bound if lower else value <= bound


def _short(value: float) -> str:
    """Three figures, as text: the reader compares them with what was typed."""
    return f"{value:.3g}" if abs(value) < 1000.0 else f"{value:.0f}"
