"""What a competition asks for: a use under signed agreements, or an agreement.

It stands in the notice word for word, so that the hash of the notice binds it. There it holds no number with a
point: languages spell these differently, and a hash must be the same in all. Area and parameters are JSON as text.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from catalog.capacity.rules import PARTS
from catalog.competition.canonical import canonical
from catalog.ordering.tables import CallOffKind, Purpose
from space_hub.errors import Invalid
from space_hub.text import Word
from space_hub.vocabulary.interval import Interval


class Aim(Word, of="competition_aim"):
    """What follows from the award."""

    CALL_OFF = "call_off"
    """A call-off under the agreement of whoever is awarded, placed when the standstill is over."""
    AGREEMENT = "agreement"
    """The awarded draft may be signed, once the standstill is over."""


@dataclass(frozen=True, slots=True)
class CompetitionAsk:
    """Titles and texts in English and French."""

    aim: Aim
    titles: tuple[str, str]
    texts: tuple[str, str]
    parts_per_day: int
    window: Interval
    kind: CallOffKind = CallOffKind.TASKING
    purpose: Purpose = Purpose.DEFENCE
    area: Any = None
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.window.stop is None:
            raise Invalid("competition.window_open")

    def to_json(self) -> dict[str, Any]:
        return {
            "aim": self.aim.value,
            "title": dict(zip(("en", "fr"), self.titles, strict=True)),
            "text": dict(zip(("en", "fr"), self.texts, strict=True)),
            "quantity_per_day": f"{(Decimal(self.parts_per_day) / PARTS).normalize():f}",
            "window_from": _z(self.window.start),
            "window_to": _z(self.window.stop),
            "kind": self.kind.value,
            "purpose": self.purpose.value,
            "area": canonical(self.area).decode(),
            "parameters": canonical(self.parameters).decode(),
        }


def read(kept: dict[str, Any]) -> CompetitionAsk:
    """The ask as `to_json` wrote it."""
    return CompetitionAsk(
        Aim(kept["aim"]),
        (kept["title"]["en"], kept["title"]["fr"]),
        (kept["text"]["en"], kept["text"]["fr"]),
        int(Decimal(kept["quantity_per_day"]) * PARTS),
        Interval(datetime.fromisoformat(kept["window_from"]), datetime.fromisoformat(kept["window_to"])),
        CallOffKind(kept["kind"]),
        Purpose(kept["purpose"]),
        json.loads(kept["area"]),
        json.loads(kept["parameters"]),
    )


def _z(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
