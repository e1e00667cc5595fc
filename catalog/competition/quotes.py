"""A quote in clear, as its maker writes it and as it is judged: one line for each criterion. Pure.

It is read twice: by the supplier before it is sealed, when everything can still be mended, and by the hub after
the opening, when what does not read is a fault of which its supplier is told. No error repeats a
value: what a quote says stands in no message, log or terminal.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from catalog.competition import scoring
from catalog.competition.canonical import canonical
from catalog.competition.scoring import Criterion, CriterionKind
from space_hub.errors import HubError, Invalid
from space_hub.vocabulary import units
from space_hub.vocabulary.phases import Phase

_MEMBERS = frozenset({"v", "lines", "capacity", "valid_until", "note"})
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Quote:
    """`values` in the units of the criteria; `content` in the supplier's own, amounts as text."""

    values: Mapping[str, Decimal]
    content: Mapping[str, Any]

    @property
    def plain(self) -> bytes:
        """What is sealed."""
        return canonical(self.content)


def read(given: Any, criteria: Sequence[Criterion]) -> Quote:
    """`given` as a quote by `criteria`; refused with all of its faults at once."""
    if not isinstance(given, Mapping) or not {"v", "lines"} <= set(given) <= _MEMBERS:
        raise Invalid("quote.members_wrong", expected=", ".join(sorted(_MEMBERS)))
    faults: list[HubError] = []
    values, lines = _lines(given["lines"], criteria, faults)
    content = {"v": 1, "lines": lines}
    if type(given["v"]) is not int or given["v"] != 1:
        faults.append(Invalid("quote.member_wrong", member="v"))
    for member, read_as in (("capacity", _capacity), ("valid_until", _instant), ("note", _note)):
        if member in given:
            found = read_as(given[member])
            if found is None:
                faults.append(Invalid("quote.member_wrong", member=member))
            content[member] = found
    _refuse(faults)
    return Quote(values, content)


def check(quote: Quote, criteria: Sequence[Criterion]) -> None:
    """Refuses what would be excluded for certain: a hard criterion whose threshold the quote itself does not reach."""
    own = [each for each in criteria if each.kind is not CriterionKind.READINESS]
    failed = scoring.score(own, quote.values, {}).failed_hard
    _refuse(
        [
            Invalid("quote.hard_criterion_missed", name=each.name, threshold=f"{each.threshold:f} {each.unit}".strip())
            for each in own
            if each.name in failed
        ]
    )


def example(criteria: Sequence[Criterion], valid_until: datetime) -> dict[str, Any]:
    """A quote to begin with: every criterion that asks for a line, at its threshold."""
    return {
        "v": 1,
        "lines": [
            {"criterion": each.name, "value": f"{each.threshold:f}", "unit": each.unit}
            for each in criteria
            if each.kind is not CriterionKind.READINESS
        ],
        "capacity": [{"phase": Phase.CRISIS.value, "quantity": "200"}],
        "valid_until": valid_until.isoformat().replace("+00:00", "Z"),
        "note": "",
    }


def _refuse(faults: list[HubError]) -> None:
    if faults:
        error = Invalid("quote.refused", count=len(faults))
        error.causes = tuple(faults)
        raise error


def _lines(
    given: Any, criteria: Sequence[Criterion], faults: list[HubError]
) -> tuple[dict[str, Decimal], list[dict[str, str]]]:
    asked = {each.name: each for each in criteria}
    values: dict[str, Decimal] = {}
    lines = []
    for number, line in enumerate(given if isinstance(given, list) else [given], 1):
        try:
            criterion, value, unit = _line(number, line, asked)
            if criterion.name in values:
                raise Invalid("quote.criterion_twice", name=criterion.name)
            values[criterion.name] = _in_unit(criterion, value, unit)
            lines.append({"criterion": criterion.name, "value": _plain(value), "unit": unit})
        except Invalid as fault:
            faults.append(fault)
    said = {str(line.get("criterion")) for line in _mappings(given)}
    for name, criterion in asked.items():
        if criterion.kind is not CriterionKind.READINESS and name not in said:
            faults.append(Invalid("quote.criterion_missing", name=name))
    return values, lines


def _mappings(given: Any) -> Iterator[Mapping[str, Any]]:
    return (each for each in (given if isinstance(given, list) else ()) if isinstance(each, Mapping))


def _line(number: int, given: Any, asked: Mapping[str, Criterion]) -> tuple[Criterion, Decimal, str]:
    match given:
        case {"criterion": str(name), "value": value, **rest} if set(rest) <= {"unit"}:
            unit = rest.get("unit", "")
        case _:
            raise Invalid("quote.line_wrong", number=number)
    if not isinstance(unit, str):
        raise Invalid("quote.line_wrong", number=number)
    criterion = asked.get(name)
    if criterion is None:
        raise Invalid("quote.criterion_unknown", number=number, known=", ".join(asked))
    if criterion.kind is CriterionKind.READINESS:
        raise Invalid("quote.criterion_not_asked", name=name)
    amount = _number(value)
    if amount is None:
        raise Invalid("quote.value_wrong", name=name)
    return criterion, amount, unit


def _in_unit(criterion: Criterion, value: Decimal, unit: str) -> Decimal:
    """`value` in the criterion's unit. Between currencies nothing is converted."""
    if unit == criterion.unit:
        return value
    if criterion.kind is CriterionKind.PRICE or not criterion.unit or not unit:
        raise Invalid("quote.unit_wrong", name=criterion.name, expected=criterion.unit or "-")
    try:
        return Decimal(repr(units.convert(float(value), unit, criterion.unit, of=criterion.name)))
    except Invalid as error:
        # That one repeats what was given as the unit, where a value may have slipped in.
        known = ", ".join(units.accepted(criterion.unit))
        raise Invalid("quote.unit_wrong", name=criterion.name, expected=known) from error


def _number(given: Any) -> Decimal | None:
    """An amount as text, as a whole number, or as a decimal that was read without loss."""
    if type(given) is int and abs(given) < 10**15:
        return Decimal(given)
    if isinstance(given, Decimal):
        # Not written out to be looked at: 1e999999999 would fill the machine.
        exponent = given.as_tuple().exponent
        return given if isinstance(exponent, int) and exponent >= -6 and given.adjusted() < 15 else None
    return Decimal(given) if isinstance(given, str) and _NUMBER.fullmatch(given) else None


def _capacity(given: Any) -> list[dict[str, str]] | None:
    found = []
    for each in given if isinstance(given, list) else [None]:
        match each:
            case {"phase": str(phase), "quantity": quantity, **rest} if not rest and phase in set(Phase):
                amount = _number(quantity)
            case _:
                return None
        if amount is None or amount <= 0:
            return None
        found.append({"phase": phase, "quantity": _plain(amount)})
    return found


def _instant(given: Any) -> str | None:
    try:
        at = datetime.fromisoformat(given)
        return None if at.tzinfo is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (TypeError, ValueError, OverflowError):
        return None


def _note(given: Any) -> str | None:
    """Text that UTF-8 can write: half a character is none."""
    whole = isinstance(given, str) and not any("\ud800" <= each <= "\udfff" for each in given)
    return given if whole else None


def _plain(value: Decimal) -> str:
    return f"{value.normalize() + 0:f}"
