"""The least costly plan that keeps the rules and survives the failures, to a stated gap. Pure.

1. The linear relaxation, tightened by the inequality of each failure that its
   (partial) choice does not survive, and by no use beyond what is retained, until
   there is none: a bound on every plan.
2. The program over the offers that this relaxation leans on, stopped when it is
   within the gap of the bound; failures that its plan does not survive are added,
   and the plan is completed to one that survives.
3. Only where that is not enough: the program over all offers.

A large market ends in step 2; a small one, or a gap of zero, begins with step 3.
The plan of one demand alone is then made exact (`lone`).
"""

from collections.abc import Sequence
from dataclasses import replace

from catalog.portfolio import lone, settle
from catalog.portfolio.aims import Aims, Scenario
from catalog.portfolio.model import Model
from catalog.portfolio.pool import Pool
from catalog.portfolio.solver import Answer, Solver
from catalog.portfolio.values import Market, Plan

_ROOT = 1e-4
"""Of what a failure must leave: smaller violations do not tighten the relaxation enough to be worth a round."""
_ROUNDS = 40
_SMALL = 150
"""Offers up to which the whole program is solved at once."""


def optimise(market: Market) -> Plan:
    return Search(market).plan()


class Search:
    """One solve. `value` and `bound` are in money once it is done."""

    def __init__(self, market: Market) -> None:
        self.rules = market.rules
        self.pool = Pool(market)
        self.aims = Aims(self.pool)
        self.model = Model(self.pool, self.aims)
        self.solver = Solver(self.model)
        self.scenarios: set[Scenario] = set()
        self.cuts = 0

    def plan(self) -> Plan:
        root = self._root()
        bound = root.objective
        found = None
        if self.rules.gap > 0 and len(self.pool.offers) > _SMALL:
            self._lean(root)
            found = self._whole(self.rules.gap / 4, bound * (1 + self.rules.gap * 0.9))
            self._open()
        if found is None or found.objective - bound > self.rules.gap * abs(found.objective):
            found = self._whole(self.rules.gap, start=found)
            bound = max(bound, min(found.bound, found.objective))
        self.bound, self.value = (float(self.model.money) * value for value in (bound, found.objective))
        plan = settle.plan(
            self.pool,
            self.aims,
            self._retained(found),
            {key: found.values[column] * self.model.batch for key, column in self.model.y.items()},
            batch=self.model.batch,
            gap=max(0.0, (found.objective - bound) / max(abs(found.objective), 1e-9)),
            nodes=self.solver.spent,
            scenarios=len(self.scenarios),
            cuts=self.cuts,
        )
        return lone.tidied(self.pool, self.aims, plan) if lone.applies(self.pool.market) else plan

    def _root(self) -> Answer:
        for _ in range(_ROUNDS):
            answer = self.solver.relax()
            ties = self.model.ties(answer.values)
            self.solver.add(ties)
            retained = [min(1.0, max(0.0, answer.values[column])) for column in self.model.x]
            if not self._cut(retained, _ROOT) and not ties:
                break
        return answer

    def _whole(self, gap: float, target: float = float("-inf"), start: Answer | None = None) -> Answer:
        """Solve, let every failure happen, add what was not survived, again: until all is survived that can be.

        Or until what was retained, completed so that it survives, lies within the gap of the best bound: most often
        after the first solve, where the other way asks for as many as there are failures to find.
        """
        bound = float("-inf")
        while True:
            answer = self.solver.solve(gap / 2, self.rules.nodes, target, start.values if start else None)
            bound = max(bound, min(answer.bound, answer.objective))
            if not self._cut([float(kept) for kept in self._retained(answer)], 0.0, answer):
                return answer
            start = self._completed(answer) if gap > 0 else None
            if start is not None and start.objective - bound <= gap * abs(start.objective):
                return replace(start, bound=bound)

    def _completed(self, answer: Answer) -> Answer:
        """What survives at least cost and retains all that this answer does."""
        kept = [column for column in self.model.x if answer.values[column] > 0.5]
        self.solver.bounds(kept, [1.0] * len(kept), [1.0] * len(kept))
        while True:
            answer = self.solver.solve(self.rules.gap / 10, self.rules.nodes)
            if not self._cut([float(kept) for kept in self._retained(answer)], 0.0, answer):
                break
        self.solver.bounds(kept, [0.0] * len(kept), [1.0] * len(kept))
        return answer

    def _cut(self, retained: Sequence[float], tolerance: float, answer: Answer | None = None) -> bool:
        """Add what is violated; what the program already pays a slack for is known to it and no news."""
        found = [
            cut
            for cut in self.aims.cuts(retained, tolerance)
            if answer is None or not self._paid(answer, cut.scenario, cut.least, retained, cut.carried)
        ]
        self.solver.cut(found)
        self.scenarios |= {cut.scenario for cut in found}
        self.cuts += len(found)
        return bool(found)

    def _paid(
        self,
        answer: Answer,
        scenario: Scenario,
        least: int,
        retained: Sequence[float],
        carried: Sequence[tuple[int, int]],
    ) -> bool:
        slack = self.model.slack.get(scenario)
        if slack is None:
            return False
        missing = least - sum(most for offer, most in carried if retained[offer])
        return answer.values[slack] * self.model.batch >= missing * (1 - 1e-6)

    def _retained(self, answer: Answer) -> list[bool]:
        return [answer.values[column] > 0.5 for column in self.model.x]

    def _lean(self, root: Answer) -> None:
        """Leave out what the relaxation does not use and would not, were the bound worse by the gap."""
        room = self.rules.gap * abs(root.objective) / 4
        out = [column for column in self.model.x if root.values[column] < 1e-7 and root.slopes[column] > room]
        self.solver.bounds(out, [0.0] * len(out), [0.0] * len(out))

    def _open(self) -> None:
        self.solver.bounds(self.model.x, [0.0] * len(self.model.x), [1.0] * len(self.model.x))
