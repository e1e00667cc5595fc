"""HiGHS behind a small face: one thread, limits in nodes, rows and columns added as they are found. Pure.

The same model gives the same answer on every machine of one build of HiGHS:
nothing here depends on a clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from catalog.portfolio.aims import Cut
from catalog.portfolio.model import Model, Row, starts
from space_hub.errors import Unavailable

_FEASIBLE = 1e-7
VERSION = f"HiGHS {highspy.Highs().version()}"
"""Another build may choose another of several plans within the gap."""


@dataclass(frozen=True, slots=True)
class Answer:
    values: Sequence[float]
    objective: float
    bound: float
    nodes: int
    slopes: Sequence[float]
    """Reduced costs, of a relaxation only."""


class Solver:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.highs = highspy.Highs()
        for name, value in (
            ("output_flag", False),
            ("threads", 1),
            ("parallel", "off"),
            ("random_seed", 0),
            ("mip_feasibility_tolerance", _FEASIBLE),
            ("primal_feasibility_tolerance", _FEASIBLE),
            ("mip_abs_gap", 0.0),
        ):
            self.highs.setOptionValue(name, value)
        self.columns = len(model.cost)
        self._add_columns(0)
        self.add(model.rows[: model.flows])
        self._relaxed = True
        """Columns are continuous until they are said to be whole."""
        if model.own:
            self._own_first()
        self.add(model.rows[model.flows :])
        self.spent = 0
        """Nodes so far."""

    def cut(self, cuts: Iterable[Cut]) -> None:
        rows = [self.model.cut_row(cut) for cut in cuts]
        self._add_columns(self.columns)
        self.add(rows)

    def _own_first(self) -> None:
        """As much national capacity for its owner as is possible while nothing more falls short.

        Lexicographic, before cost: a nation that built a satellite does not rent
        another because that is cheaper today. What this forgoes is priced below a shortage.
        """
        everything = np.arange(self.columns, dtype=np.int32)
        costs = np.zeros(self.columns)
        costs[self.model.missing] = 2.0
        for terms in self.model.own.values():
            costs[list(terms)] = -1.0
        self.highs.changeColsCost(len(costs), everything, costs)
        values = self.relax().values
        self.highs.changeColsCost(len(costs), everything, np.array(self.model.cost))
        for terms in self.model.own.values():
            most = sum(values[column] for column in terms)
            spare = self.model.column(self.model.steep / 4, np.inf)
            self._add_columns(self.columns)
            self.add([({**terms, spare: 1.0}, most * (1 - _FEASIBLE), np.inf)])

    def bounds(self, columns: Sequence[int], lower: Sequence[float], upper: Sequence[float]) -> None:
        places = np.array(columns, dtype=np.int32)
        self.highs.changeColsBounds(len(places), places, np.array(lower, dtype=float), np.array(upper, dtype=float))

    def relax(self) -> Answer:
        """The linear relaxation; starts from where the last one ended."""
        self._types(relaxed=True)
        self._run()
        solution = self.highs.getSolution()
        value = self.highs.getInfo().objective_function_value
        return Answer(np.array(solution.col_value).tolist(), value, value, 0, np.array(solution.col_dual).tolist())

    def solve(self, gap: float, nodes: int, target: float = -np.inf, start: Sequence[float] | None = None) -> Answer:
        """The program itself, until the gap is proven, the target is reached or the nodes are spent."""
        self._types(relaxed=False)
        self.highs.setOptionValue("mip_rel_gap", gap)
        self.highs.setOptionValue("mip_max_nodes", nodes)
        self.highs.setOptionValue("objective_target", target)
        if start is not None:
            places = np.arange(len(start), dtype=np.int32)
            self.highs.setSolution(len(start), places, np.array(start, dtype=float))
        self._run()
        info = self.highs.getInfo()
        self.spent += max(0, info.mip_node_count)
        values = np.array(self.highs.getSolution().col_value).tolist()
        return Answer(values, info.objective_function_value, info.mip_dual_bound, info.mip_node_count, ())

    def _run(self) -> None:
        self.highs.run()
        status = self.highs.getModelStatus()
        known = highspy.HighsModelStatus
        if status in (known.kOptimal, known.kModelEmpty, known.kSolutionLimit, known.kObjectiveTarget):
            return
        if self.highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            reason = self.highs.modelStatusToString(status)
            raise Unavailable("match.solver_gave_up", reason=reason, retry_after_s=60)

    def _types(self, *, relaxed: bool) -> None:
        if relaxed is self._relaxed:
            return
        kind = highspy.HighsVarType.kContinuous if relaxed else highspy.HighsVarType.kInteger
        places = np.array(self.model.whole, dtype=np.int32)
        self.highs.changeColsIntegrality(len(places), places, np.full(len(places), int(kind), dtype=np.uint8))
        self._relaxed = relaxed

    def _add_columns(self, first: int) -> None:
        cost = np.array(self.model.cost[first:])
        upper = np.array(self.model.upper[first:])
        none = np.zeros(0, dtype=np.int32)
        if len(cost):
            self.highs.addCols(len(cost), cost, np.zeros(len(cost)), upper, 0, none, none, np.zeros(0))
        self.columns = len(self.model.cost)

    def add(self, rows: Sequence[Row]) -> None:
        """Rows over columns that the solver knows."""
        begins, columns, values = starts(rows)
        self.highs.addRows(
            len(rows),
            np.array([low for _, low, _ in rows], dtype=float),
            np.array([high for _, _, high in rows], dtype=float),
            len(columns),
            np.array(begins, dtype=np.int32),
            np.array(columns, dtype=np.int32),
            np.array(values, dtype=float),
        )
