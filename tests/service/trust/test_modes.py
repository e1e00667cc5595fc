"""What belongs to an exercise and what is real never meet: the database says so, on both kinds."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery import endpoints, log, mail
from space_hub.delivery.log import LogEntry
from space_hub.delivery.outbox import Message
from space_hub.errors import NotFound
from space_hub.rng import SeededRng
from space_hub.trust import idempotency, keys, markings
from space_hub.trust.keys import ServiceKey
from space_hub.trust.labels import REAL, Marking
from tests.support.deliveries import World

ONE, TWO = "exr_1", "exr_2"
HOOK = "https://example.org/hook"


@pytest.fixture
def world(database: Database, clock: ManualClock, rng: SeededRng) -> World:
    return World(database, clock, rng)


def happen(world: World, mode: str) -> int:
    """An entry of this mode for everyone."""
    with world.database.write() as session:
        marking_id = markings.ensure(session, Marking(nations=None, mode=mode))
        entry = log.append(session, world.clock, "alert.raised", f"alr_{mode}", {"mode": mode}, marking_id, mode=mode)
        assert entry.id is not None
        return entry.id


def test_each_mode_reads_its_own_entries_and_gets_its_own_messages(world: World) -> None:
    """Sabotages seen: `readable` without the mode showed all; a message made without it was refused."""
    nation = world.nation("FR")
    modes = (REAL, ONE, TWO)
    ends = {mode: world.endpoint(replace(nation, mode=mode), HOOK, allow="example.org").id for mode in modes}
    for mode in modes:
        happen(world, mode)
    world.order()
    for mode in modes:
        with world.database.read() as session:
            seen = log.read_after(session, 0, 10, principal=replace(nation, mode=mode))
            assert [entry.mode for entry in seen] == [mode]
            sent = session.exec(
                select(LogEntry.mode)
                .join(Message, Message.entry_id == LogEntry.id)  # type: ignore[arg-type]
                .where(Message.endpoint_id == ends[mode])
            ).all()
            assert sent == [mode]


Write = Callable[[World, Session], Any]


def _entry_under_another_marking(world: World, session: Session) -> None:
    log.append(session, world.clock, "alert.raised", "alr_1", {}, markings.public(session), mode=ONE)


def _letter_of_an_exercise(world: World, session: Session) -> None:
    params: dict[str, Any] = {"name": "A", "code": "B", "hours": 1}
    mail.queue(
        *(session, world.clock, world.rng),
        to="a@example.org",
        template="verify_email",
        params=params,
        language="en",
        about="prv_1",
        mode=ONE,
    )


@pytest.mark.parametrize("wrong", [_entry_under_another_marking, _letter_of_an_exercise])
def test_the_database_refuses_what_would_carry_an_exercise_out(world: World, wrong: Write) -> None:
    """Sabotages seen: the reference of the entry to its marking without the mode; no check on letters."""
    with pytest.raises(IntegrityError), world.database.write() as session:
        wrong(world, session)


@pytest.mark.parametrize("said", [REAL, ONE])
def test_the_database_refuses_a_message_that_takes_an_exercise_to_a_real_endpoint(world: World, said: str) -> None:
    """Whatever the message says of itself.

    Sabotage seen: either of the two references of a message without the mode.
    """
    nation = world.nation("FR")
    endpoint = world.endpoint(nation, HOOK, allow="example.org")
    entry_id = happen(world, ONE)
    with pytest.raises(IntegrityError), world.database.write() as session:
        session.add(
            Message(
                id="msg_1",
                endpoint_id=endpoint.id,
                entry_id=entry_id,
                mode=said,
                sequence=1,
                created_at=world.clock.now(),
                due_at_wall=world.clock.wall(),
            )
        )


def test_a_key_acts_in_the_mode_it_was_issued_for(world: World) -> None:
    nation = world.nation("FR")
    with world.database.write() as session:
        key, secret = keys.issue(session, world.clock, world.rng, organisation_id=nation.organisation_id, name="drill")
        assert keys.authenticate(session, world.clock, secret).mode == REAL
        kept = session.get_one(ServiceKey, key.id)
        kept.mode = ONE
        session.add(kept)
    with world.database.read() as session:
        assert keys.authenticate(session, world.clock, secret).mode == ONE


def test_a_request_name_used_in_an_exercise_refuses_nothing_real(world: World) -> None:
    """Sabotage seen: the mode left out of the row that is written."""
    with world.database.write() as session:
        for mode, body in ((ONE, "1" * 64), (REAL, "2" * 64)):
            begun = idempotency.begin(session, world.clock, "org_a", "mine", "POST /v1/x", body, mode=mode)
            assert begun is None
            idempotency.complete(session, "org_a", "mine", 201, {"mode": mode}, mode=mode)
        again = idempotency.begin(session, world.clock, "org_a", "mine", "POST /v1/x", "1" * 64, mode=ONE)
        assert again is not None
        assert again.answer == {"mode": ONE}


def test_an_endpoint_is_found_in_its_own_mode_alone(world: World) -> None:
    nation = world.nation("FR")
    endpoint = world.endpoint(replace(nation, mode=ONE), HOOK, allow="example.org")
    with world.database.read() as session:
        assert endpoints.get(session, replace(nation, mode=ONE), endpoint.id).mode == ONE
        for mode in (REAL, TWO):
            with pytest.raises(NotFound):
                endpoints.get(session, replace(nation, mode=mode), endpoint.id)
