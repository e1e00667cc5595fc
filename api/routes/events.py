"""The event log, pulled: what happened, as far as the asker may know."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query

from api.deps import Asked
from api.models import Out
from api.policy import EITHER, PROBLEM, Router, scope
from space_hub.delivery import log, topics
from space_hub.text import say

router = Router(prefix="/v1/events", tags=["events"])

READ = scope("event:read", modes=EITHER)


class EventOut(Out):
    id: str
    type: str
    timestamp: datetime
    subject: str
    data: dict[str, Any]


class EventsOut(Out):
    items: list[EventOut]
    next: str | None
    """The id to give as `after` next time; it stays the same while there is nothing new."""


class TopicOut(Out):
    topic: str
    meaning: str


@router.get("", policy=READ, responses={404: PROBLEM})
def list_events(
    asked: Asked,
    after: Annotated[str | None, Query(description="The id of the last event you have; the start if left out.")] = None,
    topic: Annotated[list[str] | None, Query(alias="topics", description="Only these; repeat it for several.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> EventsOut:
    """The events after `after`, oldest first. Ask again with `after=next` and nothing is skipped."""
    wanted = topics.check(part.strip() for given in topic or [] for part in given.split(","))
    with asked.read() as session:
        position = log.position_of(session, after, asked.principal)
        found = log.read_after(session, position, limit, topics=wanted, principal=asked.principal)
        items = [
            EventOut(
                id=entry.event_id or "",
                type=entry.topic,
                timestamp=entry.at,
                subject=entry.subject,
                data=entry.payload,
            )
            for entry in found
        ]
    return EventsOut(items=items, next=items[-1].id if items else after)


@router.get("/topics", policy=READ)
def list_topics(asked: Asked) -> list[TopicOut]:
    """Every topic an endpoint can subscribe to."""
    return [TopicOut(topic=name, meaning=say(f"topic.{name}", asked.language)) for name in sorted(topics.TOPICS)]
