"""Claims held against orbits again when new sets come: from element sets to a doubt, and to its end."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from catalog.candidates import candidate
from catalog.physics import claims, ground, looks
from catalog.physics.changed import Change, Fleet
from catalog.physics.looks import Due, Seen
from catalog.search.shelf import one
from catalog.shelf import findings
from catalog.tables import Asset, ClaimsLook, Finding, OfferingAsset
from jobs import handlers, react
from jobs.runner import Lane
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Conflict
from space_hub.rng import SeededRng, SystemRng
from space_hub.settings import Settings
from space_hub.trust.principal import HUB
from space_hub.work.tables import Work
from tests.service.catalog.test_intake import planner, publish, supplier
from tests.service.catalog.test_physics_told import read_by, score
from tests.support.claims import POLAR, SQUARE, matched, stated, wanted
from tests.support.claims import claims as claimed
from tests.support.sky import Sky, later

STAYING, FALLING = POLAR[:4], POLAR[4:]


def low(sets: Any) -> list[Any]:
    """Satellites that SGP4 brings down within days."""
    return [replace(one, mean_motion_rev_day=16.35, eccentricity=0.0008, bstar=7e-3) for one in sets]


def settle(database: Database, clock: ManualClock, sky: Sky) -> list[dict[str, Any]]:
    """Let everything follow that follows: reactions, then the work of claims; what that came to."""
    sky.entries()
    while react.turn(database, clock, SystemRng()):
        pass
    lane = Lane(database, clock, SystemRng(), Settings(egress_allow=[]), "test", handlers.CLAIMS)
    with database.read() as session:
        before = set(session.exec(select(Work.id).where(Work.state == "done")))
    while lane.turn():
        pass
    with database.read() as session:
        done = session.exec(select(Work).where(Work.state == "done")).all()
        assert session.exec(select(Work).where(Work.state == "failed")).all() == []
    return [{"kind": each.kind, **(each.result or {})} for each in done if each.id not in before]


def doubts(database: Database) -> list[Finding]:
    with database.read() as session:
        return list(session.exec(select(Finding).order_by(Finding.at)))  # type: ignore[arg-type]


def test_satellites_that_came_down_bring_a_doubt_and_sets_that_show_them_flying_dissolve_it(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Eight of twelve come down by their sets; their supplier is told, and only then it counts; then newer sets come.

    Sabotages seen: a satellite that came down counted as missing, and nobody was ever doubted; what is closed still
    counted, and the score stayed low.
    """
    sky = Sky(database, clock, rng)
    sky.take(*STAYING, *low(FALLING), synthetic=True)
    reader, who = planner(database, clock, rng), supplier(database, clock, rng)
    bold = publish(database, clock, rng, who, **claimed(2.0, coverage=SQUARE))
    asked = stated(database, clock, rng, reader, wanted(clock))
    settle(database, clock, sky)
    assert doubts(database) == []
    at_first = score(matched(database, clock, reader, asked), bold)

    clock.advance(timedelta(days=4))
    sky.take(*(later(each, 96.0) for each in STAYING), synthetic=True)
    sky.screen()
    assert len(sky.entries("object.decayed")) == len(FALLING)
    clock.advance(timedelta(hours=3))
    done = settle(database, clock, sky)
    (doubt,) = doubts(database)
    assert [each["noted"] for each in done if each["kind"] == "claims.check"] == [[doubt.id]]
    assert doubt.basis is not None
    assert (len(doubt.basis["satellites"]), len(doubt.basis["gone"])) == (len(STAYING), len(FALLING))
    assert (read_by(database, clock, who, bold), read_by(database, clock, reader, bold)) == ([doubt.id], [])
    assert score(matched(database, clock, reader, asked), bold)[1] == []

    clock.advance(timedelta(days=4))
    sky.take(*(later(each, 193.0) for each in STAYING), synthetic=True)
    assert [each for each in settle(database, clock, sky) if each["kind"] == "claims.check"] == []
    lower, said = score(matched(database, clock, reader, asked), bold)
    assert (lower < at_first[0], said) == (True, ["match.counted.unanswered"])

    for hours in (193.5, 194.0):  # What departs so far from its last set is believed with the next one.
        sky.take(*(later(each, hours) for each in POLAR), synthetic=True)
    done = settle(database, clock, sky)
    assert [each["closed"] for each in done if each["kind"] == "claims.check"] == [[doubt.id]]
    (closed,) = doubts(database)
    assert (closed.closed_at, (closed.closed_for or {})["code"]) == (clock.now(), "feasibility.within")
    assert score(matched(database, clock, reader, asked), bold) == at_first
    assert read_by(database, clock, reader, bold) == [doubt.id]  # It had been read: its end is read as well.
    assert [each.subject for each in sky.entries("finding.closed")] == [doubt.id]
    with pytest.raises(Conflict) as refused, database.write() as session:
        findings.reply(session, clock, who, doubt.id, "They fly.")
    assert refused.value.code == "finding.closed"
    clock.advance(timedelta(hours=2))
    sky.take(*(later(each, 196.0) for each in POLAR), synthetic=True)
    assert [each["kind"] for each in settle(database, clock, sky)] == ["claims.survey"]


def test_a_doubt_that_comes_back_is_another_one_and_what_ended_unread_is_never_read(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotages seen: ids without the number of the doubt, so that two had one; a closed one shown by the clock."""
    database, sky = any_database, Sky(any_database, clock, rng)
    sky.take(*POLAR, synthetic=True)
    reader, who = planner(database, clock, rng), supplier(database, clock, rng)
    bold = publish(database, clock, rng, who, **claimed(0.2, coverage=SQUARE))
    with database.read() as session:
        version_id = one(session, who, clock.now(), bold)[1].id
    against = claims.check(database, clock, version_id)
    reason = {"code": "feasibility.within", "params": {"said": "0.2", "computed": "0.2", "limit": "0.1"}}
    (row,) = against.physics.rows
    agreeing = replace(against.physics, rows=[{**row, "verdict_of_claim": "agree", "reason": reason}])

    def noted(physics: Any) -> tuple[int, int]:
        with database.write() as session:
            found = claims.note(session, clock, rng, replace(against, physics=physics))
            return len(found.told), len(found.closed)

    steps = [noted(each) for each in (against.physics, against.physics, agreeing, agreeing, against.physics)]
    assert steps == [(1, 0), (0, 0), (0, 1), (0, 0), (1, 0)]
    first, second = doubts(database)
    assert (first.id != second.id, first.closed_at is None, second.closed_at) == (True, False, None)
    clock.advance(timedelta(days=7))
    assert set(read_by(database, clock, who, bold)) == {first.id, second.id}
    assert read_by(database, clock, reader, bold) == [second.id]


def test_who_brings_data_down_through_others_is_not_held_to_its_own_stations(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: read off the candidate, which says nothing of it in the hub's own look."""
    database, sky = any_database, Sky(any_database, clock, rng)
    sky.take(*POLAR[:1], synthetic=True)
    who = supplier(database, clock, rng)
    resting = [{"kind": "ground_network", "name": "Northnet", "nation": "NO"}]
    found = {
        name: publish(database, clock, rng, who, **claimed(12, reference=name, dependencies=some))
        for name, some in (("OWN", []), ("SHARED", resting))
    }
    with database.write() as session:
        rows = {name: one(session, who, clock.now(), offering) for name, offering in found.items()}
        for _, version, provider in rows.values():
            station = Asset(
                id=f"ast_{version.id}",
                provider_id=provider.id,
                kind="ground_station",
                name=version.id,
                site={"lon": 20.0, "lat": 67.9, "height_m": 400.0},
                created_at=clock.now(),
            )
            session.add(station)
            session.flush()
            session.add(OfferingAsset(version_id=version.id, asset_id=station.id))
        session.flush()
        grounds = ground.gather(session, HUB, clock.now(), [candidate(*each) for each in rows.values()])
    assert {name: len(grounds.of[offering].stations) for name, offering in found.items()} == {"OWN": 1, "SHARED": 0}


def seen(name: str, clock: ManualClock, *, days: float | None, **sets: str) -> Seen:
    if days is None:
        return Seen(name, Fleet(sets))
    return Seen(name, Fleet(sets), clock.now() - timedelta(days=days), Fleet({"obj_1": "a"}))


def test_a_survey_is_bounded_and_looks_first_at_what_waited_longest(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotages seen: in the order of their ids, and the last of the shelf waited for ever; the clock left out."""
    one_set = STAYING[0]
    sets = {"a": one_set, "same": later(one_set, 40.0), "other": replace(one_set, raan_deg=one_set.raan_deg + 2.0)}
    given = [
        seen("v1", clock, days=2, obj_1="other"),
        seen("v2", clock, days=5, obj_2="a"),
        seen("v3", clock, days=None, obj_1="a"),
        seen("v4", clock, days=9, obj_1="same"),
        seen("v5", clock, days=0.9, obj_1="other"),
        seen("v6", clock, days=9, obj_1="lost"),
    ]
    every: dict[str, Change] = {
        "v3": "never_looked",
        "v6": "orbits",
        "v2": "fleet",
        "v1": "orbits",
    }
    assert looks.due(given, sets, clock.now()) == Due(every)
    assert list(looks.due(given, sets, clock.now()).versions) == list(every)
    monkeypatch.setattr(looks, "MOST", 2)
    assert looks.due(given, sets, clock.now()) == Due({"v3": "never_looked", "v6": "orbits"}, left=2)


def test_a_look_is_kept_once_for_a_version(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    database, sky = any_database, Sky(any_database, clock, rng)
    sky.take(*POLAR[:2], synthetic=True)
    publish(database, clock, rng, supplier(database, clock, rng), **claimed(12))
    with database.write() as session:
        (name, fleet), *_ = looks.fleets(session, clock.now())[0].items()
        assert (len(fleet.sets), fleet.missing) == (2, len(POLAR) - 2)
        for _ in range(2):
            looks.keep(session, clock, name, fleet)
        assert len(session.exec(select(ClaimsLook)).all()) == 1
