"""When a requirement cannot be met: the least to ask less for, and the terms that conflict. Pure.

Eased are the hard clauses, the standards and the modality. A bound moves to what
an offering certainly holds; anything else is kept or given up whole, which
counts 1. How far a bound moves is its share of the way from threshold to
objective (`scale` where there is no objective), and the norm is the sum of the
shares. Nations, owners, sanctions, releases, documents, the window and the area
are never eased: they are not the planner's to give away for a supplier. What a
supplier did not say is not eased either: it is asked.

The search is best-first over how far each term is eased: every state is the
worst of some set of offerings, and the cost only grows, so the first state that
is enough is the least of all. Its limit is in states, not in seconds; at the
limit the best that is known is given, lowered until no single term can be eased
less, and said to be not proven.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from catalog.matching.eligibility import asked_params
from catalog.matching.enough import Bools, Pool
from catalog.matching.terms import terms
from catalog.matching.values import (
    Candidate,
    Clause,
    Eased,
    Gate,
    Impasse,
    Need,
    Operator,
    Outcome,
    Relaxation,
)
from space_hub.text import Reason

MOST_STATES = 1_000
"""States that are looked at before the search is given up."""
MOST_KEPT = 100_000
"""States that wait to be looked at."""
_BOUNDS = (Operator.AT_MOST, Operator.AT_LEAST)

Offers = Sequence[tuple[Candidate, tuple[Gate, ...]]]
State = tuple[int, ...]
_Wanted = Mapping[str, tuple[float, float | None]]
"""By term: the share of the easing that lets an offering in, and the value that a bound moves to."""
Ranks = NDArray[np.int64]


def impasse(need: Need, offers: Offers) -> Impasse | None:
    """None where the offerings that pass every gate are enough."""
    pool = Pool(need, [each for each, _ in offers])
    passing = np.array([all(gate.outcome is Outcome.PASS for gate in gates) for _, gates in offers], dtype=np.bool_)
    if pool.enough(passing):
        return None
    open_only = [
        any(gate.outcome is Outcome.UNKNOWN for gate in gates)
        and all(gate.outcome is not Outcome.FAIL for gate in gates)
        for _, gates in offers
    ]
    return Impasse(relaxation(need, offers, pool), conflict(need, offers), sum(open_only))


def scale(clause: Clause) -> float:
    """What one whole step of a bound is: from threshold to objective, else the threshold's own size, else 1."""
    if clause.threshold is None:
        return 1.0
    if clause.objective is not None:
        return abs(clause.objective - clause.threshold)
    return abs(clause.threshold) or 1.0


def conflict(need: Need, offers: Offers) -> tuple[Reason, ...] | None:
    """Terms that cannot be met together, by a deletion filter: each is left out once, and stays out if nothing changes.

    A gate that is unknown counts as passed, so what is said holds whatever is answered.
    """
    words = terms(need)
    pool = Pool(need, [each for each, _ in offers], hopeful=True)
    failed = [{gate.term for gate in gates if gate.outcome is Outcome.FAIL} for _, gates in offers]

    def met(kept: Mapping[str, Reason]) -> bool:
        dropped = words.keys() - kept.keys()
        return pool.enough(np.array([missed <= dropped for missed in failed], dtype=np.bool_))

    kept = dict(words)
    if met(kept):
        return None
    for name in words:
        fewer = {each: reason for each, reason in kept.items() if each != name}
        if not met(fewer):
            kept = fewer
    return tuple(kept.values())


@dataclass(frozen=True, slots=True)
class _Lever:
    """One term and the steps that it can be eased by: the first is as asked."""

    term: str
    shares: tuple[float, ...]
    targets: tuple[float | None, ...]

    def rank(self, wanted: _Wanted | None) -> int:
        """Which step lets an offering in that wants this."""
        return 0 if not wanted or self.term not in wanted else bisect_left(self.shares, wanted[self.term][0])


def relaxation(need: Need, offers: Offers, pool: Pool) -> Relaxation | None:
    """The least easing that makes the pool enough; None where no easing does."""
    wanted = [_eased_for(need, candidate, gates) for candidate, gates in offers]
    levers = _levers(wanted)
    if not levers:
        return None
    usable = np.array([each is not None for each in wanted], dtype=np.bool_)
    ranks = np.array([[lever.rank(each) for lever in levers] for each in wanted], dtype=np.int64)
    search = _Search(levers, ranks, usable, pool)
    found = search.least()
    if found is None:
        return None
    state, proven = found
    eased = tuple(_said(need, lever, rank) for lever, rank in zip(levers, state, strict=True) if rank > 0)
    return Relaxation(eased, search.norm(state), proven)


def applied(need: Need, found: Relaxation) -> Need:
    """The requirement with these terms asked for less."""
    eased = {each.term: each for each in found.eased}
    clauses = []
    for place, clause in enumerate(need.clauses):
        less = eased.get(Gate("clause", Outcome.FAIL, clause=place).term)
        if less is None:
            clauses.append(clause)
        elif less.to is not None:
            clauses.append(replace(clause, threshold=less.to))
    return replace(
        need,
        clauses=tuple(clauses),
        modalities=() if "modality" in eased else need.modalities,
        standards=tuple(each for each in need.standards if f"standard.{each}" not in eased),
    )


def _eased_for(need: Need, candidate: Candidate, gates: Sequence[Gate]) -> dict[str, tuple[float, float | None]] | None:
    """By term: the share and the value that would let this offering in for certain; None: no easing does."""
    found: dict[str, tuple[float, float | None]] = {}
    for gate in gates:
        if gate.outcome is Outcome.PASS:
            continue
        if gate.name == "modality":
            found["modality"] = (1.0, None)
        elif gate.name == "standards":
            for name in sorted(set(need.standards) - candidate.standards):
                found[f"standard.{name}"] = (1.0, None)
        elif gate.name == "clause":
            clause = need.clauses[gate.clause or 0]
            offered = candidate.attributes.get(clause.attribute)
            if offered is None:
                return None
            certain = offered.high if clause.operator is Operator.AT_MOST else offered.low
            if clause.operator not in _BOUNDS:
                found[gate.term] = (1.0, None)
            elif certain is None or clause.threshold is None:
                return None
            else:
                found[gate.term] = (abs(certain - clause.threshold) / scale(clause), certain)
        else:
            return None
    return found


def _levers(wanted: Sequence[_Wanted | None]) -> tuple[_Lever, ...]:
    steps: dict[str, dict[float, float | None]] = {}
    for each in wanted:
        for term, (share, target) in (each or {}).items():
            steps.setdefault(term, {0.0: None})[share] = target
    return tuple(
        _Lever(term, tuple(sorted(found)), tuple(found[share] for share in sorted(found)))
        for term, found in sorted(steps.items())
    )


class _Search:
    def __init__(self, levers: tuple[_Lever, ...], ranks: Ranks, usable: Bools, pool: Pool) -> None:
        self._levers, self._ranks, self._usable, self._pool = levers, ranks, usable, pool
        self._classes: Ranks = np.unique(ranks[usable], axis=0)

    def norm(self, state: State) -> float:
        total = 0.0
        for lever, rank in zip(self._levers, state, strict=True):
            total += lever.shares[rank]
        return total

    def least(self) -> tuple[State, bool] | None:
        """The state of least norm that is enough, and whether nothing less is."""
        best = self._greedy()
        if best is None:
            return None
        bound, whole = self.norm(best), True
        root = (0,) * len(self._levers)
        waiting, seen = [(0.0, root)], {root}
        for _ in range(MOST_STATES):
            if not waiting or waiting[0][0] > bound:
                return best, whole
            state = heappop(waiting)[1]
            if self._enough(state):
                return state, whole
            for price, following in self._following(state, bound):
                if following in seen:
                    continue
                whole = whole and len(seen) < MOST_KEPT
                if whole:
                    seen.add(following)
                    heappush(waiting, (price, following))
        return best, False

    def _following(self, state: State, bound: float) -> list[tuple[float, State]]:
        """One more offering let in, at no more than `bound`."""
        children = np.maximum(self._classes, np.array(state))
        prices = np.zeros(len(children))
        for place, lever in enumerate(self._levers):
            prices = prices + np.array(lever.shares)[children[:, place]]
        near = prices <= bound
        pairs = zip(prices[near].tolist(), children[near].tolist(), strict=True)
        return [(price, tuple(child)) for price, child in pairs]

    def _greedy(self) -> State | None:
        """Let in the nearest offerings one after the other until they are enough, then take back what can be."""
        state = (0,) * len(self._levers)
        order = sorted(tuple(int(rank) for rank in each) for each in self._classes)
        for each in sorted(order, key=self.norm):
            state = tuple(map(max, state, each))
            if self._enough(state):
                return self._lowered(state)
        return None

    def _lowered(self, state: State) -> State:
        """Every term eased no further than the others need it."""
        for place in sorted(range(len(state)), key=lambda one: -self._levers[one].shares[state[one]]):
            while state[place] > 0:
                lower = (*state[:place], state[place] - 1, *state[place + 1 :])
                if not self._enough(lower):
                    break
                state = lower
        return state

    def _enough(self, state: State) -> bool:
        return self._pool.enough(self._usable & np.all(self._ranks <= np.array(state), axis=1))


def _said(need: Need, lever: _Lever, rank: int) -> Eased:
    share, target = lever.shares[rank], lever.targets[rank]
    kind, _, rest = lever.term.partition(".")
    if kind == "standard":
        return Eased(lever.term, Reason("match.ease.standard", {"asked": rest}), share)
    if kind == "modality":
        return Eased(lever.term, Reason("match.ease.modality", {"asked": ", ".join(need.modalities)}), share)
    clause = need.clauses[int(rest)]
    params = {**asked_params(clause), "offered": None}
    if target is None:
        return Eased(lever.term, Reason("match.ease.given_up", params), share)
    return Eased(
        lever.term,
        Reason("match.ease.clause", {**params, "threshold": target, "was": clause.threshold}),
        share,
        target,
    )
