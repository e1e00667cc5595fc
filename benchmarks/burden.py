"""Burden of watches: pages per satellite and week by setting, and how many red ones later runs confirm.

The public catalogue of 2024-11-01 is the truth. Each day a new set of most objects is published, made with the
errors that element-set histories show (`orbit.uncertainty.synthetic`), and a run screens some payloads in low
orbits against all. Encounters are linked over the runs and judged by the product's own rules (`following`),
probabilities by its own risk. The first run finds a whole window at once and is not counted.

A red encounter is judged by the last run before it: it is still red, at least amber, or neither; those whose
first red run was the last one are not judged.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks._campaign import numbers
from benchmarks._shared import shared_folder
from space_hub.awareness import risk
from space_hub.awareness.following.correlate import LONGEST, Known, Seen, correlate
from space_hub.awareness.following.levels import Level
from space_hub.awareness.following.rules import AlertState, Before, Coverage, Look, Rule, decide
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.screening import screen
from space_hub.orbit.times import moment
from space_hub.orbit.uncertainty import table
from space_hub.orbit.uncertainty.synthetic import updates
from space_hub.validation import skies

OPTIONS = {
    "--satellites=N": "how many payloads are watched; 300 unless told",
    "--updates=N": "days, with one update and one run each; 8 unless told",
    "--hours=N": "how long the window of each run is; 72 unless told",
    "--seed=N": "of all that is drawn; 1 unless told",
    "--plot=yes": "draw what was found as benchmarks/results/burden.svg",
}

START = datetime(2024, 11, 2, tzinfo=UTC)
THRESHOLD_KM = 5.0
LEAD_DAYS = 2
"""Of updates before the first run, so that hardly a set is still the truth itself."""


def settings(hours: float) -> dict[str, Rule]:
    """Watches to be compared, by what they say."""
    return {
        "within 5 km": Rule(5000.0, hours),
        "within 1 km": Rule(1000.0, hours),
        "within 500 m": Rule(500.0, hours),
        "amber (Pc 1e-5)": Rule(0.0, hours, level_from=Level.AMBER),
        "red (Pc 1e-4)": Rule(0.0, hours, level_from=Level.RED),
    }


@dataclass(frozen=True, slots=True)
class Encounter:
    """One encounter as one run sees it; `watched` says how many of its objects are (1 or 2)."""

    seen: Seen
    look: Look
    watched: int


@dataclass(frozen=True, slots=True)
class Run:
    start: datetime
    stop: datetime
    encounters: list[Encounter]


@dataclass(slots=True)
class Told:
    """What one setting said: pages by state, counted for each watched object, and the encounters it named."""

    pages: Counter[str] = field(default_factory=Counter)
    named: set[str] = field(default_factory=set)


def runs(truth: Sequence[ElementSet], watched: Sequence[int], days: int, hours: float, seed: int) -> Iterator[Run]:
    """A run a day over what is then current; `watched` are places in `truth`."""
    current = {one.catalog_number: one for one in truth}
    chosen = set(watched)
    published = updates(truth, START - timedelta(days=LEAD_DAYS), LEAD_DAYS + days - 1, seed, every_h=24.0)
    for number, update in enumerate(published):
        current |= {one.catalog_number: one for one in update.sets}
        if number < LEAD_DAYS - 1:
            continue
        start = START + timedelta(days=number - LEAD_DAYS + 1)
        stop, sets = start + timedelta(hours=hours), list(current.values())
        found = screen(sets, start, stop, threshold_km=THRESHOLD_KM, targets=list(watched)).encounters.columns
        chances = risk.of_run(sets, [one.name for one in sets], found)
        names = ("a", "b", "tca", "miss_km", "open_start", "open_end", "co_located")
        columns = (found[name].tolist() for name in names)
        rows = zip(*columns, chances.rows(0, len(found)), strict=True)
        yield Run(
            start,
            stop,
            [
                Encounter(
                    Seen((str(a), str(b)), moment(tca), together, _shorter(sets[a], sets[b])),
                    Look(1000.0 * miss, opens or ends, chance["pc"], chance["pc_max"], bool(chance["diluted"])),
                    len({a, b} & chosen),
                )
                for a, b, tca, miss, opens, ends, together, chance in rows
                if not together
            ],
        )


def _shorter(one: ElementSet, other: ElementSet) -> timedelta:
    return timedelta(minutes=min(one.period_min, other.period_min))


def linked(given: Sequence[Run]) -> list[dict[str, Encounter]]:
    """The encounters of each run by what they are: the same name in two runs is the same encounter."""
    known: dict[str, Known] = {}
    out: list[dict[str, Encounter]] = []
    for number, run in enumerate(given):
        found = correlate(known.values(), [one.seen for one in run.encounters])
        here = {
            id or f"{number}/{place}": one for place, (id, one) in enumerate(zip(found, run.encounters, strict=True))
        }
        known |= {id: Known(id, one.seen.pair, one.seen.tca, False) for id, one in here.items()}
        out.append(here)
    return out


def told(rule: Rule, given: Sequence[Run], looks: Sequence[dict[str, Encounter]]) -> Told:
    """What a watch over the watched objects would have said, run by run."""
    said: dict[str, tuple[Before, Encounter]] = {}
    out = Told()
    for number, (run, here) in enumerate(zip(given, looks, strict=True)):
        ahead = {id for id, (before, one) in said.items() if _still_open(before, one, run)}
        for id in sorted(here.keys() | ahead):
            one, last = here.get(id), said.get(id)
            seen = None if one is None or not rule.reaches(one.seen.tca, run.start) else one
            about = seen or (None if last is None else last[1])
            if about is None:
                continue
            inside = run.start + LONGEST <= about.seen.tca <= run.stop - LONGEST
            coverage = Coverage(inside, True, False, 1000.0 * THRESHOLD_KM)
            look = None if seen is None else seen.look
            decision = decide(rule, None if last is None else last[0], look, coverage)
            if decision is None:
                continue
            level = None if look is None else rule.level(look)
            said[id] = Before(decision.state, None if look is None else look.miss_distance_m, level), about
            if number > 0:
                out.pages[decision.state.value] += about.watched
            out.named.add(id)
    return out


def _still_open(before: Before, one: Encounter, run: Run) -> bool:
    return before.state is not AlertState.CLEARED and one.seen.tca >= run.start


def judged(rule: Rule, given: Sequence[Run], looks: Sequence[dict[str, Encounter]]) -> Counter[str]:
    """What became of encounters that a run called red, by the last run that starts before them: `red`, `amber`,
    `neither` (also where it no longer finds them), `last` where no run followed."""
    levels: defaultdict[str, dict[int, Level]] = defaultdict(dict)
    at: dict[str, datetime] = {}
    for number, here in enumerate(looks):
        for id, one in here.items():
            levels[id][number] = rule.level(one.look)
            at[id] = one.seen.tca
    out: Counter[str] = Counter()
    for id, found in levels.items():
        first = next((number for number, level in sorted(found.items()) if level is Level.RED), None)
        if first is None:
            continue
        last = max(number for number, run in enumerate(given) if run.start <= at[id])
        if last == first:
            out["last"] += 1
            continue
        level = found.get(last)
        out[level.value if level in (Level.RED, Level.AMBER) else "neither"] += 1
    return out


def _payload(one: ElementSet) -> bool:
    """In a low orbit, and by its name neither debris nor a rocket body nor unknown."""
    words = set(one.name.upper().split())
    return one.regime in table.LOW and bool(words) and not words & {"DEB", "R/B", "COOLANT", "OBJECT", "TBA", "UNKNOWN"}


def measured(truth: Sequence[ElementSet], satellites: int, days: int, hours: float, seed: int) -> dict[str, object]:
    """All figures, over a draw of payloads in low orbits among `truth`."""
    watched = skies.drawn([place for place, one in enumerate(truth) if _payload(one)], satellites, seed)
    given = list(runs(truth, watched, days, hours, seed))
    looks = linked(given)
    figures: dict[str, object] = {
        "objects": len(truth),
        "satellites": len(watched),
        "runs": len(given),
        "hours": hours,
        "encounters": sum(map(len, looks)),
        "encounters that an earlier run saw": sum(map(len, looks)) - len({id for here in looks for id in here}),
    }
    named: dict[str, set[str]] = {}
    weeks = len(watched) * (len(given) - 1) / 7.0
    for name, rule in settings(hours).items():
        said = told(rule, given, looks)
        named[name] = said.named
        for state in AlertState:
            figures[f"{name}: {state.value} per satellite and week"] = round(said.pages[state.value] / weeks, 3)
    verdicts = judged(Rule(0.0, hours), given, looks)
    after = sum(verdicts[word] for word in ("red", "amber", "neither"))
    figures |= {f"red, then {word}": verdicts[word] for word in ("red", "amber", "neither")}
    figures["red, no later run"] = verdicts["last"]
    figures["precision of red"] = round(verdicts["red"] / after, 3) if after else None
    figures["red, then at least amber, share"] = round(1.0 - verdicts["neither"] / after, 3) if after else None
    far, near, nearest, amber, red = (named[name] for name in settings(hours))
    return figures | {"holds": far >= near >= nearest and amber >= red and bool(far)}


def run(*options: str) -> dict[str, object]:
    plot = "--plot=yes" in options
    given = numbers([one for one in options if one != "--plot=yes"], satellites=300, updates=8, hours=72, seed=1)
    truth, too_old = skies.real_catalogue(shared_folder() / "data", START)
    figures = measured(truth, given["satellites"], given["updates"], float(given["hours"]), given["seed"])
    _print(figures)
    if plot:
        _draw(figures, Path(__file__).parent / "results" / "burden.svg")
    return {"catalogue": skies.REAL.name, "left out, too old": too_old, "seed": given["seed"], **figures}


def _rates(figures: dict[str, object]) -> dict[str, list[float]]:
    return {
        name: [float(str(figures[f"{name}: {state.value} per satellite and week"])) for state in AlertState]
        for name in settings(1.0)
    }


def _print(figures: dict[str, object]) -> None:
    made = Table("per satellite and week", *(state.value for state in AlertState), box=SIMPLE_HEAD)
    for name, rates in _rates(figures).items():
        made.add_row(name, *(f"{rate:.3f}" for rate in rates))
    Console().print(made)


def _draw(figures: dict[str, object], path: Path) -> None:
    """Pages by setting, one bar for each state, on a scale of powers of ten."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "burden", "font.size": 9}):
        drawing = Figure(figsize=(6.4, 3.2), layout="constrained")
        axes = drawing.subplots()
        rates = _rates(figures)
        for place in range(len(AlertState)):
            left = [x + 0.27 * (place - 1) for x in range(len(rates))]
            axes.bar(left, [each[place] for each in rates.values()], 0.25)
        axes.set_xticks(range(len(rates)), list(rates))
        axes.set_yscale("log")
        axes.set_ylabel("pages per satellite and week")
        axes.legend([state.value for state in AlertState])
        drawing.savefig(path, metadata={"Date": None})
