"""Shapes that promises share: the authority that decided, and quantities."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from api.models import In, Out
from catalog.promise.authority import Authority

QuantityIn = Annotated[
    Decimal, Field(gt=0, max_digits=15, decimal_places=3, description="In the capacity unit of the offering.")
]


class DecidedByIn(In):
    """The contracting authority that decided: the hub recommends, an agency awards."""

    name: str = Field(min_length=1, max_length=200)
    office: str = Field(min_length=1, max_length=200)

    def value(self) -> Authority:
        return Authority(self.name, self.office)


class DecidedByOut(Out):
    name: str
    office: str


def decided_by(name: str, office: str) -> DecidedByOut | None:
    """None for a step that needs no authority."""
    return DecidedByOut(name=name, office=office) if name else None
