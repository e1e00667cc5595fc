"""Exercise and real never meet, whatever is done in which order: a hundred random sequences on two databases.

The campaign is `./hub bench modes --sequences=5000`; here are its short form, and the sabotages that it must see.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from benchmarks import modes
from benchmarks.modes import judge
from benchmarks.modes.acts import ask, subscribe
from benchmarks.modes.world import World, world
from space_hub.trust import markings
from space_hub.trust.markings import MarkingReader
from tests.support.hub import Hub


def test_nothing_of_an_exercise_is_met_in_earnest_or_in_another(hub_on_both: Hub) -> None:
    """50 sequences on each database.

    Sabotage seen, besides those below: a drill that ends notes real readiness, as a real activation does.
    """
    counts, met = modes.chain(hub_on_both, 1, 50, roles=("sky",))
    assert met == []
    assert modes.thorough(counts), counts


@pytest.fixture
def here(hub: Hub) -> World:
    """With an endpoint and an activation asked for in each mode."""
    made = world(hub, 7)
    for side in made.sides:
        subscribe(made, side)
        ask(made, side)
    return made


def _in_any_mode(session: Session, organisation_id: str, marking_ids: Iterable[str], mode: str) -> frozenset[str]:
    del mode
    asked = select(col(MarkingReader.marking_id)).where(
        col(MarkingReader.organisation_id) == organisation_id, col(MarkingReader.marking_id).in_(list(marking_ids))
    )
    return frozenset(session.execute(asked).scalars())


def test_readers_without_a_mode_would_be_met(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sabotage itself: every condition of visibility forgets the mode."""

    def readable(organisation_id: str, mode: str) -> Any:
        del mode
        return select(col(MarkingReader.marking_id)).where(col(MarkingReader.organisation_id) == organisation_id)

    here.settle()
    assert judge.answers(here, Counter()) == []
    monkeypatch.setattr(markings, "readable", readable)
    met = judge.answers(here, Counter())
    assert any("in /v1/events, lead of real" in each for each in met)
    assert any("in /v1/events, member of exr" in each for each in met)


def test_a_fan_out_without_a_mode_is_refused_by_the_database(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markings, "read_by", _in_any_mode)
    with pytest.raises(IntegrityError):
        here.settle()
    assert here.receiver.posted == []


def test_without_that_reference_too_the_word_would_arrive_and_be_met(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is taken away its references, and the fan-out its mode: the harness sees what then leaves."""
    monkeypatch.setattr(markings, "read_by", _in_any_mode)
    with here.hub.database.engine.connect() as connection:
        raw = connection.connection.cursor()
        raw.execute("PRAGMA foreign_keys=OFF")
    here.settle()
    met = judge.messages(here, Counter())
    assert any("in a message to https://hooks.example.org/real/" in each for each in met)
    assert any("in a message to https://hooks.example.org/exr" in each for each in met)
