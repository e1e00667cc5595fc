"""General-perturbations data in, as text: one front for OMM CSV, OMM JSON and TLE.

`read_text` accounts for every set of a file: accepted, or rejected with its line, a
stable code and the raw text. One bad set never stops the others. A text that is no
such file at all (a web page, an error message, an empty answer, other JSON) is Invalid
as a whole. Nothing here propagates; whether a set is believable beside its predecessor
is asked in `plausibility`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from space_hub.errors import Invalid
from space_hub.orbit import omm, tle
from space_hub.orbit.alpha5 import alpha5, catalog_number
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp_fields import Line, Rejected, shown
from space_hub.orbit.omm import to_omm_csv
from space_hub.orbit.tle import to_tle

__all__ = [
    "Form",
    "GpFile",
    "Line",
    "Rejected",
    "alpha5",
    "catalog_number",
    "is_forward_dated",
    "read_text",
    "to_omm_csv",
    "to_tle",
]

Form = Literal["csv", "json", "tle"]

_READERS: dict[str, Callable[[str, datetime], tuple[list[Line], list[Rejected]]]] = {
    "csv": omm.read_csv,
    "json": omm.read_json,
    "tle": tle.read,
}
_SAYS_NOTHING_FOUND = ("no gp data found", "no results returned", "no tle found")


@dataclass(frozen=True, slots=True)
class GpFile:
    """What a text held: `form` is csv, json or tle (two or three lines a set)."""

    form: Form
    accepted: list[Line]
    rejected: list[Rejected]

    @property
    def offered(self) -> int:
        return len(self.accepted) + len(self.rejected)

    @property
    def bad_share(self) -> float:
        """Rejected sets as a share of those offered; 0 for a file with a header and no set."""
        return len(self.rejected) / self.offered if self.offered else 0.0


def is_forward_dated(elements: ElementSet, now: datetime) -> bool:
    """True when the epoch lies after `now`: legitimate (pre-launch and manoeuvre plans), and worth a flag."""
    return elements.epoch > now


def _sniff(text: str) -> Form:
    head = text[:4096].lstrip()
    if head.startswith("<"):
        raise Invalid("gp.markup", starts=shown(head))
    if head.startswith(("[", "{")):
        return "json"
    if {"NORAD_CAT_ID", "EPOCH", "MEAN_MOTION"} & set(omm.csv_columns(head)):
        return "csv"
    if tle.looks_like_tle(text):
        return "tle"
    raise Invalid("gp.unrecognised", starts=shown(head))


def read_text(text: str, *, form: Form | None = None, now: datetime) -> GpFile:
    """Read `text`; the form is found from its beginning unless it is given.

    Sets dated after `now` are accepted and marked `forward_dated`. Raises Invalid, and
    nothing else, when the text is no file of element sets.
    """
    text = text.removeprefix("\ufeff")
    head = text[:4096].strip().lower()
    if not head and not text.strip():
        raise Invalid("gp.empty")
    if head.startswith(_SAYS_NOTHING_FOUND):
        raise Invalid("gp.none_found")
    if form is None:
        form = _sniff(text)
    elif form not in _READERS:
        raise Invalid("gp.form_unknown", given=shown(form), known=", ".join(_READERS))
    elif form == "tle" and not tle.looks_like_tle(text):
        raise Invalid("gp.unrecognised", starts=shown(head))
    accepted, rejected = _READERS[form](text, now)
    return GpFile(form, accepted, rejected)
