"""Bases of what comes in and what goes out over HTTP."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


def _to_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A time with its zone, kept and printed in UTC (`Z`)."""


class In(BaseModel):
    """A request body: a field that is not known is refused, a number is finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)


class Out(BaseModel):
    """An answer: only what is declared leaves."""

    model_config = ConfigDict(from_attributes=True)
