"""Which form of an answer is wanted: named in the query, else the one that `Accept` likes best (RFC 9110, 12.5.1)."""

from typing import Any, TypeVar

F = TypeVar("F", bound=str)

MEDIA_TYPES = {
    "kvn": "text/plain; charset=utf-8",
    "xml": "application/xml",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
}


def wanted(given: F | None, accept: str | None, forms: tuple[F, ...]) -> F:
    """One of `forms`; the first where nothing is said, or nothing that there is: to disregard `Accept` is allowed."""
    if given is not None:
        return given
    best, most = forms[0], 0.0
    for each in (accept or "").lower().split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        liked = next((form for form in forms if _fits(kind, form)), None)
        weight = _weight(parameters)
        if liked is not None and weight > most:
            best, most = liked, weight
    return best


def described(*forms: str) -> dict[int | str, dict[str, Any]]:
    """The good answer of a route in these forms, for its description."""
    schemas = {form: {} if form == "json" else {"type": "string"} for form in forms}
    return {200: {"content": {MEDIA_TYPES[form].split(";")[0]: {"schema": schemas[form]} for form in forms}}}


def _fits(kind: str, form: str) -> bool:
    ours = MEDIA_TYPES[form].split(";")[0]
    return kind in (ours, "*/*", f"{ours.split('/')[0]}/*") or (form == "xml" and kind == "text/xml")


def _weight(parameters: list[str]) -> float:
    """The `q` of a kind: from 0 to 1; what is no number counts as 0."""
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            return float(value) if value.replace(".", "", 1).isdecimal() else 0.0
    return 1.0
