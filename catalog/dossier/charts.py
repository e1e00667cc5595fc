"""The charts of a market study: values and words in, a drawing out. Pure.

Every bar and mark carries its figure in words beside it: nothing is told by
colour or length alone, and a copy in black and white loses nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from catalog.dossier.document import Tone
from catalog.dossier.svg import (
    AMBER,
    BRICK,
    INK,
    MIST,
    NAVY,
    PAPER,
    SKY,
    SLATE,
    TEAL,
    WIDTH,
    Drawing,
    cut,
    step,
)

COLOURS: dict[Tone, str] = {"plain": NAVY, "good": TEAL, "care": AMBER, "bad": BRICK, "quiet": SLATE}
_SHADES = (NAVY, TEAL, SKY, AMBER, SLATE, "#6d4c7d", "#7fa37a", "#c9b08a")
_ROW, _NAMES = 22.0, 190.0


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    value: float
    said: str
    tone: Tone = "plain"


def shares(parts: Sequence[Part], spoken: str) -> str:
    """One bar of a whole, its parts named below with their figures."""
    drawing = Drawing(76)
    whole = sum(each.value for each in parts) or 1.0
    x = 0.0
    for each in parts:
        width = WIDTH * each.value / whole
        drawing.box(x, 8, max(width - 1.5, 0.8 if each.value else 0), 26, COLOURS[each.tone])
        x += width
    room = WIDTH / max(len(parts), 1)
    for place, each in enumerate(parts):
        left = place * room
        drawing.box(left, 48, 10, 10, COLOURS[each.tone], r=2)
        drawing.words(left + 16, 57.5, each.said, bold=True, size=13)
        drawing.words(left + 16, 72, cut(each.name, room - 18), colour=SLATE)
    return drawing.finish(spoken)


def bars(parts: Sequence[Part], spoken: str, *, names: float = 250.0) -> str:
    """A bar for each, longest first as they are given, with its figure at its end."""
    drawing = Drawing(len(parts) * _ROW + 6)
    most = max((each.value for each in parts), default=0.0) or 1.0
    room = WIDTH - names - 120
    for place, each in enumerate(parts):
        y = place * _ROW + 4
        drawing.words(names - 8, y + 12, cut(each.name, names - 12), at="end")
        drawing.box(names, y, room, 15, PAPER)
        drawing.box(names, y, max(room * each.value / most, 1.0 if each.value else 0.0), 15, COLOURS[each.tone])
        drawing.words(names + room * each.value / most + 6, y + 12, each.said, colour=SLATE)
    return drawing.finish(spoken)


@dataclass(frozen=True, slots=True)
class Step:
    """One offering on the curve of supply: what it can give at what price, and what of it is taken."""

    name: str
    quantity: float
    price: float
    taken: float


@dataclass(frozen=True, slots=True)
class Axes:
    across: str
    up: str
    needed: str


def supply(steps: Sequence[Step], needed: float, axes: Axes, spoken: str, said: Callable[[float], str]) -> str:
    """Everything that fits, cheapest first: width is quantity, height is price; what is taken is filled."""
    drawing = Drawing(204)
    left, right, top, foot = 58.0, WIDTH - 12, 32.0, 164.0
    span = max(sum(each.quantity for each in steps), needed) * 1.02
    # One offering far beyond what is needed would press all others against the axis.
    span = min(span, needed * 4) if needed else span
    high = max((each.price for each in steps), default=1.0) * 1.12 or 1.0
    for mark in _marks(high, 4):
        y = foot - (foot - top) * mark / high
        drawing.line(left, y, right, y)
        drawing.words(left - 6, y + 4, said(mark), at="end", colour=SLATE, size=11)
    drawing.axis(((left + (right - left) * mark / span, said(mark)) for mark in _marks(span)), foot)
    before = 0.0
    for each in steps:
        if before >= span:
            break
        x, width = (
            left + (right - left) * before / span,
            (right - left) * min(each.quantity, span - before) / span,
        )
        tall = (foot - top) * each.price / high
        drawing.box(x, foot - tall, max(width - 0.8, 0.6), tall, MIST if not each.taken else SKY)
        if each.taken:
            drawing.box(x, foot - tall, max(width * min(each.taken / each.quantity, 1) - 0.8, 0.6), tall, NAVY)
        before += each.quantity
    drawing.line(left, foot, right, foot, INK)
    x = left + (right - left) * needed / span
    drawing.line(x, top - 12, x, foot, BRICK, width=1.5, dash="5 3")
    near = x > WIDTH * 0.7
    drawing.words(x + (-6 if near else 6), top - 4, axes.needed, colour=BRICK, at="end" if near else "start", bold=True)
    drawing.words(right, foot + 34, axes.across, at="end", colour=SLATE, size=11)
    drawing.words(0, 12, axes.up, colour=SLATE, size=11)
    return drawing.finish(spoken)


def _marks(span: float, wanted: int = 6) -> Iterator[float]:
    """The places of an axis that carry a number."""
    gap, place = step(span, wanted), 0
    while place * gap <= span * 1.001:
        yield place * gap
        place += 1


@dataclass(frozen=True, slots=True)
class Cover:
    """One phase: what is needed, what is missing in words, and who gives how much."""

    name: str
    needed: float
    said: str
    parts: tuple[Part, ...]


def cover(phases: Sequence[Cover], suppliers: Sequence[str], spoken: str) -> str:
    """A bar for each phase made of its suppliers, to the mark of what is needed; each supplier has one shade."""
    tall = 38.0
    columns = 3
    drawing = Drawing(len(phases) * tall + 14 + 18 * -(-len(suppliers) // columns))
    left, room = 90.0, WIDTH - 90 - 130
    most = max((max(each.needed, sum(part.value for part in each.parts)) for each in phases), default=1.0) or 1.0
    for place, phase in enumerate(phases):
        y = place * tall + 6
        drawing.words(left - 10, y + 16, phase.name, at="end", bold=True, size=13)
        drawing.box(left, y, room * phase.needed / most, 22, PAPER, line=MIST)
        x = left
        for part in phase.parts:
            width = room * part.value / most
            drawing.box(x, y, max(width - 1, 0.6), 22, _shade(suppliers, part.name))
            if width > 8 * len(part.said):
                light = _shade(suppliers, part.name) in (SKY, "#c9b08a", "#7fa37a")
                drawing.words(
                    x + width / 2, y + 15.5, part.said, at="middle", colour=INK if light else "#ffffff", size=11
                )
            x += width
        end = left + room * phase.needed / most
        drawing.line(end, y - 4, end, y + 26, BRICK, width=2)
        drawing.words(end + 8, y + 15.5, phase.said, colour=SLATE)
    for place, name in enumerate(suppliers):
        x, y = place % columns * (WIDTH / columns), len(phases) * tall + 10 + place // columns * 18
        drawing.box(x, y, 10, 10, _shade(suppliers, name), r=2)
        drawing.words(x + 16, y + 9.5, cut(name, WIDTH / columns - 24))
    return drawing.finish(spoken)


def _shade(suppliers: Sequence[str], name: str) -> str:
    return _SHADES[min(suppliers.index(name), len(_SHADES) - 1)]


@dataclass(frozen=True, slots=True)
class Place:
    """One offering by its score; `kept` is the share of samples of weights in which it keeps its place."""

    name: str
    score: float
    said: str
    kept: float | None
    kept_said: str
    tone: Tone


def scores(places: Sequence[Place], heads: tuple[str, str], spoken: str) -> str:
    """A line with a dot at the score of each, and beside it how firm its place is."""
    names, room, firm = 250.0, 250.0, 110.0
    drawing = Drawing(len(places) * _ROW + 16)
    drawing.words(names, 12, heads[0], colour=SLATE, size=11)
    drawing.words(names + room + 50, 12, heads[1], colour=SLATE, size=11)
    for number, each in enumerate(places):
        y = number * _ROW + 30
        drawing.words(names - 10, y + 4, cut(each.name, names - 14), at="end")
        drawing.line(names, y, names + room, y)
        x = names + room * min(max(each.score, 0), 1)
        drawing.line(names, y, x, y, COLOURS[each.tone], width=2)
        drawing.dot(x, y, 4.5, COLOURS[each.tone])
        drawing.words(names + room + 8, y + 4, each.said, bold=True)
        if each.kept is not None:
            start = names + room + 50
            drawing.box(start, y - 6, firm - 20, 12, PAPER)
            drawing.box(start, y - 6, (firm - 20) * each.kept, 12, SKY)
            drawing.words(start + firm - 14, y + 4, each.kept_said, colour=SLATE)
    return drawing.finish(spoken)
