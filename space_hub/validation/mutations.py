"""The damage that happens to element lines on their way: cut, lengthened, mistyped, swapped.

Each function takes a stream of randomness and a line (or the two lines of a set) and
gives back the damaged text; the campaign in `formats` counts what a reader makes of it.
"""

from collections.abc import Callable, Mapping
from string import digits, printable

from space_hub.rng import Scope

Pair = tuple[str, str]
Change = Callable[[Scope, str], str]

_NUMBER_COLUMNS = range(2, 7)


def below(scope: Scope, count: int) -> int:
    """A whole number from 0 to `count` - 1."""
    return int(scope.uniform() * count)


def _places(line: str, wanted: Callable[[str], bool]) -> list[int]:
    return [at for at, mark in enumerate(line) if wanted(mark)]


def _truncated(scope: Scope, line: str) -> str:
    return line[: below(scope, len(line))]


def _shortened(scope: Scope, line: str) -> str:
    at = below(scope, len(line))
    return line[:at] + line[at + 1 :]


def _lengthened(scope: Scope, line: str) -> str:
    at = below(scope, len(line) + 1)
    return line[:at] + printable[below(scope, len(printable))] * (1 + below(scope, 3)) + line[at:]


def _digit(scope: Scope, line: str) -> str:
    """One digit becomes another digit, or (every second time) any other printable character."""
    places = _places(line, str.isdigit)
    at = places[below(scope, len(places))]
    marks = (digits if scope.uniform() < 0.5 else printable[:95]).replace(line[at], "")
    return line[:at] + marks[below(scope, len(marks))] + line[at + 1 :]


def _swapped(scope: Scope, line: str) -> str:
    places = [at for at in range(len(line) - 1) if line[at] != line[at + 1]]
    at = places[below(scope, len(places))]
    return line[:at] + line[at + 1] + line[at] + line[at + 2 :]


def _two_digits(scope: Scope, line: str) -> str:
    places = _places(line, str.isdigit)
    for at in (places.pop(below(scope, len(places))) for _ in range(2)):
        marks = digits.replace(line[at], "")
        line = line[:at] + marks[below(scope, len(marks))] + line[at + 1 :]
    return line


SEEN: Mapping[str, Change] = {
    "truncated": _truncated,
    "character_lost": _shortened,
    "lengthened": _lengthened,
    "digit_damaged": _digit,
}
"""Damage that a reader must notice."""

DISGUISED: Mapping[str, Change] = {"adjacent_swap": _swapped, "two_digits": _two_digits}
"""Damage that can pass every check of a TLE."""


def in_one_line(scope: Scope, pair: Pair, change: Change) -> Pair:
    """`change` done to one of the two lines."""
    if scope.uniform() < 0.5:
        return change(scope, pair[0]), pair[1]
    return pair[0], change(scope, pair[1])


def number_swapped(scope: Scope, pair: Pair) -> Pair:
    """The same two neighbours of the catalogue number swapped in both lines: the one damage that renames an object."""
    places = [at for at in _NUMBER_COLUMNS[:-1] if pair[0][at] != pair[0][at + 1]]
    if not places:
        return pair
    at = places[below(scope, len(places))]
    first, second = (line[:at] + line[at + 1] + line[at] + line[at + 2 :] for line in pair)
    return first, second
