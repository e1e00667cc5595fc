"""Bases of what comes in and what goes out over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from space_hub.vocabulary.storable import check_storable


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("datetime_out_of_range", "outside the years 1 to 9999 in UTC") from None


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A time with its zone, kept and printed in UTC (`Z`)."""

CatalogNumber = Annotated[int, Field(ge=1, le=999_999_999)]
"""Nine digits are the most that a catalogue number has in any format."""


class In(BaseModel):
    """A request body: a field that is not known is refused, and so is what no database keeps."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, given: Any) -> Any:
        check_storable(given, "body")
        return given


class Out(BaseModel):
    """An answer: only what is declared leaves."""

    model_config = ConfigDict(from_attributes=True)
