"""From what was measured to the figures that are quoted, and whether they hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from operator import eq, ge, gt, le, lt
from statistics import median
from typing import Any

from benchmarks.screening.conditions import differing
from benchmarks.screening.contestant import CONTESTANTS

Figures = dict[str, object]


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a figure must be. `part` is the part of the measurement it comes from."""

    part: str
    figure: str
    sign: str
    limit: float


CRITERIA = (
    Criterion("day", "day_recall", "==", 1.0),
    Criterion("day", "day_spurious", "==", 0),
    Criterion("day", "day_uncovered", "==", 0),
    Criterion("day", "day_peers_ratio", ">=", 2.8),
    Criterion("day", "day_peers_ratio", "<=", 4.8),
    Criterion("day", "day_peak_memory_mb", "<", 400),
    Criterion("week", "ratio_ckdtree", ">=", 45),
    Criterion("week", "ratio_astroz", ">=", 13),
    Criterion("week", "peers_ratio", ">=", 2.8),
    Criterion("week", "peers_ratio", "<=", 4.8),
    Criterion("week", "recall", "==", 1.0),
    Criterion("week", "spurious", "==", 0),
    Criterion("week", "uncovered", "==", 0),
    Criterion("week", "peak_memory_mb", "<", 400),
    Criterion("week", "max_tca_error_ms", "<=", 0.01),
    Criterion("week", "max_miss_error_m", "<=", 0.01),
    Criterion("growth", "exponent_10000_30000", "<=", 1.3),
    Criterion("growth", "exponent_30000_100000", "<=", 1.6),
    Criterion("one_on_all", "one_on_all_s", "<", 0.5),
    Criterion("start", "cold_start_s", "<", 20),
    Criterion("start", "warm_start_s", "<", 1),
)
"""The peers' ratio is there to find a peer at fault: measured 3.7 before, and a badly written one lies outside."""

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {"==": eq, ">=": ge, "<=": le, "<": lt, ">": gt}


def figures(parts: Mapping[str, Any], wanted: Sequence[str]) -> Figures:
    """All figures of the parts at hand; `holds` is about those of the parts wanted, which must all be there."""
    out: Figures = {}
    for name, part in parts.items():
        out |= _MAKERS[name](part)
    conditions = {name: parts[name]["conditions"] for name in wanted if name in parts}
    failing = [f"{one.figure} {one.sign} {one.limit:g}" for one in CRITERIA if one.part in wanted and not met(one, out)]
    failing += [f"part {name} not measured" for name in wanted if name not in parts]
    failing += [f"parts measured with different {name}" for name in differing(conditions)]
    return out | {"fails": failing, "holds": not failing}


def met(one: Criterion, given: Mapping[str, object]) -> bool:
    """A figure that is not there meets nothing."""
    value = given.get(one.figure)
    return isinstance(value, int | float) and _SIGNS[one.sign](value, one.limit)


def _contest(part: Mapping[str, Any]) -> Figures:
    """What the day and the week have in common, for this engine by plain names, for the peers with theirs."""
    out: Figures = {}
    for name in CONTESTANTS:
        after = "" if name == "engine" else f"_{name}"
        runs, judged = part["runs"][name], part["judged"][name]
        for figure in ("wall_s", "processor_s", "process_wall_s"):
            out[f"{figure}{after}"] = round(median(one[figure] for one in runs), 2)
        out[f"peak_memory_mb{after}"] = round(max(one["peak_memory_mb"] for one in runs))
        out[f"recall{after}"] = judged["recall"]
        out[f"missed{after}"] = judged["true"] - judged["found"]
        out[f"spurious{after}"] = judged["spurious"]
        out[f"max_tca_error_ms{after}"] = round(judged["max_tca_error_ms"], 4)
        out[f"max_miss_error_m{after}"] = round(judged["max_miss_error_m"], 5)
    out["uncovered"] = part["judged"]["engine"]["slow_uncovered"] + part["judged"]["engine"]["cut_off_uncovered"]
    for name, one, other in (
        ("ratio_ckdtree", "ckdtree", "engine"),
        ("ratio_astroz", "astroz", "engine"),
        ("peers_ratio", "ckdtree", "astroz"),
    ):
        out[name] = round(_typical(part, one, "wall_s") / _typical(part, other, "wall_s"), 2)
        out[f"processor_{name}"] = round(_typical(part, one, "processor_s") / _typical(part, other, "processor_s"), 2)
        spread = ratios(part, one, other)
        if len(spread) > 1:
            out[f"{name}_spread"] = [round(min(spread), 2), round(max(spread), 2)]
    return out


def ratios(part: Mapping[str, Any], one: str, other: str) -> list[float]:
    """Wall time of one contestant in that of another, round by round."""
    pairs = zip(part["runs"][one], part["runs"][other], strict=True)
    return [mine["wall_s"] / theirs["wall_s"] for mine, theirs in pairs]


def _typical(part: Mapping[str, Any], name: str, figure: str) -> float:
    return median(float(one[figure]) for one in part["runs"][name])


def _day(part: Mapping[str, Any]) -> Figures:
    return {f"day_{name}": value for name, value in _contest(part).items()}


def _week(part: Mapping[str, Any]) -> Figures:
    counts = (
        "offered",
        "too_old",
        "screened",
        "failed_at_once",
        "failed_inside",
        "true",
        "slow",
        "slow_pairs",
        "cut_off",
    )
    return (
        {f"objects_{name}" if name in counts[:5] else f"encounters_{name}": part[name] for name in counts}
        | {"within_1_m_of_threshold": len(part["near_threshold"])}
        | _contest(part)
    )


def exponents(part: Mapping[str, Any]) -> dict[tuple[int, int], float]:
    """The power of the number of objects with which the processor time grows, from one size to the next."""
    return {
        (one["objects"], other["objects"]): log(other["processor_s"] / one["processor_s"])
        / log(other["objects"] / one["objects"])
        for one, other in pairwise(part["runs"])
    }


def _growth(part: Mapping[str, Any]) -> Figures:
    times: Figures = {f"processor_s_{one['objects']}": round(one["processor_s"], 2) for one in part["runs"]}
    return times | {f"exponent_{low}_{high}": round(value, 2) for (low, high), value in exponents(part).items()}


def _one_on_all(part: Mapping[str, Any]) -> Figures:
    seconds = part["wall_s"]
    return {"one_on_all_s": round(median(seconds.values()), 3), "one_on_all_worst_s": round(max(seconds.values()), 3)}


def _start(part: Mapping[str, Any]) -> Figures:
    return {"cold_start_s": round(part["cold_s"], 2), "warm_start_s": round(median(part["warm_s"]), 2)}


def _states(part: Mapping[str, Any]) -> Figures:
    """Those of the propagation benchmark that count states a second."""
    return {name: value for name, value in part.items() if "states" in name or name.endswith("_per_s")}


_MAKERS: dict[str, Callable[[Mapping[str, Any]], Figures]] = {
    "day": _day,
    "week": _week,
    "growth": _growth,
    "one_on_all": _one_on_all,
    "start": _start,
    "states": _states,
}
