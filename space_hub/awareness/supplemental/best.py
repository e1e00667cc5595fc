"""Which set of an object is used at a time, and why: the operator's before the catalogue's, the nearest first. Pure.

Supplemental sets come in segments, one object having several that are valid at different
times, before and after a planned burn; so the one whose epoch is nearest to the use counts
(CelesTrak on supplemental GP data), and of two equally near the better fit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from space_hub.text import Word

NEAR = timedelta(days=1)
"""A fit farther from the use than this is extrapolated; then it must at least be nearer than the catalogue's set."""


class Choice(Word, of="element_set_choice"):
    """Why a set was chosen."""

    SUPPLEMENTAL = "supplemental"
    GENERAL_ALONE = "general_alone"
    SUPPLEMENTAL_FAR = "supplemental_far"
    SUPPLEMENTAL_HELD = "supplemental_held"


@dataclass(frozen=True, slots=True)
class Fit:
    """A supplemental set, as far as the choice goes."""

    id: str
    epoch: datetime
    rms_km: float | None
    held_back: bool
    received_at: datetime


def choose(general: datetime, fits: Iterable[Fit], use: datetime) -> tuple[Fit | None, Choice]:
    """The supplemental set to use at `use`, or None for the catalogue's, whose epoch is `general`; and the reason."""
    offered = list(fits)
    standing = [fit for fit in offered if not fit.held_back]
    if not standing:
        return None, Choice.SUPPLEMENTAL_HELD if offered else Choice.GENERAL_ALONE

    def order(fit: Fit) -> tuple[timedelta, float, float, str]:
        residual = float("inf") if fit.rms_km is None else fit.rms_km
        return abs(fit.epoch - use), residual, -fit.received_at.timestamp(), fit.id

    nearest = min(standing, key=order)
    away = abs(nearest.epoch - use)
    if away <= NEAR or away < abs(general - use):
        return nearest, Choice.SUPPLEMENTAL
    return None, Choice.SUPPLEMENTAL_FAR
