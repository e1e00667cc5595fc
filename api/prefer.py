"""The header `Prefer` of RFC 7240: what of it the hub knows."""

from typing import Annotated

from fastapi import Header

ASYNC, WAIT = "respond-async", "wait"
APPLIED = "Preference-Applied"

Later = Annotated[
    str | None,
    Header(alias="Prefer", max_length=200, description="`respond-async`: queue it, and answer where it is followed."),
]


def preferred(header: str | None) -> frozenset[str]:
    """The names of the preferences of a header, without their values and parameters."""
    named = ((each.partition(";")[0]).partition("=")[0] for each in (header or "").split(","))
    return frozenset(each.strip().lower() for each in named)
