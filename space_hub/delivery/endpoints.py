"""Where an organisation wants its messages sent.

The secret is stored as it is: an HMAC cannot be made from a hash. It is shown
once, when it is made. During a rotation the old secret signs beside the new one
for a day.
"""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ColumnElement, UniqueConstraint, and_
from sqlmodel import Field, Session, SQLModel, col, func, select

from space_hub.clock import Clock
from space_hub.db import BIG, JSON_TYPE
from space_hub.delivery import cursors, egress, log, signing, topics
from space_hub.errors import Conflict, NotFound
from space_hub.rng import Rng
from space_hub.text import Word
from space_hub.trust import audit, markings
from space_hub.trust.labels import REAL
from space_hub.trust.principal import HUB, Principal

MOST = 20
"""Endpoints of one organisation in one mode: each costs a message for every event."""

OVERLAP = timedelta(days=1)


class EndpointState(Word, of="endpoint_state"):
    ACTIVE = "active"
    DISABLED = "disabled"


class Endpoint(SQLModel, table=True):
    __tablename__ = "endpoint"
    __table_args__ = (CheckConstraint("state IN ('active', 'disabled')", name="state"), UniqueConstraint("id", "mode"))

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    url: str = Field(max_length=egress.MAX_URL)
    topics: list[str] = Field(sa_type=JSON_TYPE)
    """Empty means all that the organisation may read."""
    description: str = Field(default="", max_length=200)
    secret: str = Field(max_length=100)
    old_secret: str | None = Field(default=None, max_length=100)
    old_secret_until_wall: datetime | None = None
    state: str = Field(default=EndpointState.ACTIVE.value, max_length=16)
    disabled_reason: str | None = Field(default=None, max_length=64)
    created_at: datetime
    last_sequence: int = Field(default=0, sa_type=BIG)
    failures: int = 0
    """Failed attempts in a row; while it rests after them, nothing is sent."""
    rest_until_wall: datetime | None = None
    claimed_at_wall: datetime | None = None
    """When its messages were last claimed: endpoints take turns by it."""
    slow: bool = False
    """Its last answer took long; slow endpoints share a part of the senders."""
    replay_position: int | None = Field(default=None, sa_type=BIG)
    replay_until: int | None = Field(default=None, sa_type=BIG)
    """A replay under way: log positions after the first, up to the second, are still to be sent again."""
    mode: str = Field(default=REAL, max_length=40)
    """Only what is of this mode is sent to it."""


def create(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    url: str,
    topics_wanted: list[str],
    description: str = "",
    allow: list[str],
) -> Endpoint:
    """A new endpoint of the asker's organisation; it gets what happens from now on."""
    egress.check_url(url, allow)
    owner = principal.organisation_id
    have = session.exec(select(func.count()).select_from(Endpoint).where(own(principal))).one()
    if have >= MOST:
        raise Conflict("delivery.too_many_endpoints", most=MOST)
    endpoint = Endpoint(
        id=rng.scope(owner, "endpoint").id("edp"),
        organisation_id=owner,
        url=url,
        topics=topics.check(topics_wanted),
        description=description,
        secret=_secret(rng, owner),
        created_at=clock.now(),
        mode=principal.mode,
    )
    session.add(endpoint)
    audit.record(session, clock, principal, "endpoint.create", endpoint.id)
    session.flush()
    return endpoint


def own(principal: Principal) -> ColumnElement[bool]:
    """A condition: endpoints of the asker's own organisation, in its mode."""
    return and_(col(Endpoint.organisation_id) == principal.organisation_id, col(Endpoint.mode) == principal.mode)


def get(session: Session, principal: Principal, endpoint_id: str, *, lock: bool = False) -> Endpoint:
    statement = select(Endpoint).where(Endpoint.id == endpoint_id, own(principal))
    found = session.exec(statement.with_for_update() if lock else statement).first()
    if found is None:
        raise NotFound("delivery.endpoint_unknown", endpoint_id=endpoint_id)
    return found


def secrets(endpoint: Endpoint, wall: datetime) -> tuple[str, ...]:
    """The secrets that are live at `wall`, newest first."""
    until = endpoint.old_secret_until_wall
    old = endpoint.old_secret if until is not None and wall < until else None
    return (endpoint.secret,) if old is None else (endpoint.secret, old)


def rotate(session: Session, clock: Clock, rng: Rng, principal: Principal, endpoint_id: str) -> Endpoint:
    """A new secret; the one before keeps signing beside it for a day, any older one ends at once."""
    endpoint = get(session, principal, endpoint_id, lock=True)
    endpoint.old_secret, endpoint.old_secret_until_wall = endpoint.secret, clock.wall() + OVERLAP
    endpoint.secret = _secret(rng, principal.organisation_id)
    session.add(endpoint)
    audit.record(session, clock, principal, "endpoint.rotate", endpoint_id)
    return endpoint


def disable(session: Session, clock: Clock, endpoint: Endpoint, reason: str, *, principal: Principal = HUB) -> None:
    """Send no more to it and tell its owner through the log; what is waiting stays waiting."""
    if endpoint.state == EndpointState.DISABLED:
        return
    endpoint.state, endpoint.disabled_reason = EndpointState.DISABLED.value, reason
    if endpoint.replay_position is None:
        endpoint.replay_position = cursors.position(session, cursors.FAN_OUT)
    session.add(endpoint)
    log.append(
        session,
        clock,
        topics.DISABLED_TOPIC,
        endpoint.id,
        {"endpoint_id": endpoint.id, "reason": reason},
        markings.owner_only(session, endpoint.organisation_id, endpoint.mode),
        mode=endpoint.mode,
    )
    audit.record(session, clock, principal, "endpoint.disable", endpoint.id, reason=reason)


def enable(session: Session, clock: Clock, principal: Principal, endpoint_id: str) -> Endpoint:
    """Send again, beginning with what happened while it was off."""
    endpoint = get(session, principal, endpoint_id, lock=True)
    if endpoint.state == EndpointState.DISABLED:
        endpoint.state, endpoint.disabled_reason = EndpointState.ACTIVE.value, None
        endpoint.failures, endpoint.rest_until_wall = 0, None
        endpoint.replay_until = cursors.position(session, cursors.FAN_OUT)
        session.add(endpoint)
        audit.record(session, clock, principal, "endpoint.enable", endpoint_id)
    return endpoint


def replay(session: Session, clock: Clock, principal: Principal, endpoint_id: str, after: str | None) -> Endpoint:
    """Send again what came after the event `after` (None: everything), under the same message ids."""
    endpoint = get(session, principal, endpoint_id, lock=True)
    if endpoint.state == EndpointState.DISABLED:
        raise Conflict("delivery.endpoint_disabled", endpoint_id=endpoint_id)
    if endpoint.replay_until is not None:
        raise Conflict("delivery.replay_under_way", endpoint_id=endpoint_id)
    endpoint.replay_position = log.position_of(session, after, principal)
    endpoint.replay_until = cursors.position(session, cursors.FAN_OUT)
    session.add(endpoint)
    audit.record(session, clock, principal, "endpoint.replay", endpoint_id, after=after)
    return endpoint


def test(session: Session, clock: Clock, principal: Principal, endpoint_id: str) -> log.LogEntry:
    """Ask for one test message to this endpoint, whatever its topics."""
    endpoint = get(session, principal, endpoint_id)
    if endpoint.state == EndpointState.DISABLED:
        raise Conflict("delivery.endpoint_disabled", endpoint_id=endpoint_id)
    marking_id = markings.owner_only(session, endpoint.organisation_id, endpoint.mode)
    payload = {"endpoint_id": endpoint.id}
    return log.append(session, clock, topics.TEST_TOPIC, endpoint.id, payload, marking_id, mode=endpoint.mode)


def wants(endpoint: Endpoint, topic: str, subject: str) -> bool:
    """Whether an entry of this topic goes to `endpoint`, readership aside. A test goes to its endpoint only."""
    if topic == topics.TEST_TOPIC:
        return subject == endpoint.id
    return not endpoint.topics or topic in endpoint.topics


def active(session: Session) -> list[Endpoint]:
    return list(
        session.exec(
            select(Endpoint).where(Endpoint.state == EndpointState.ACTIVE.value).order_by(col(Endpoint.id))
        ).all()
    )


def _secret(rng: Rng, owner: str) -> str:
    return signing.secret_from(rng.scope(owner, "endpoint-secret").token_bytes(signing.SECRET_BYTES))
