"""How well search ranks: nDCG@10 of sixty judged queries, thirty in English and thirty in French.

What is relevant was declared before there was a ranker, as conditions on what
offerings are and promise (`judge`), not as a list of offerings: the demonstration
may grow without a new judgement. A query that nothing in the demonstration can
answer is counted apart and judged by nobody.
"""

import json
from collections.abc import Sequence
from math import log2
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.judged.judge import grade

QUERIES = Path(__file__).resolve().parents[2] / "tests" / "data" / "judged_queries.json"
DEPTH = 10
FLOOR = 0.9


def run() -> dict[str, object]:
    from benchmarks.judged.shelf import demonstration

    queries: list[dict[str, Any]] = json.loads(QUERIES.read_text("utf-8"))
    with demonstration() as planner:
        offerings = planner.every("/v1/catalogue")
        figures: dict[str, object] = {"offerings": len(offerings), "queries": len(queries)}
        scores: dict[str, list[float]] = {"en": [], "fr": []}
        unanswerable = []
        for query in queries:
            grades = {each["id"]: grade(query, each) for each in offerings}
            if max(grades.values(), default=0) < 2:
                unanswerable.append(query["id"])
                continue
            ranked = [hit["offering"]["id"] for hit in planner.search(query)]
            score = ndcg([grades.get(each, 0) for each in ranked], list(grades.values()))
            scores[query["language"]].append(score)
            figures[f"{query['id']} {query['text']}"] = round(score, 4)
    figures["unanswerable"] = unanswerable
    for language, found in scores.items():
        figures[f"mean_{language}"] = round(mean(found or [0.0]), 4)
    everything = scores["en"] + scores["fr"]
    figures["mean"] = round(mean(everything or [0.0]), 4)
    figures["worst"] = round(min(everything, default=0.0), 4)
    halves = all(found and mean(found) >= FLOOR for found in scores.values())
    figures["holds"] = halves and not unanswerable
    return figures


def ndcg(ranked: Sequence[int], everything: Sequence[int], depth: int = DEPTH) -> float:
    """Discounted gain of the first `depth`, as a share of the best possible order of `everything`; gain 2^grade - 1.

    Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, ACM TOIS 20(4), 2002; the gain is that
    of Burges et al., Learning to rank using gradient descent, ICML 2005.
    """
    best = _gain(sorted(everything, reverse=True)[:depth])
    return _gain(ranked[:depth]) / best if best else 0.0


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**each - 1) / log2(place + 2) for place, each in enumerate(grades))
