"""How far a match is, told while it is made, so that somebody can follow it or end it. Pure.

Who computes calls `watch(stage, done, total)` now and then and goes on; what `watch` raises ends the match.
Nothing that is computed may depend on it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from space_hub.text import Word

T = TypeVar("T")


class Stage(Word, of="match_stage"):
    """The stages of a match, in their order."""

    GATES = "gates"
    PHYSICS = "physics"
    PLAN = "plan"
    RESILIENCE = "resilience"
    ENTRIES = "entries"


Watch = Callable[[str, int, int], None]

PARTS = 100
"""Of each stage: how finely the whole is counted. Stages count alike, whatever they take."""

_ORDER: Sequence[str] = tuple(Stage)


def silent(stage: str, done: int, total: int) -> None:
    """Nobody follows."""
    del stage, done, total


def overall(stage: str, done: int, total: int) -> tuple[int, int]:
    """The same as (done, total) over all stages, which never falls while the stages follow each other."""
    within = PARTS * min(done, total) // total if total > 0 else 0
    return PARTS * _ORDER.index(stage) + within, PARTS * len(_ORDER)


def watched(watch: Watch, stage: Stage, given: Iterable[T]) -> Iterator[T]:
    """Each of `given`, told before it is dealt with."""
    found = list(given)
    for place, each in enumerate(found):
        watch(stage, place, len(found))
        yield each
