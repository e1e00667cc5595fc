"""The charts of what may come: what it costs to depend on nobody, what is left after a loss, the dates. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.dossier.charts import COLOURS
from catalog.dossier.document import Tone
from catalog.dossier.svg import BRICK, INK, MIST, NAVY, SKY, SLATE, TEAL, WIDTH, Drawing, cut


@dataclass(frozen=True, slots=True)
class Price:
    """What it costs more to survive one thing: from `low` to `high`, equal where it is known."""

    name: str
    low: float
    high: float
    said: str
    whole: bool = False


def premiums(prices: Sequence[Price], spoken: str) -> str:
    """A bar for each group to what it certainly costs, and a line on to what it may cost at most."""
    names, room, tall = 270.0, WIDTH - 270 - 120, 24.0
    drawing = Drawing(len(prices) * tall + 4)
    most = max((each.high for each in prices), default=0.0) or 1.0
    for place, each in enumerate(prices):
        y = place * tall + 3
        low, high = room * each.low / most, room * each.high / most
        drawing.words(names - 10, y + 13, cut(each.name, names - 14), at="end", bold=each.whole)
        drawing.line(names, y - 3, names, y + tall - 3, SLATE)
        drawing.box(names, y, max(low, 0.8), 17, NAVY if each.whole else TEAL)
        if high > low + 0.5:
            drawing.box(names + low, y, high - low, 17, SKY)
            drawing.line(names + high, y - 1, names + high, y + 18, NAVY, width=1.5)
        drawing.words(names + high + 8, y + 13, each.said, colour=INK if each.whole else SLATE, bold=each.whole)
    return drawing.finish(spoken)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of the service after one loss, by the cheapest plan and by one that is secured (None: not made)."""

    name: str
    cheapest: float
    cheapest_said: str
    secured: float | None
    secured_said: str


def kept(losses: Sequence[Kept], heads: tuple[str, str], asked: float | None, asked_said: str, spoken: str) -> str:
    """A line for each loss from what the cheapest plan leaves to what the secured one leaves; 100 % is at the right."""
    names, room, tall = 290.0, WIDTH - 290 - 60, 24.0
    drawing = Drawing(len(losses) * tall + 62)
    left = names + 10
    drawing.dot(left + 5, 11, 4.5, "#ffffff", line=BRICK)
    drawing.words(left + 15, 15, heads[0], colour=SLATE)
    both = any(each.secured is not None for each in losses)
    if both:
        drawing.dot(left + 165, 11, 4.5, TEAL)
        drawing.words(left + 175, 15, heads[1], colour=SLATE)
    foot = len(losses) * tall + 28
    drawing.axis(((left + room * mark / 100, f"{mark}") for mark in (0, 25, 50, 75, 100)), foot, top=26)
    for place, each in enumerate(losses):
        y = place * tall + 40
        drawing.words(names - 8, y + 4, cut(each.name, names - 12), at="end")
        low = left + room * each.cheapest
        if each.secured is not None:
            high = left + room * each.secured
            drawing.line(low, y, high, y, SKY, width=5)
            drawing.dot(high, y, 4.5, TEAL)
        drawing.dot(low, y, 4.5, "#ffffff", line=BRICK)
    if asked is not None and asked < 1:
        x = left + room * asked
        drawing.line(x, 24, x, foot, BRICK, dash="4 3")
        drawing.words(x - 5, foot + 31, asked_said, at="end", colour=BRICK, size=11)
    return drawing.finish(spoken)


@dataclass(frozen=True, slots=True)
class Mark:
    """A date on the line of time, in words; `done` ones are filled."""

    at: datetime
    name: str
    said: str
    tone: Tone
    done: bool = False


def timeline(marks: Sequence[Mark], spoken: str) -> str:
    """Dates from left to right by their distance in time, each with its words on a line of its own below."""
    first, last = marks[0].at, marks[-1].at
    span = max((last - first).total_seconds(), 1.0)
    tall, left, room = 21.0, 14.0, WIDTH * 0.42
    drawing = Drawing(len(marks) * tall + 16)
    drawing.line(left, 8, left + room, 8, SLATE, width=2)
    words = left + room + 24
    for place, each in enumerate(marks):
        x = left + room * (each.at - first).total_seconds() / span
        y = place * tall + 28
        colour = COLOURS[each.tone]
        drawing.line(x, 8, x, y - 4, MIST)
        drawing.line(x, y - 4, words - 6, y - 4, MIST)
        drawing.dot(x, 8, 4.5, colour if each.done else "#ffffff", line=colour)
        drawing.words(words, y, each.said, colour=colour, bold=True)
        drawing.words(words + 82, y, cut(each.name, WIDTH - words - 82))
    return drawing.finish(spoken)
