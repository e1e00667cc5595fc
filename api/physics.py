"""What a supplier claims, what it answered and what orbits allow, side by side, as a match shows it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from api.models import Out
from catalog.feasibility.values import FeasibilityVerdict
from catalog.wording import answer_text, physics_reason
from space_hub.text import say
from space_hub.vocabulary.attributes import ATTRIBUTES
from space_hub.vocabulary.phases import Phase
from space_hub.vocabulary.units import shown


class PhysicsOut(Out):
    """One attribute of one offering, in `unit`; ranges are [low, high]. `limit`: the boldest value that still agrees.

    `computed` is the best case: every satellite free for you at once. No score reads it before the supplier
    could reply.
    """

    offering_id: str
    attribute: str
    attribute_label: str
    unit: str
    claimed: list[float] | None
    answered: list[float] | None
    computed: float | None
    limit: float | None
    verdict_of_claim: FeasibilityVerdict
    verdict_of_answer: FeasibilityVerdict | None
    text: str
    for_reply: bool


class AnswerOut(Out):
    """What a supplier said when it was asked; `answer` is feasible, partly or infeasible, or why there is none.

    `asked_at` null: it was not asked, or the match was kept before the moments were.
    """

    offering_id: str
    phase: Phase
    asked: float
    answer: str
    quantity: float | None
    price: str | None
    currency: str | None
    valid_until: datetime | None
    reason: str
    text: str
    asked_at: datetime | None
    answered_at: datetime | None


def answers_out(kept: Iterable[Mapping[str, Any]] | None, unit: str, language: str) -> list[AnswerOut] | None:
    """None where the asker let nobody be asked."""
    return None if kept is None else [_answer(each, unit, language) for each in kept]


def _answer(kept: Mapping[str, Any], unit: str, language: str) -> AnswerOut:
    price, currency = kept["price"] or (None, None)
    plain = {name: kept[name] for name in ("offering_id", "phase", "asked", "answer", "quantity", "reason")}
    return AnswerOut(
        **plain,
        price=price,
        currency=currency,
        valid_until=kept["valid_until"],
        text=answer_text(kept, unit, language),
        asked_at=kept.get("asked_at"),
        answered_at=kept.get("answered_at"),
    )


def physics_out(rows: Iterable[Mapping[str, Any]], language: str) -> list[PhysicsOut]:
    return [_row(row, language) for row in rows]


def _row(row: Mapping[str, Any], language: str) -> PhysicsOut:
    about = ATTRIBUTES[row["attribute"]]
    plain = {name: value for name, value in row.items() if name != "reason"}
    return PhysicsOut(
        **plain,
        attribute_label=say(f"vocabulary.attribute.{about.code}", language),
        unit=shown(about.unit or ""),
        text=physics_reason(row["reason"], language),
    )
