"""Alerts that your watches raised, every revision of them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from sqlmodel import col, select

from api.deps import Asked
from api.models import Out
from api.paging import Page, Paged
from api.policy import Router, scope
from space_hub.awareness.following.levels import Level
from space_hub.awareness.following.rules import AlertState
from space_hub.awareness.tables import Alert
from space_hub.errors import NotFound
from space_hub.text import say

router = Router(prefix="/v1/alerts", tags=["alerts"])


class AlertOut(Out):
    id: str
    watch_id: str
    conjunction_id: str
    run_id: str
    revision: int
    state: AlertState
    reason: str
    reason_text: str
    tca: datetime
    miss_distance_m: float | None
    previous_miss_distance_m: float | None
    level: Level | None = Field(description="By the watch's thresholds; null when the run no longer found it.")
    pc: float | None = Field(description="Probability of collision; how it came about stands in `payload.risk`.")
    raised_at: datetime
    payload: dict[str, Any] = Field(description="What was sent to your endpoints.")


@router.get("", policy=scope("awareness:read"))
def list_alerts(
    asked: Asked,
    page: Page,
    watch_id: Annotated[str | None, Query()] = None,
    conjunction_id: Annotated[str | None, Query()] = None,
    run_id: Annotated[str | None, Query()] = None,
    state: AlertState | None = None,
    level: Level | None = None,
) -> Paged[AlertOut]:
    """Your organisation's alerts, newest first; a conjunction's revisions are alerts of their own."""
    mine = select(Alert).where(Alert.organisation_id == asked.principal.organisation_id)
    for column, value in (
        (Alert.watch_id, watch_id),
        (Alert.conjunction_id, conjunction_id),
        (Alert.run_id, run_id),
        (Alert.state, None if state is None else state.value),
        (Alert.level, None if level is None else level.value),
    ):
        if value is not None:
            mine = mine.where(column == value)
    with asked.read() as session:
        return page.of(
            session,
            mine,
            key=[col(Alert.raised_at), col(Alert.id)],
            make=lambda alert: _out(alert, asked.language),
            descending=True,
        )


@router.get("/{alert_id}", policy=scope("awareness:read"))
def get_alert(alert_id: str, asked: Asked) -> AlertOut:
    """One alert with every revision of it."""
    with asked.read() as session:
        found = session.exec(
            select(Alert).where(Alert.id == alert_id, Alert.organisation_id == asked.principal.organisation_id)
        ).first()
        if found is None:
            raise NotFound("alert.unknown", alert=alert_id)
        return _out(found, asked.language)


def _out(alert: Alert, language: str) -> AlertOut:
    return AlertOut.model_validate(alert.model_dump() | {"reason_text": say(alert.reason, language)})
