"""A year of weekly releases of demand, and what three adversaries recover of single nations' needs from them.

A target is one statement: this nation, this capability and phase, in this week;
the adversary is even told that it was made, and has to say how much was asked
for, within a quarter. It reads every cell of every release. The blind guesser
knows how much is usually asked for and reads nothing. What the adversary gains
over it is what the releases give away.

The outsider reads only. The insider knows its own nation's contributions. The
coalition of two knows both of its own and changes them every week, so that
cells move more often. Each has several ways to guess, one of them fitted to the
truth of other worlds; its best one counts, chosen in hindsight.

The control publishes exact sums every week, without any rule: there the same
adversaries must win, or they would prove nothing.
"""

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from random import Random

import numpy as np
from numpy.typing import NDArray

from benchmarks import Misused
from catalog.demand.coarsen import Band, Cell, Leaf, Released, release_cells
from space_hub.vocabulary.capabilities import CAPABILITIES

OPTIONS = {
    "--queries=N": "targets for each adversary; 10000 unless told",
    "--seed=N": "of the worlds; 1 unless told",
}

NATIONS = tuple(f"N{number:02}" for number in range(32))
WEEKS = 52
YEAR = "2027"
PHASES = ("peace", "crisis")
SPREAD = 0.8
"""Standard deviation of the logarithm of a quantity around what is usual for its capability."""
STIR = 0.02
"""Chance that a nation's contribution to a cell changes in a week."""
TOLERANCE = 0.25
MOST_ADVANTAGE = 0.02
ADVERSARIES: Mapping[str, int] = {"outsider": 0, "insider": 1, "coalition": 2}

State = dict[Leaf, dict[str, float]]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Target:
    leaf: Leaf
    nation: str
    week: int
    quantity: float


@dataclass
class World:
    usual: dict[Leaf, float]
    targets: list[Target] = field(default_factory=list)
    releases: list[dict[Leaf, Cell]] = field(default_factory=list)
    own: list[dict[Leaf, list[float]]] = field(default_factory=list)
    """By week: what the adversary's own nations contribute."""
    bases: dict[Leaf, list[Mapping[str, float]]] = field(default_factory=dict)


def run(*options: str) -> dict[str, object]:
    given = dict(option.lstrip("-").partition("=")[::2] for option in options)
    try:
        queries, seed = int(given.get("queries") or 10_000), int(given.get("seed") or 1)
    except ValueError as error:
        raise Misused(f"expected a whole number: {error}") from error
    started = time.monotonic()
    figures: dict[str, object] = {"queries": queries, "weeks": WEEKS, "nations": len(NATIONS)}
    advantages, faults, control = [], [0, 0], 0.0
    for name, members in ADVERSARIES.items():
        worlds = _worlds(seed, members, queries, ruled=True)
        blind, best, way = attack(worlds)
        advantages.append(best - blind)
        figures[f"{name}_recovery_percent"] = round(100 * best, 2)
        figures[f"{name}_blind_percent"] = round(100 * blind, 2)
        figures[f"{name}_best_way"] = way
        thin, large = zip(*(broken(world.bases) for world in worlds), strict=True)
        faults = [faults[0] + sum(thin), faults[1] + sum(large)]
        figures[f"{name}_cells_changed"] = sum(len(values) for world in worlds for values in world.bases.values())
        blind, best, way = attack(_worlds(seed, members, queries // 4, ruled=False))
        control = max(control, best - blind)
    figures["advantage_points"] = round(100 * max(advantages), 2)
    figures["control_advantage_points"] = round(100 * control, 2)
    figures["values_that_fewer_than_5_nations_tell_apart"] = faults[0]
    figures["values_with_a_nation_above_40_percent"] = faults[1]
    figures["seconds"] = round(time.monotonic() - started, 1)
    figures["holds"] = max(advantages) <= MOST_ADVANTAGE and faults == [0, 0] and control > 5 * MOST_ADVANTAGE
    return figures


def _worlds(seed: int, members: int, queries: int, *, ruled: bool) -> list[World]:
    worlds: list[World] = []
    while sum(len(each.targets) for each in worlds) < queries or len(worlds) < 2:
        worlds.append(year(Random(f"{seed}/{members}/{len(worlds)}"), NATIONS[:members], ruled=ruled))
    return worlds


def year(draw: Random, members: tuple[str, ...], *, ruled: bool) -> World:
    """A year of needs that come, change and go, and its weekly releases."""
    leaves = [Leaf(code, phase, YEAR) for code in CAPABILITIES for phase in PHASES]
    world = World({leaf: math.exp(draw.uniform(0, 8)) for leaf in leaves})
    share = {leaf: draw.uniform(0.15, 0.9) for leaf in leaves}
    now: State = {leaf: {} for leaf in leaves}
    last = Released((), {}, frozenset())
    for week in range(WEEKS):
        for leaf in leaves:
            for nation in NATIONS:
                mine = nation in members
                if mine or week == 0 or draw.random() < STIR:
                    _stir(draw, world, now, share[leaf], leaf, nation, week, counts=not mine and week > 0)
        if ruled:
            last = release_cells(week + 1, now, last.bases, last.cells, year=YEAR)
            for leaf in last.changed:
                world.bases.setdefault(leaf, []).append(dict(last.bases[leaf][-1]))
            world.releases.append({cell.leaf: cell for cell in last.cells})
        else:
            world.releases.append({leaf: _bare(leaf, of, week + 1) for leaf, of in now.items() if of})
        world.own.append({leaf: [now[leaf][name] for name in members if name in now[leaf]] for leaf in leaves})
    return world


def _stir(
    draw: Random, world: World, now: State, share: float, leaf: Leaf, nation: str, week: int, *, counts: bool
) -> None:
    if draw.random() >= share:
        now[leaf].pop(nation, None)
        return
    quantity = world.usual[leaf] * math.exp(draw.gauss(0, SPREAD))
    now[leaf][nation] = quantity
    if counts:
        world.targets.append(Target(leaf, nation, week, quantity))


def _bare(leaf: Leaf, of: Mapping[str, float], number: int) -> Cell:
    """What no rule has touched: the exact count and sum of today."""
    total = sum(of.values())
    return Cell(leaf, f"{len(of)}-{len(of)}", Band(total, total), number)


def broken(bases: Mapping[Leaf, Iterable[Mapping[str, float]]]) -> tuple[int, int]:
    """Pairs of values of a cell that fewer than five nations tell apart, and values that one nation dominates."""
    thin = large = 0
    for values in bases.values():
        seen = list(values)
        large += sum(max(each.values()) > 0.4 * sum(each.values()) * (1 + 1e-9) for each in seen)
        thin += sum(len(each) < 5 for each in seen)
        for one, other in combinations(seen, 2):
            thin += sum(one.get(name) != other.get(name) for name in {*one, *other}) < 5
    return thin, large


def attack(worlds: list[World]) -> tuple[float, float, str]:
    """Share of targets recovered blind and by the best way, and the name of that way."""
    truth, blind, ways = [], [], []
    for world in worlds:
        for target in world.targets:
            truth.append(target.quantity)
            blind.append(world.usual[target.leaf])
            ways.append(_guesses(world, target))
    wanted, usual = np.array(truth), np.array(blind)
    names = list(ways[0])
    table = np.array([[way[name] for name in names] for way in ways])
    share_blind = _hits(usual * _CENTRE, wanted)
    shares = {
        name: max(_hits(table[:, place], wanted), _hits(table[:, place] * _CENTRE, wanted))
        for place, name in enumerate(names)
    }
    shares["fitted"] = _fitted(np.log(np.column_stack([usual, table])), wanted, [len(each.targets) for each in worlds])
    best = max(shares, key=lambda name: shares[name])
    return share_blind, shares[best], best


_CENTRE = math.exp((math.log(1 + TOLERANCE) + math.log(1 - TOLERANCE)) / 2)
"""Within a quarter of the truth is wider above it than below: the best guess lies a little under the middle."""


def _hits(
    guess: Numbers,
    truth: Numbers,
) -> float:
    return float(np.mean(np.abs(guess - truth) <= TOLERANCE * truth))


def _fitted(
    features: Numbers,
    truth: Numbers,
    sizes: list[int],
) -> float:
    """Least squares on the truth of the other worlds, tried on each world in turn."""
    columns = np.column_stack([np.ones(len(features)), features])
    guess = np.empty(len(truth))
    ends = np.cumsum(sizes)
    for size, end in zip(sizes, ends, strict=True):
        here = np.zeros(len(truth), dtype=bool)
        here[end - size : end] = True
        weights, *_ = np.linalg.lstsq(columns[~here], np.log(truth[~here]), rcond=None)
        guess[here] = np.exp(columns[here] @ weights) * _CENTRE
    return _hits(guess, truth)


def _guesses(world: World, target: Target) -> dict[str, float]:
    """Ways to guess from what is published around the week of the statement; the usual where nothing is."""
    usual = world.usual[target.leaf]
    before = _rest(world, target.leaf, target.week - 1)
    after = _rest(world, target.leaf, target.week)
    later = next(
        (
            _rest(world, target.leaf, week)
            for week in range(target.week, WEEKS)
            if (cell := world.releases[week].get(target.leaf)) and cell.as_of > target.week
        ),
        None,
    )
    last = _rest(world, target.leaf, WEEKS - 1)
    step = abs(after[0] - before[0]) if before and after else 0.0
    step_later = abs(later[0] - before[0]) if before and later else 0.0
    return {
        "mean": after[0] / after[1] if after else usual,
        "mean of the last release": last[0] / last[1] if last else usual,
        "step": step or usual,
        "step shared by five": step_later / 5 or usual,
        "step at the next change": step_later or usual,
        "between mean and usual": math.sqrt(usual * after[0] / after[1]) if after else usual,
        "all": after[0] if after else usual,
    }


def _rest(world: World, leaf: Leaf, week: int) -> tuple[float, float] | None:
    """Quantity and nations of a cell without the adversary's own, as far as the bands tell; None where nothing is."""
    cell = world.releases[week].get(leaf) if week >= 0 else None
    if cell is None:
        return None
    low, _, high = cell.nations.partition("-")
    count = (float(low.rstrip("+")) + float(high or len(NATIONS))) / 2
    total = math.sqrt(cell.quantity.low * cell.quantity.high)
    mine = world.own[cell.as_of - 1][leaf]
    rest = total - sum(mine)
    return (rest if rest > 0 else total / 10), max(count - len(mine), 1.0)
