"""Drawings as text: the few shapes that the charts are made of. Pure.

Widths of words are reckoned, not measured: half an em a letter is right within
a tenth for the faces used, and what must fit is cut with room to spare.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import floor, log10
from xml.sax.saxutils import escape, quoteattr

NAVY, TEAL, AMBER, BRICK, SLATE = "#1d3557", "#2a7f8e", "#b87a14", "#a23b3b", "#5b6770"
SKY, MIST, PAPER, INK = "#9cc3d5", "#e3e8ec", "#f5f7f8", "#20272d"
FACES = "'Libertinus Serif', Charter, 'Bitstream Charter', Cambria, Georgia, serif"
WIDTH = 680.0
"""Of every drawing: the width of the text, in units of which 1 is a pixel and three quarters of a point."""


@dataclass
class Drawing:
    height: float
    width: float = WIDTH
    parts: list[str] = field(default_factory=list)

    def box(self, x: float, y: float, width: float, height: float, fill: str, *, line: str = "", r: float = 0) -> None:
        edge = f' stroke="{line}" stroke-width="1"' if line else ""
        corner = f' rx="{_n(r)}"' if r else ""
        self.parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" height="{_n(height)}" fill="{fill}"'
            f"{corner}{edge}/>"
        )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str = MIST, *, width: float = 1, dash: str = ""
    ) -> None:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{colour}"'
            f' stroke-width="{_n(width)}"{dashed}/>'
        )

    def dot(self, x: float, y: float, radius: float, fill: str, *, line: str = "") -> None:
        edge = f' stroke="{line}" stroke-width="1.5"' if line else ""
        self.parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}"{edge}/>')

    def path(self, points: Sequence[tuple[float, float]], colour: str, *, width: float = 1.5) -> None:
        said = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self.parts.append(f'<polyline points="{said}" fill="none" stroke="{colour}" stroke-width="{_n(width)}"/>')

    def words(
        self,
        x: float,
        y: float,
        said: str,
        *,
        size: float = 12,
        colour: str = INK,
        at: str = "start",
        bold: bool = False,
    ) -> None:
        weight = ' font-weight="700"' if bold else ""
        self.parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{colour}" text-anchor="{at}"{weight}>'
            f"{escape(said)}</text>"
        )

    def axis(self, marks: Iterable[tuple[float, str]], foot: float, *, top: float | None = None) -> None:
        """The marks of an axis that runs across at `foot`: each with its words below, and with a line up to `top`."""
        for x, said in marks:
            if top is not None:
                self.line(x, top, x, foot)
            self.words(x, foot + 16, said, at="middle", colour=SLATE, size=11)

    def finish(self, spoken: str) -> str:
        """The whole, with what it shows said in words for who cannot see it."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
            f' width="{_n(self.width)}" height="{_n(self.height)}" role="img" aria-label={quoteattr(spoken)}'
            f' font-family="{FACES}">' + "".join(self.parts) + "</svg>"
        )


def cut(said: str, room: float, size: float = 12) -> str:
    """As much of it as fits into `room`, with an ellipsis where something is left out."""
    most = max(int(room / (0.5 * size)), 2)
    return said if len(said) <= most else said[: most - 1].rstrip() + "…"


def breadth(said: str, size: float = 12) -> float:
    return 0.5 * size * len(said)


def step(span: float, wanted: int = 5) -> float:
    """A round distance between the marks of an axis, so that there are at most `wanted` of them: 1, 2 or 5 in tens."""
    power = 10.0 ** floor(log10(span / wanted)) if span > 0 else 1.0
    return next((each * power for each in (1, 2, 5) if span <= each * power * wanted), 10 * power)


def _n(value: float) -> str:
    """Coordinates to a tenth, the same characters on every machine."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")
