""" "What if": a screening that answers whoever asks and is not published.

It sees the same sets by the same rules as a run, but may ask for some objects against all,
or for volumes other than a sphere. Nothing is written: conjunctions, watches and supply
rest on runs over the whole catalogue only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from space_hub.awareness.screen import Asked, Progress, cores
from space_hub.awareness.snapshot import Taken
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.screening.engine import Crew, Sink, Summary, Threads, sweep
from space_hub.orbit.screening.found import CO_LOCATED, Found
from space_hub.orbit.screening.volume import NASA_2011, RicBox, RicEllipsoid, Sphere, Volume, by_regime

Volumes = Callable[[Sequence[ElementSet], float], Volume | list[Volume]]
"""What counts as near, once the objects and the threshold in km are known."""

_SHAPES: dict[str, tuple[type[Volume], int]] = {
    "sphere": (Sphere, 1),
    "box": (RicBox, 3),
    "ellipsoid": (RicEllipsoid, 3),
}

FORMS = ("sphere:KM", "box:R,I,C", "ellipsoid:R,I,C", "nasa-2011")


def volumes(text: str) -> Volumes:
    """Read `sphere:KM`, `box:R,I,C`, `ellipsoid:R,I,C` (half-widths in km) or the name of a preset.

    `nasa-2011` gives each object the volume of its regime; where the source names none (MEO,
    HEO) all three semi-axes are the threshold. Raises Invalid `screen.volume_unknown`.
    """
    if text == "nasa-2011":
        return lambda elements, km: by_regime(elements, NASA_2011, RicEllipsoid(km, km, km))
    name, _, given = text.partition(":")
    shape, count = _SHAPES.get(name, (None, 0))
    try:
        widths = [float(each) for each in given.split(",")]
    except ValueError:
        widths = []
    if shape is None or len(widths) != count or not all(isfinite(each) and each > 0.0 for each in widths):
        raise Invalid("screen.volume_unknown", given=text, known=", ".join(FORMS))
    made = shape(*widths)
    return lambda _elements, _km: made


def places(taken: Taken, numbers: Sequence[int]) -> list[int]:
    """Where the objects with these numbers stand among the sets to be screened.

    Raises NotFound `awareness.object_unknown`, Conflict `screen.object_left_out`.
    """
    where = {number: place for place, number in enumerate(taken.numbers)}
    left_out = {one.elements.catalog_number: one.elements.epoch for one, _why in taken.excluded}
    for number in numbers:
        if number in left_out:
            raise Conflict("screen.object_left_out", object=number, epoch=left_out[number].isoformat())
        if number not in where:
            raise NotFound("awareness.object_unknown", object=number)
    return [where[number] for number in numbers]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of the objects, and how many encounters there are: apart, those of pairs that fly together."""

    summary: Summary
    encounters: int
    co_located: int


@dataclass(slots=True)
class _Counted:
    """A sink that counts the pairs that fly together on their way into another."""

    sink: Sink
    together: int = 0

    def add(self, found: Found) -> None:
        self.together += int(np.count_nonzero(found.flags & CO_LOCATED))
        self.sink.add(found)

    def clear(self) -> None:
        self.together = 0
        self.sink.clear()


@dataclass(frozen=True, slots=True)
class Question:
    """A window and a radius as for a run, the objects asked about (none: all), and what counts as near."""

    asked: Asked
    objects: tuple[int, ...] = ()
    near: Volumes | None = None

    def answer(
        self, taken: Taken, sink: Sink, *, threads: int = 0, crew: Crew | None = None, progress: Progress | None = None
    ) -> Answer:
        """Screen the sets of a snapshot; encounters go to `sink` as they are found."""
        self.asked.check()
        elements = [one.elements for one in taken.kept]
        threshold_km = self.asked.threshold_m / 1000.0
        counted = _Counted(sink)
        summary = sweep(
            elements,
            self.asked.start,
            self.asked.stop,
            counted,
            threshold_km=threshold_km,
            volume=None if self.near is None else self.near(elements, threshold_km),
            targets=places(taken, self.objects) if self.objects else None,
            crew=crew or Threads(threads or cores()),
            progress=progress,
            ids=taken.numbers,
        )
        return Answer(summary, summary.encounters - counted.together, counted.together)
