"""Plots of what is kept, as SVG files that come out the same bytes from the same figures."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from benchmarks.screening.conditions import sentence
from benchmarks.screening.contestant import CONTESTANTS
from benchmarks.screening.figures import exponents

NAMES = {"engine": "Space Hub", "ckdtree": "SatrecArray + cKDTree", "astroz": "astroz"}
COLOURS = {"engine": "#0b6e4f", "ckdtree": "#8d99ae", "astroz": "#c08552"}

HEIGHTS = {"engine": 10, "ckdtree": 42, "astroz": 10}
"""How far above its point a label stands: two neighbours must not cover each other."""


def draw(parts: Mapping[str, Any], folder: Path) -> list[Path]:
    """One file for each plot whose part is at hand."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, (part, paint) in PLOTS.items():
        if part in parts:
            path = folder / f"screening-{name}.svg"
            _save(path, parts[part], paint)
            drawn.append(path)
    return drawn


def _save(path: Path, part: Mapping[str, Any], paint: Callable[[Axes, Mapping[str, Any]], None]) -> None:
    with matplotlib.rc_context({"svg.hashsalt": "screening", "font.size": 9}):
        figure = Figure(figsize=(7.0, 3.6), layout="constrained")
        axes = figure.add_subplot()
        paint(axes, part)
        axes.spines[["top", "right"]].set_visible(False)
        figure.text(0.01, -0.02, sentence(part["conditions"]), fontsize=5.5, color="0.4", va="top")
        figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")


def _wall(axes: Axes, part: Mapping[str, Any]) -> None:
    names = list(CONTESTANTS)[::-1]
    seconds = [part["runs"][name][-1]["wall_s"] for name in names]
    bars = axes.barh([NAMES[name] for name in names], seconds, color=[COLOURS[name] for name in names])
    axes.bar_label(bars, [f"{one:.1f} s" for one in seconds], padding=3)
    axes.set_xlabel("wall time, s")
    axes.set_title(f"{part['screened']:,} objects against each other, {part['hours'] / 24:g} days, 5 km", loc="left")


def _recall(axes: Axes, part: Mapping[str, Any]) -> None:
    for name in CONTESTANTS:
        judged, seconds = part["judged"][name], part["runs"][name][-1]["wall_s"]
        lost = judged["true"] - judged["found"]
        axes.scatter(seconds, lost, s=60, color=COLOURS[name], zorder=3, clip_on=False)
        note = f"{NAMES[name]}\n{judged['found']:,} of {judged['true']:,}"
        axes.annotate(note, (seconds, lost), textcoords="offset points", xytext=(-20, HEIGHTS[name]))
    axes.set_xscale("log")
    axes.set_xmargin(0.3)
    most = max(part["judged"][name]["true"] - part["judged"][name]["found"] for name in CONTESTANTS)
    axes.set_ylim(0, 2 * most + 4)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("wall time, s")
    axes.set_ylabel("encounters missed")
    axes.set_title(f"Missed of the union of all, refined by direct SGP4; {part['hours'] / 24:g} days", loc="left")


def _growth(axes: Axes, part: Mapping[str, Any]) -> None:
    objects = [one["objects"] for one in part["runs"]]
    seconds = [one["processor_s"] for one in part["runs"]]
    axes.loglog(objects, seconds, marker="o", color=COLOURS["engine"])
    for (low, high), power in exponents(part).items():
        at = objects.index(low)
        middle = (low * high) ** 0.5, (seconds[at] * seconds[at + 1]) ** 0.5
        axes.annotate(f"N^{power:.2f}", middle, textcoords="offset points", xytext=(6, -12))
    axes.set_xticks(objects, [f"{one:,}" for one in objects])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("objects")
    axes.set_ylabel("processor time, s")
    axes.set_title(f"Grown catalogue, {part['hours'] / 24:g} days, 5 km", loc="left")


PLOTS: dict[str, tuple[str, Callable[[Axes, Mapping[str, Any]], None]]] = {
    "wall": ("week", _wall),
    "recall": ("week", _recall),
    "growth": ("growth", _growth),
}

__all__ = ["PLOTS", "draw"]
