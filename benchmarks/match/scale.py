"""How the optimiser grows with the market, and what finding failures lazily is worth."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import process_time

from rich.console import Console
from rich.table import Table

from benchmarks.match.full import full
from benchmarks.match.generator import market
from catalog.portfolio.check import violations
from catalog.portfolio.optimise import Search
from catalog.portfolio.values import Market

SIZES = ((120, 20, 12), (250, 40, 12), (500, 60, 12), (1000, 100, 12))
LIMITS = {120: 3.0, 1000: 60.0}
PLOT = Path("benchmarks/results/match-growth.png")


def run(seeds: int, most: int) -> dict[str, object]:
    """Every plan is within its gap, passes the checker and is in time."""
    table = Table(
        "offers x demands x groups", "eligible", "median s", "worst s", "gap", "retained", "cuts", title="N-1"
    )
    figures: dict[str, object] = {}
    held, growth = True, []
    for offers, demands, groups in (size for size in SIZES if size[0] <= most):
        times, gaps, wrong, last, eligible = [], [], 0, None, 0.0
        for seed in range(seeds):
            drawn = market(seed, offers, demands, groups)
            began = process_time()
            last = Search(drawn).plan()
            times.append(process_time() - began)
            gaps.append(last.gap)
            wrong += len(violations(drawn, last))
            eligible = sum(len(one.eligible) for one in drawn.demands) / offers / demands
        name = f"{offers}x{demands}x{groups}"
        figures |= {f"{name}_median_cpu_s": round(median(times), 2), f"{name}_worst_cpu_s": round(max(times), 2)}
        figures |= {f"{name}_worst_gap": round(max(gaps), 5), f"{name}_violations": wrong}
        held &= not wrong and max(gaps) <= 0.01 and eligible >= 0.1 and max(times) <= LIMITS.get(offers, 60.0)
        growth.append((offers, median(times), max(times)))
        if last is not None:
            figures_of_last = (f"{max(gaps):.4f}", str(len(last.retained)), str(last.cuts))
            table.add_row(name, f"{eligible:.0%}", f"{median(times):.2f}", f"{max(times):.2f}", *figures_of_last)
    Console(stderr=True).print(table)
    if len(growth) > 1:
        _plot(growth)
        figures["plot"] = str(PLOT)
    return {**figures, "holds": held}


def lazy(seeds: int) -> dict[str, object]:
    """Both ways within their gap of each other; processor seconds of each."""
    figures: dict[str, object] = {}
    held = True
    for offers, demands, groups in ((30, 8, 6), (60, 12, 8)):
        ways: list[tuple[float, float]] = []
        for drawn in _drawn(seeds, offers, demands, groups):
            began = process_time()
            search = Search(drawn)
            search.plan()
            between = process_time()
            value, bound, _ = full(drawn)
            ways.append((between - began, process_time() - between))
            held &= search.bound <= value * (1 + 1e-6) and bound <= search.value * (1 + 1e-6)
        for name, times in zip(("lazy", "full"), zip(*ways, strict=True), strict=True):
            figures[f"{offers}x{demands}x{groups}_{name}_median_cpu_s"] = round(median(times), 3)
    return {**figures, "holds": held}


def _drawn(seeds: int, offers: int, demands: int, groups: int) -> Iterator[Market]:
    for seed in range(seeds):
        yield market(seed, offers, demands, groups)


def _plot(growth: list[tuple[int, float, float]]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    sizes = [offers for offers, _, _ in growth]
    axes.loglog(sizes, [middle for _, middle, _ in growth], marker="o", label="median")
    axes.loglog(sizes, [worst for _, _, worst in growth], marker="x", label="worst")
    axes.set(xlabel="offers", ylabel="processor seconds", title="Portfolio under N-1, gap 1 %")
    axes.legend()
    figure.savefig(PLOT)
    pyplot.close(figure)
