"""All that is wrong with one offering, gathered and said at once. Pure.

A supplier that hears of one fault a day needs a week for a row. A column says
one thing only: where a cell could not be read, what would follow from it being
empty is no second fault.
"""

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from space_hub.errors import Invalid

MOST = 20
"""Faults of one offering that are said; the count says how many there are."""

P = ParamSpec("P")
Read = TypeVar("Read")
Otherwise = TypeVar("Otherwise")


class Faults:
    """Gathers the faults of one offering by column, named as in the heading of a table."""

    def __init__(self) -> None:
        self._found: dict[str, Invalid] = {}

    def __contains__(self, column: str) -> bool:
        return column in self._found

    def note(self, column: str, error: Invalid) -> None:
        error.params.setdefault("column", column)
        self._found.setdefault(column, error)

    def take(
        self, column: str, otherwise: Otherwise, read: Callable[P, Read], /, *args: P.args, **kwargs: P.kwargs
    ) -> Read | Otherwise:
        """What `read` makes of a column; `otherwise` when it refuses, now or before."""
        if column in self._found:
            return otherwise
        try:
            return read(*args, **kwargs)
        except Invalid as error:
            self.note(column, error)
            return otherwise

    def refuse(self) -> None:
        """Raise what was gathered: one fault as itself, several as one error whose `causes` they are."""
        if self._found:
            raise together(list(self._found.values()))


def together(found: list[Invalid]) -> Invalid:
    """One error of several; a single one stays itself."""
    if len(found) == 1:
        return found[0]
    said = [{"code": each.code, "params": dict(each.params)} for each in found[:MOST]]
    error = Invalid("providers.row_faults", count=len(found), faults=said)
    error.causes = tuple(found[:MOST])
    return error


def single(error: Invalid) -> list[Invalid]:
    """The faults that an error stands for."""
    return [each for each in error.causes if isinstance(each, Invalid)] or [error]


def by_column(code: str, params: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Column (empty where a fault has none), code and parameters of each fault that a kept refusal holds."""
    kept = params.get("faults") or [{"code": code, "params": params}]
    return [(str(each["params"].get("column", "")), each["code"], dict(each["params"])) for each in kept]
