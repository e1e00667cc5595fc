"""From an entry of the log to a receiver, on both databases, over real HTTP on loopback."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlmodel import Session, col, select
from svix.webhooks import Webhook

from space_hub.clock import ManualClock, SystemClock
from space_hub.db import Database
from space_hub.delivery import endpoints, log
from space_hub.delivery.endpoints import Endpoint
from space_hub.delivery.outbox import LEASE, Dispatch, Message
from space_hub.delivery.retry import Policy
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import SeededRng
from space_hub.trust.markings import MarkingReader
from tests.support.deliveries import World
from tests.support.receiver import Receiver, listening

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def world(database: Database, clock: ManualClock, rng: SeededRng) -> World:
    # Real time, because the verifying library compares with the real clock.
    clock.current = SystemClock().wall()
    return World(database, clock, rng)


@pytest.fixture
def one_world(any_database: Database, clock: ManualClock, rng: SeededRng) -> World:
    """For what does not depend on the database."""
    clock.current = SystemClock().wall()
    return World(any_database, clock, rng)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(Receiver()) as made:
        yield made


def _messages(world: World) -> list[Message]:
    with world.database.read() as session:
        found = session.exec(select(Message).order_by(col(Message.endpoint_id), col(Message.sequence))).all()
        return list(found)


def _clock(world: World) -> ManualClock:
    assert isinstance(world.clock, ManualClock)
    return world.clock


def test_a_message_arrives_signed_and_another_library_verifies_it(one_world: World, receiver: Receiver) -> None:
    french = one_world.nation("FR")
    endpoint = one_world.endpoint(french, receiver.url, "alert.raised", allow=receiver.allow)
    one_world.happen(miss_distance_m=412.5)
    one_world.happen("offering.published", "off_1")
    assert one_world.send(receiver.allow) == 1
    [got] = receiver.received
    Webhook(endpoint.secret).verify(got.body, got.headers)
    body = json.loads(got.body)
    assert (body["type"], body["data"], body["sequence"]) == ("alert.raised", {"miss_distance_m": 412.5}, 1)
    assert got.headers["host"] == receiver.allow
    assert "authorization" not in got.headers
    [message] = _messages(one_world)
    assert (message.state, message.id) == ("delivered", got.id)


def test_a_receiver_that_answers_503_three_times_gets_it_at_the_fourth(one_world: World, receiver: Receiver) -> None:
    receiver.answer = lambda number: 503 if number <= 3 else 200
    receiver.reply = b"\x00busy\x1b[31m" + b"x" * 5000
    one_world.endpoint(one_world.nation("FR"), receiver.url, allow=receiver.allow)
    one_world.happen()
    for expected in (0, 0, 0, 1):
        assert one_world.send(receiver.allow) == expected
        assert one_world.send(receiver.allow) == 0, "it rests before it is tried again"
        _clock(one_world).advance(timedelta(minutes=3))
    assert len(set(receiver.ids)) == 1
    assert len({one.body for one in receiver.received}) == 1
    with one_world.database.read() as session:
        attempts = session.exec(select(Dispatch).order_by(col(Dispatch.attempt))).all()
    assert [(one.attempt, one.status) for one in attempts] == [(1, 503), (2, 503), (3, 503), (4, 200)]
    assert attempts[0].excerpt.startswith(" busy ")
    assert attempts[0].excerpt.isprintable()
    assert len(attempts[0].excerpt) <= 1000


def test_a_sender_killed_between_answer_and_mark_delivers_twice_with_one_id(
    world: World, database_url: str, receiver: Receiver
) -> None:
    """Not lost. Sabotage seen: marking the message delivered when it is claimed lost it."""
    world.endpoint(world.nation("FR"), receiver.url, allow=receiver.allow)
    world.happen()
    world.order()
    at = _clock(world).current.isoformat()
    command = [sys.executable, "-m", "tests.service.delivery.killed_sender", database_url, at, receiver.allow]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, check=False)
    assert done.returncode == -9, done.stderr.decode()
    assert len(receiver.received) == 1
    assert world.send(receiver.allow) == 0, "it is still claimed"
    _clock(world).advance(LEASE + timedelta(seconds=1))
    assert world.send(receiver.allow) == 1
    assert len(receiver.received) == 2
    assert len(set(receiver.ids)) == 1
    assert receiver.received[0].body == receiver.received[1].body


def test_what_is_withdrawn_before_sending_is_not_sent(world: World, receiver: Receiver) -> None:
    """Sabotage seen: removing the check in `pack` sent it."""
    french = world.nation("FR")
    world.endpoint(french, receiver.url, allow=receiver.allow)
    world.happen(owner=french)
    world.order()
    assert [message.state for message in _messages(world)] == ["pending"]
    with world.database.write() as session:
        session.connection().execute(
            delete(MarkingReader).where(col(MarkingReader.organisation_id) == french.organisation_id)
        )
    assert world.send(receiver.allow) == 0
    assert receiver.received == []
    assert [message.state for message in _messages(world)] == ["withheld"]


def test_no_message_is_made_for_whom_the_entry_is_not(world: World, receiver: Receiver) -> None:
    """Sabotage seen: `_readable` returning all that is wanted made three messages for each."""
    french, german = world.nation("FR"), world.nation("DE")
    mine = world.endpoint(french, receiver.url, allow=receiver.allow)
    theirs = world.endpoint(german, receiver.url, allow=receiver.allow)
    world.happen(subject="alr_fr", owner=french)
    world.happen(subject="alr_de", owner=german)
    world.happen(subject="alr_all")
    world.order()
    counts = {endpoint.id: 0 for endpoint in (mine, theirs)}
    for message in _messages(world):
        counts[message.endpoint_id] += 1
    assert counts == {mine.id: 2, theirs.id: 2}


def test_the_sequence_of_an_endpoint_has_no_gaps(world: World, receiver: Receiver) -> None:
    french, german = world.nation("FR"), world.nation("DE")
    for owner in (french, german, french):
        world.endpoint(owner, receiver.url, allow=receiver.allow)
    for number in range(30):
        world.happen(owner=(french, german, None)[number % 3], number=number)
        if number % 7 == 0:
            world.order()
    world.order()
    with world.database.read() as session:
        for endpoint in session.exec(select(Endpoint)).all():
            numbers = session.exec(
                select(Message.sequence).where(Message.endpoint_id == endpoint.id).order_by(col(Message.sequence))
            ).all()
            assert numbers == list(range(1, endpoint.last_sequence + 1))
            assert len(numbers) == 20
    assert world.send(receiver.allow) == 60


def test_410_disables_the_endpoint_with_a_notice_and_enabling_loses_nothing(world: World, receiver: Receiver) -> None:
    french = world.nation("FR")
    endpoint = world.endpoint(french, receiver.url, allow=receiver.allow)
    receiver.answer = lambda number: 410 if number == 1 else 200
    world.happen(number=1)
    assert world.send(receiver.allow) == 0
    world.happen(number=2)
    _clock(world).advance(timedelta(hours=1))
    assert world.send(receiver.allow) == 0
    assert len(receiver.received) == 1
    with world.database.read() as session:
        notices = log.read_after(session, 0, 10, principal=french, topics=["endpoint.disabled"])
        assert [one.payload for one in notices] == [{"endpoint_id": endpoint.id, "reason": "gone"}]
    with world.database.write() as session:
        endpoints.enable(session, world.clock, french, endpoint.id)
    assert world.send(receiver.allow) == 3
    said = [json.loads(one.body) for one in receiver.received[1:]]
    assert [one["type"] for one in said] == ["alert.raised", "endpoint.disabled", "alert.raised"]
    assert [one["data"].get("number") for one in said] == [1, None, 2]


def test_after_the_last_attempt_it_is_a_dead_letter_and_the_rest_goes_on(one_world: World, receiver: Receiver) -> None:
    receiver.answer = lambda number: 500 if number <= 2 else 200
    one_world.endpoint(one_world.nation("FR"), receiver.url, allow=receiver.allow)
    one_world.happen(number=1)
    one_world.happen(number=2)
    policy = Policy(delays_s=(1.0,))
    for _ in range(4):
        one_world.send(receiver.allow, policy=policy)
        _clock(one_world).advance(timedelta(seconds=10))
    assert [(one.sequence, one.state, one.attempts) for one in _messages(one_world)] == [
        (1, "dead", 2),
        (2, "delivered", 1),
    ]


def test_a_dead_endpoint_costs_one_attempt_a_rest_and_its_backlog_leaves_in_order(
    one_world: World, receiver: Receiver
) -> None:
    up = False
    receiver.answer = lambda _number: 200 if up else 500
    one_world.endpoint(one_world.nation("FR"), receiver.url, allow=receiver.allow)
    for number in range(10):
        one_world.happen(number=number)
    for _ in range(20):
        one_world.send(receiver.allow)
    assert len(receiver.received) == 1
    up = True
    _clock(one_world).advance(timedelta(minutes=5))
    assert one_world.send(receiver.allow) == 10
    assert [json.loads(one.body)["sequence"] for one in receiver.received[1:]] == list(range(1, 11))


def test_a_replay_sends_again_what_came_after_an_event_under_the_same_ids(world: World, receiver: Receiver) -> None:
    french = world.nation("FR")
    endpoint = world.endpoint(french, receiver.url, allow=receiver.allow)
    for number in range(4):
        world.happen(number=number)
    assert world.send(receiver.allow) == 4
    after = json.loads(receiver.received[1].body)["id"]
    with world.database.write() as session:
        endpoints.replay(session, world.clock, french, endpoint.id, after)
        with pytest.raises(Conflict):
            endpoints.replay(session, world.clock, french, endpoint.id, None)
    assert world.send(receiver.allow) == 2
    assert receiver.ids[4:] == receiver.ids[2:4]
    assert receiver.received[4].body == receiver.received[2].body
    with world.database.write() as session:
        endpoints.replay(session, world.clock, french, endpoint.id, None)
    assert world.send(receiver.allow) == 4
    assert world.send(receiver.allow) == 0


def test_a_replay_gives_a_new_endpoint_what_happened_before_it(one_world: World, receiver: Receiver) -> None:
    french, german = one_world.nation("FR"), one_world.nation("DE")
    one_world.happen(number=1)
    one_world.happen(owner=german, number=2)
    one_world.happen(number=3)
    one_world.order()
    endpoint = one_world.endpoint(french, receiver.url, allow=receiver.allow)
    assert one_world.send(receiver.allow) == 0
    with one_world.database.write() as session:
        endpoints.replay(session, one_world.clock, french, endpoint.id, None)
    assert one_world.send(receiver.allow) == 2
    assert [json.loads(one.body)["data"]["number"] for one in receiver.received] == [1, 3]
    assert [json.loads(one.body)["sequence"] for one in receiver.received] == [1, 2]


def test_a_test_event_goes_to_its_endpoint_only_whatever_its_topics(one_world: World, receiver: Receiver) -> None:
    french = one_world.nation("FR")
    asked = one_world.endpoint(french, receiver.url, "alert.raised", allow=receiver.allow)
    one_world.endpoint(french, receiver.url, allow=receiver.allow)
    with one_world.database.write() as session:
        endpoints.test(session, one_world.clock, french, asked.id)
    assert one_world.send(receiver.allow) == 1
    assert json.loads(receiver.received[0].body)["data"] == {"endpoint_id": asked.id}


def test_during_a_rotation_receivers_with_either_secret_verify(one_world: World, receiver: Receiver) -> None:
    french = one_world.nation("FR")
    endpoint = one_world.endpoint(french, receiver.url, allow=receiver.allow)
    with one_world.database.write() as session:
        newer = endpoints.rotate(session, one_world.clock, one_world.rng, french, endpoint.id)
    assert newer.secret != endpoint.secret
    one_world.happen()
    one_world.send(receiver.allow)
    [got] = receiver.received
    Webhook(endpoint.secret).verify(got.body, got.headers)
    Webhook(newer.secret).verify(got.body, got.headers)
    assert endpoints.secrets(newer, one_world.clock.wall() + timedelta(hours=25)) == (newer.secret,)


def test_a_receiver_that_is_no_longer_allowed_is_not_called(one_world: World, receiver: Receiver) -> None:
    one_world.endpoint(one_world.nation("FR"), receiver.url, allow=receiver.allow)
    one_world.happen()
    assert one_world.send() == 0
    assert receiver.received == []
    with one_world.database.read() as session:
        assert [one.error for one in session.exec(select(Dispatch)).all()] == ["delivery.url_not_https"]


def test_an_endpoint_is_its_owner_s_alone_and_its_address_and_topics_are_checked(
    one_world: World, receiver: Receiver
) -> None:
    french, german = one_world.nation("FR"), one_world.nation("DE")
    endpoint = one_world.endpoint(french, receiver.url, allow=receiver.allow)
    with one_world.database.read() as session, pytest.raises(NotFound):
        endpoints.get(session, german, endpoint.id)
    with pytest.raises(Invalid):
        one_world.endpoint(french, "http://169.254.169.254/latest", allow=receiver.allow)
    with pytest.raises(Invalid):
        one_world.endpoint(french, receiver.url, "alert.rose", allow=receiver.allow)
    for _ in range(endpoints.MOST - 1):
        one_world.endpoint(french, receiver.url, allow=receiver.allow)
    with pytest.raises(Conflict):
        one_world.endpoint(french, receiver.url, allow=receiver.allow)


def test_two_senders_never_hold_messages_of_one_endpoint_at_once(world: World, receiver: Receiver) -> None:
    world.endpoint(world.nation("FR"), receiver.url, allow=receiver.allow)
    world.happen()
    world.order()
    first, second = world.claim(), world.claim()
    assert [len(claim.messages) for claim in first] == [1]
    assert second == []


def test_an_old_claim_that_ends_late_does_not_count_against_the_new_one(world: World, receiver: Receiver) -> None:
    """Sabotage seen: without the comparison of claims the stale failure moved the due time."""
    from space_hub.delivery import outbox
    from space_hub.delivery.retry import DEFAULT
    from space_hub.delivery.wire import Reply

    world.endpoint(world.nation("FR"), receiver.url, allow=receiver.allow)
    world.happen()
    world.order()
    [old] = world.claim()
    _clock(world).advance(LEASE + timedelta(seconds=1))
    [new] = world.claim()
    message_id, number = old.messages[0]
    assert new.messages == ((message_id, number + 1),)

    def record(session: Session, claim: int, reply: Reply) -> None:
        outbox.record(
            session,
            world.clock,
            world.rng,
            DEFAULT,
            message_id,
            claim,
            reply,
            at_wall=world.clock.wall(),
            duration_s=0.1,
        )

    before = _messages(world)[0].due_at_wall
    with world.database.write() as session:
        record(session, number, Reply(503))
    assert _messages(world)[0].due_at_wall == before
    with world.database.write() as session:
        record(session, number + 1, Reply(200))
    assert _messages(world)[0].state == "delivered"
