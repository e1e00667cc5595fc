"""What the clock brings to the front door, as rows of work that a lane does."""

from datetime import timedelta

from sqlmodel import select

from jobs.handlers import LIGHT
from jobs.runner import Lane
from providers.desk_tables import Submission
from providers.lifecycle import Step
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.settings import Settings
from space_hub.trust.principal import HUB
from space_hub.work import ledger
from space_hub.work.tables import Work
from tests.service.providers.test_onboarding import PROFILE, Door


def do(door: Door, kind: str) -> dict[str, object]:
    """Queue work of a kind, let a lane do it, and give its result."""
    with door.database.write() as session:
        work = ledger.start(session, door.clock, door.rng, kind=kind, params={}, principal=HUB).id
    assert Lane(door.database, door.clock, door.rng, Settings(), "test", LIGHT).turn()
    with door.database.read() as session:
        done = session.get_one(Work, work)
        assert done.state == "done", done
        return dict(done.result or {})


def test_late_answers_ended_papers_and_dead_registrations_are_dealt_with(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: `check_papers` without the returned applications left one waiting for ever."""
    door = Door(any_database, clock, rng)
    door.enter()
    _, lasting = door.listed()
    who, provider_id = door.enter()
    door.confirm(provider_id)
    returned = door.apply(who, provider_id)
    door.decide(returned, Step.RETURN)
    other, other_id = door.enter(PROFILE)
    door.confirm(other_id)
    door.apply(other, other_id)
    clock.advance(timedelta(days=340))
    assert do(door, "front_door.clocks") == {"raised": 3}
    with door.database.read() as session:
        assert max(session.exec(select(Submission.level)).all()) == 3
    assert do(door, "evidence.recheck") == {"providers": 1, "withdrawn": 1}
    assert door.provider(lasting).status == "lapsed"
    assert door.application(returned.id).state == "withdrawn"
    assert do(door, "registrations.lapse") == {"lapsed": 1}
    assert do(door, "fairness.release") == {"cells": 0}
    assert set(do(door, "work.prune")) == {"work", "answers", "letters", "codes", "reports", "searches", "matching"}
