"""Send what was claimed: read, check who may know, sign, post, record, mark.

Nothing is open towards the database while the receiver is called.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.delivery import endpoints, log, outbox, retry, signing
from space_hub.delivery.endpoints import Endpoint, EndpointState
from space_hub.delivery.log import LogEntry
from space_hub.delivery.outbox import Claim, Message, MessageState
from space_hub.delivery.retry import Policy, Verdict
from space_hub.delivery.wire import Reply, Stopped, Wire
from space_hub.rng import Rng
from space_hub.trust import markings

TURN_S = 2.0
"""How long one endpoint may keep a sender busy before others get their turn."""


@dataclass(frozen=True, slots=True)
class Parcel:
    url: str
    secrets: tuple[str, ...]
    text: str
    mode: str


def pack(database: Database, clock: Clock, message_id: str, claim: int) -> Parcel | None:
    """What to send now; None when it is not ours to send any more or not for this receiver any more.

    The marking is evaluated here, at the moment of sending: what was readable
    when the message was made may have been withdrawn since.
    """
    with database.read() as session:
        message = session.get(Message, message_id)
        if message is None or message.state != MessageState.PENDING or message.claim != claim:
            return None
        endpoint = session.get(Endpoint, message.endpoint_id)
        entry = session.get(LogEntry, message.entry_id)
        if endpoint is None or entry is None or endpoint.state != EndpointState.ACTIVE:
            return None
        if markings.reads(session, endpoint.organisation_id, entry.marking_id, endpoint.mode):
            text = signing.body(
                event_id=entry.event_id or "",
                sequence=message.sequence,
                topic=entry.topic,
                timestamp=log.rfc3339(entry.at),
                data=entry.payload,
                mode=entry.mode,
            )
            return Parcel(endpoint.url, endpoints.secrets(endpoint, clock.wall()), text, entry.mode)
    with database.write() as session:
        outbox.withhold(session, message_id)
    return None


def send_claim(
    database: Database,
    clock: Clock,
    rng: Rng,
    claim: Claim,
    wire: Wire,
    *,
    policy: Policy = retry.DEFAULT,
    stop: threading.Event | None = None,
    after_post: Callable[[str, Reply], None] | None = None,
) -> int:
    """Send the messages of one claim in order until one fails or the turn is over; how many were delivered.

    `after_post` is called between the receiver's answer and its mark, for tests
    that end the process there.
    """
    delivered, began_turn = 0, clock.monotonic()
    for index, (message_id, number) in enumerate(claim.messages):
        remaining = claim.messages[index:]
        if (stop is not None and stop.is_set()) or clock.monotonic() - began_turn > TURN_S:
            _release(database, remaining)
            break
        parcel = pack(database, clock, message_id, number)
        if parcel is None:
            continue
        at_wall, began = clock.wall(), clock.monotonic()
        headers = signing.headers(
            message_id=message_id, wall=at_wall, text=parcel.text, secrets=parcel.secrets, mode=parcel.mode
        )
        try:
            reply = wire.post(parcel.url, parcel.text.encode(), headers)
        except Stopped:
            _release(database, remaining)
            break
        if after_post is not None:
            after_post(message_id, reply)
        with database.write() as session:
            verdict = outbox.record(
                session,
                clock,
                rng,
                policy,
                message_id,
                number,
                reply,
                at_wall=at_wall,
                duration_s=clock.monotonic() - began,
                rest_of_claim=[each for each, _ in remaining[1:]],
            )
        if verdict is not Verdict.DONE:
            break
        delivered += 1
    return delivered


def _release(database: Database, messages: tuple[tuple[str, int], ...]) -> None:
    with database.write() as session:
        outbox.release(session, messages)
