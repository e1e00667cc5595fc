"""The parts of the measurement, each on its own: what it returns is kept as JSON, and says all that is quoted later.

day         three interleaved runs of one day for every contestant, and who found what
week        one run of seven days for every contestant, and who found what
growth      processor time of this engine for seven days on grown catalogues of 3,000 to 100,000
one_on_all  one object against all others
start       from nothing to a first result, with an empty compile cache and with a full one
states      SGP4 states a second, as `./hub bench propagation` measures them
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from benchmarks.screening.catalogue import Catalogue, fresh, grown, real, write
from benchmarks.screening.contestant import CONTESTANTS
from benchmarks.screening.harness import Run, contest, process
from benchmarks.screening.union import Failures, Judged, confirmed, judge, near_threshold, pooled
from benchmarks.screening.window import DAY_H, MAX_AGE_DAYS, SMALL_H, SMALL_OBJECTS, START, THRESHOLD_KM, WEEK_H, Job
from space_hub.orbit.propagation import satrec
from space_hub.orbit.times import ticks

Part = dict[str, object]
Say = Callable[[str], AbstractContextManager[object]]

ROUNDS = 3
SIZES = (3_000, 10_000, 30_000, 100_000)
WARM_STARTS = 3


def quiet(_what: str) -> AbstractContextManager[object]:
    """Says nothing."""
    return nullcontext()


def day(catalogue: Catalogue, folder: Path, say: Say = quiet) -> Part:
    return _contests(catalogue, folder, DAY_H, ROUNDS, say)


def week(catalogue: Catalogue, folder: Path, say: Say = quiet) -> Part:
    return _contests(catalogue, folder, WEEK_H, 1, say)


def _contests(catalogue: Catalogue, folder: Path, hours: float, rounds: int, say: Say) -> Part:
    write(folder, catalogue.elements)
    runs: dict[str, list[Run]] = {name: [] for name in CONTESTANTS}
    with say("warming caches"):
        _warm(catalogue, folder, CONTESTANTS)
    for number in range(rounds):
        for name, done in runs.items():
            with say(f"{name}, {hours:g} h, run {number + 1} of {rounds}"):
                done.append(contest(name, Job(folder, hours)))
    with say(f"union of {hours:g} h"):
        judged = verdict(catalogue, hours, {name: done[-1] for name, done in runs.items()})
    return {"hours": hours, "runs": {name: [one.figures() for one in done] for name, done in runs.items()}} | judged


def _warm(catalogue: Catalogue, folder: Path, names: Iterable[str]) -> None:
    """One small run each that does not count: compiled code is on disk, libraries are in the page cache."""
    small = folder / "warm"
    write(small, catalogue.elements[:SMALL_OBJECTS])
    for name in names:
        contest(name, Job(small, SMALL_H))


def verdict(catalogue: Catalogue, hours: float, last: Mapping[str, Run]) -> Part:
    """Who found what, from each contestant's last run."""
    elements = catalogue.elements
    records, names = [satrec(one) for one in elements], [one.catalog_number for one in elements]
    start, stop = ticks(START), ticks(START + timedelta(hours=hours))
    claims = [_failures(one.extra.get("failed")) for one in last.values()]
    ends = confirmed(records, claims)
    found = {name: run.rows for name, run in last.items()}
    union = pooled(records, found, start, stop, THRESHOLD_KM, ends)
    judged = {name: judge(records, union, name, rows, THRESHOLD_KM, names) for name, rows in found.items()}
    return {
        "offered": catalogue.offered,
        "screened": len(elements),
        "too_old": len(catalogue.too_old),
        "failed_at_once": sum(tick == start for _code, tick in ends.values()),
        "failed_inside": sum(tick > start for _code, tick in ends.values()),
        "excluded": _excluded(catalogue, ends, start),
        "true": int(union.true.sum()),
        "slow": int(union.slow.sum()),
        "slow_pairs": len(set(zip(union.a[union.slow].tolist(), union.b[union.slow].tolist(), strict=True))),
        "cut_off": int(union.cut.sum()),
        "near_threshold": near_threshold(union, found, THRESHOLD_KM, names),
        "judged": {name: _kept(name, one) for name, one in judged.items()},
        "said": {name: {key: run.extra[key] for key in run.extra if key != "failed"} for name, run in last.items()},
    }


def _kept(name: str, one: Judged) -> Part:
    """A verdict as it is kept. The peers give no intervals: that they cover no stay says nothing."""
    verdict = asdict(one) | {"recall": one.recall}
    intervals = ("slow_uncovered", "cut_off_uncovered", "uncovered")
    return {key: value for key, value in verdict.items() if name == "engine" or key not in intervals}


def _excluded(catalogue: Catalogue, ends: Failures, start: int) -> dict[str, list[int]]:
    """The numbers of all objects that were not screened, or not to the end, by reason."""
    reasons = {f"epoch more than {MAX_AGE_DAYS:g} days before the window": sorted(catalogue.too_old)}
    for index, (code, tick) in sorted(ends.items()):
        when = "from the start" if tick == start else "from an instant in the window on"
        reasons.setdefault(f"no state {when}, SGP4 code {code}", []).append(catalogue.elements[index].catalog_number)
    return reasons


def _failures(given: object) -> dict[int, tuple[int, int]]:
    return {index: (code, tick) for index, code, tick in given} if isinstance(given, list) else {}


def growth(
    catalogue: Catalogue, folder: Path, say: Say = quiet, sizes: Sequence[int] = SIZES, hours: float = WEEK_H
) -> Part:
    with say("warming caches"):
        _warm(catalogue, folder, ["engine"])
    everything = grown(catalogue.elements, max(sizes))
    runs = []
    for size in sizes:
        write(folder, everything[:size])
        with say(f"engine, {size} objects"):
            run = contest("engine", Job(folder, hours))
        runs.append({"objects": size, "encounters": len(run.rows), **run.figures()})
    return {"hours": hours, "runs": runs}


def one_on_all(catalogue: Catalogue, folder: Path, say: Say = quiet, hours: float = WEEK_H) -> Part:
    write(folder, catalogue.elements)
    with say("one object against all"):
        said = process("benchmarks.screening.latency", folder, hours).said
    return {"hours": hours, "wall_s": json.loads(said)}


def start(catalogue: Catalogue, folder: Path, say: Say = quiet) -> Part:
    write(folder, catalogue.elements[:SMALL_OBJECTS])

    def once(*words: str, **environment: str) -> float:
        taken = process("benchmarks.screening.first", folder, *words, environment=environment)
        return round(float(taken.said) - taken.began, 3)

    with say("cold start"), tempfile.TemporaryDirectory() as empty:
        cold = once("cold", NUMBA_CACHE_DIR=empty)
    with say("warm start"):
        once()
        warm = [once() for _ in range(WARM_STARTS)]
    return {"objects": SMALL_OBJECTS, "hours": SMALL_H, "cold_s": cold, "warm_s": warm}


def states(_catalogue: Catalogue, _folder: Path, say: Say = quiet) -> Part:
    with say("SGP4 states"):
        said = process("benchmarks", "propagation", "--json", accepted=(0, 1)).said
    figures: Part = json.loads(said.splitlines()[-1])
    return figures


PARTS: dict[str, Callable[[Catalogue, Path, Say], Part]] = {
    "day": day,
    "week": week,
    "growth": growth,
    "one_on_all": one_on_all,
    "start": start,
    "states": states,
}

__all__ = ["PARTS", "Catalogue", "Part", "Say", "fresh", "quiet", "real"]
