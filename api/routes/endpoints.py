"""Endpoints: where messages are sent, what became of each, and how to get them again."""

from datetime import datetime

from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import EITHER, Router, scope
from space_hub.delivery import endpoints
from space_hub.delivery.endpoints import Endpoint, EndpointState
from space_hub.delivery.log import LogEntry
from space_hub.delivery.outbox import Dispatch, Message, MessageState

router = Router(prefix="/v1/endpoints", tags=["endpoints"])

WRITE = scope("endpoint:write", modes=EITHER)


class EndpointIn(In):
    url: str = Field(max_length=2000, description="https, public, port 443 or 8443")
    topics: list[str] = Field(default=[], max_length=50, description="All that you may read if left out.")
    description: str = Field(default="", max_length=200)


class EndpointOut(Out):
    id: str
    url: str
    topics: list[str]
    description: str
    state: EndpointState
    disabled_reason: str | None
    created_at: datetime
    last_sequence: int
    failures: int = Field(description="Failed attempts in a row.")
    rest_until_wall: datetime | None
    old_secret_until_wall: datetime | None


class EndpointWithSecretOut(EndpointOut):
    secret: str | None = Field(description="Shown in this answer only; null when the answer is repeated.")


class ReplayIn(In):
    after: str | None = Field(default=None, description="Send again what came after this event; all if left out.")


class MessageOut(Out):
    id: str = Field(description="The webhook-id.")
    event_id: str | None
    type: str
    sequence: int
    state: MessageState
    attempts: int
    created_at: datetime
    due_at_wall: datetime
    delivered_at_wall: datetime | None


class DispatchOut(Out):
    attempt: int
    at_wall: datetime
    duration_ms: int
    status: int | None
    error: str | None
    excerpt: str


class AskedForOut(Out):
    endpoint_id: str


@router.post("", status_code=201, policy=WRITE)
def create_endpoint(body: EndpointIn, once: Once) -> EndpointWithSecretOut:
    """Have messages sent to `url`, signed as Standard Webhooks with the secret in this answer."""

    def make(session: Session) -> EndpointWithSecretOut:
        made = endpoints.create(
            session,
            once.clock,
            once.rng,
            once.principal,
            url=body.url,
            topics_wanted=body.topics,
            description=body.description,
            allow=once.settings.egress_allow,
        )
        return EndpointWithSecretOut.model_validate(made)

    return once.run(make, secret=frozenset({"secret"}))


@router.get("", policy=WRITE)
def list_endpoints(asked: Asked, page: Page) -> Paged[EndpointOut]:
    """Your organisation's endpoints."""
    mine = select(Endpoint).where(endpoints.own(asked.principal))
    with asked.read() as session:
        return page.of(session, mine, key=col(Endpoint.id), make=EndpointOut.model_validate)


@router.get("/{endpoint_id}", policy=WRITE)
def get_endpoint(endpoint_id: str, asked: Asked) -> EndpointOut:
    """One endpoint: its topics, its state, its failures in a row."""
    with asked.read() as session:
        return EndpointOut.model_validate(endpoints.get(session, asked.principal, endpoint_id))


@router.post("/{endpoint_id}/rotate", status_code=201, policy=WRITE)
def rotate_endpoint_secret(endpoint_id: str, once: Once) -> EndpointWithSecretOut:
    """A new secret. The one before signs beside it for a day, so that receivers can change over."""
    return once.run(
        lambda session: EndpointWithSecretOut.model_validate(
            endpoints.rotate(session, once.clock, once.rng, once.principal, endpoint_id)
        ),
        secret=frozenset({"secret"}),
    )


@router.post("/{endpoint_id}/replay", status_code=202, policy=WRITE)
def replay_endpoint(endpoint_id: str, body: ReplayIn, once: Once) -> EndpointOut:
    """Send again what came after an event, under the same message ids."""
    return once.run(
        lambda session: EndpointOut.model_validate(
            endpoints.replay(session, once.clock, once.principal, endpoint_id, body.after)
        ),
        status=202,
    )


@router.post("/{endpoint_id}/test", status_code=202, policy=WRITE)
def test_endpoint(endpoint_id: str, once: Once) -> AskedForOut:
    """Send one message of the type `endpoint.tested` to this endpoint."""

    def make(session: Session) -> AskedForOut:
        endpoints.test(session, once.clock, once.principal, endpoint_id)
        return AskedForOut(endpoint_id=endpoint_id)

    return once.run(make, status=202)


@router.put("/{endpoint_id}/enable", policy=WRITE)
def enable_endpoint(endpoint_id: str, asked: Asked) -> EndpointOut:
    """Send again, beginning with what happened while it was off."""
    with asked.write() as session:
        return EndpointOut.model_validate(endpoints.enable(session, asked.clock, asked.principal, endpoint_id))


@router.put("/{endpoint_id}/disable", policy=WRITE)
def disable_endpoint(endpoint_id: str, asked: Asked) -> EndpointOut:
    """Send nothing more until it is enabled; nothing is lost meanwhile."""
    with asked.write() as session:
        endpoint = endpoints.get(session, asked.principal, endpoint_id, lock=True)
        endpoints.disable(session, asked.clock, endpoint, "by_owner", principal=asked.principal)
        return EndpointOut.model_validate(endpoint)


@router.get("/{endpoint_id}/messages", policy=WRITE)
def list_messages(endpoint_id: str, asked: Asked, page: Page, state: MessageState | None = None) -> Paged[MessageOut]:
    """What was made for this endpoint and what became of it; `state=dead` are those that were given up."""
    with asked.read() as session:
        endpoints.get(session, asked.principal, endpoint_id)
        found = (
            select(Message, LogEntry)
            .join(LogEntry, col(LogEntry.id) == col(Message.entry_id))
            .where(Message.endpoint_id == endpoint_id)
        )
        if state is not None:
            found = found.where(Message.state == state.value)
        return page.of(session, found, key=col(Message.sequence), make=_message)


@router.get("/{endpoint_id}/messages/{message_id}/dispatches", policy=WRITE)
def list_dispatches(endpoint_id: str, message_id: str, asked: Asked, page: Page) -> Paged[DispatchOut]:
    """Every attempt to deliver one message."""
    with asked.read() as session:
        endpoints.get(session, asked.principal, endpoint_id)
        found = (
            select(Dispatch)
            .join(Message, col(Message.id) == col(Dispatch.message_id))
            .where(Message.endpoint_id == endpoint_id, Dispatch.message_id == message_id)
        )
        # Not by its own number, which counts the attempts for everyone: a cursor shows what it is made of.
        key = [col(Dispatch.at_wall), col(Dispatch.attempt)]
        return page.of(session, found, key=key, make=DispatchOut.model_validate)


def _message(message: Message, entry: LogEntry) -> MessageOut:
    return MessageOut(
        id=message.id,
        event_id=entry.event_id,
        type=entry.topic,
        sequence=message.sequence,
        state=MessageState(message.state),
        attempts=message.attempts,
        created_at=message.created_at,
        due_at_wall=message.due_at_wall,
        delivered_at_wall=message.delivered_at_wall,
    )
