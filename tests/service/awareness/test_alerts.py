"""Watches and the alerts they raise."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from space_hub.awareness import catalogue, watches
from space_hub.awareness.following import alerts
from space_hub.awareness.tables import Alert, Run, Watch
from space_hub.awareness.watches import WatchAsk
from space_hub.delivery import log
from space_hub.errors import Invalid, NotFound
from space_hub.trust.principal import Principal
from tests.service.awareness.test_screen import meeting
from tests.support.sky import Sky, element_set, later


def watch(sky: Sky, principal: Principal, **changes: Any) -> Watch:
    usual: dict[str, Any] = {
        "name": "mine",
        "objects": (101,),
        "every_object": False,
        "miss_distance_m": 5000.0,
        "window_h": 48.0,
    }
    ask = WatchAsk(**(usual | changes))
    with sky.database.write() as session:
        return watches.create(session, sky.clock, sky.rng, principal, ask)


def react(sky: Sky, run: Run) -> list[Alert]:
    entry = next(entry for entry in sky.entries("run.published") if entry.subject == run.id)
    with sky.database.write() as session:
        return alerts.on_run(session, sky.clock, sky.rng, entry)


def test_a_conjunction_within_the_watch_raises_one_alert_and_never_twice(each_sky: Sky) -> None:
    """Sabotage seen: `_before` answering nothing raises the unchanged look of the second run again."""
    each_sky.take_text(meeting(each_sky))
    mine = watch(each_sky, each_sky.observer)
    run = each_sky.screen()
    raised = react(each_sky, run)
    assert len(raised) == run.encounters >= 1
    assert {alert.watch_id for alert in raised} == {mine.id}
    assert react(each_sky, run) == []
    assert react(each_sky, each_sky.screen()) == [], "an unchanged look is silence"
    assert len(each_sky.entries("alert.raised")) == len(raised)


def test_the_database_refuses_a_second_alert_of_the_same_watch_conjunction_and_run(each_sky: Sky) -> None:
    """Sabotage seen: dropping `uq_alert_once_a_run` turned it red."""
    each_sky.take_text(meeting(each_sky))
    watch(each_sky, each_sky.observer)
    alert = react(each_sky, each_sky.screen())[0]
    copy = Alert(**(alert.model_dump() | {"id": "alr_copy", "revision": 9}))
    with pytest.raises(IntegrityError), each_sky.database.write() as session:
        session.add(copy)


def test_an_alert_says_all_that_a_desk_needs_and_only_its_owner_may_read_it(sky: Sky) -> None:
    """Sabotage seen: marking the entry public lets the rival read it."""
    sky.take_text(meeting(sky))
    mine = watch(sky, sky.observer)
    run = sky.screen()
    react(sky, run)
    entry = sky.entries("alert.raised")[0]
    said = entry.payload
    assert (said["watch_id"], said["run_id"], said["state"], said["revision"]) == (mine.id, run.id, "raised", 1)
    assert [one["catalog_number"] for one in said["objects"]] == [101, 102]
    assert [one["name"] for one in said["objects"]] == ["SAT 101", "SAT 102"]
    assert all(one["element_age_h"] > 0 for one in said["objects"])
    assert said["tca"].endswith("Z")
    assert 0 <= said["miss_distance_m"] <= 5000
    assert len(said["relative_position_rtn_m"]) == 3
    assert said["relative_speed_m_s"] > 100
    assert said["conjunction_id"].startswith("cnj_")
    assert "not a basis for go/no-go" in said["notice"]
    assert said["synthetic"] is False
    with sky.database.read() as session:
        for principal, count in ((sky.observer, 1), (sky.rival, 0)):
            found = log.read_after(session, 0, 1000, topics=["alert.raised"], principal=principal)
            assert bool(found) == bool(count), principal


def test_only_watches_that_are_met_speak(sky: Sky) -> None:
    sky.take_text(meeting(sky))
    watch(sky, sky.observer, objects=(103,))
    watch(sky, sky.observer, miss_distance_m=0.001)
    watch(sky, sky.observer, window_h=0.001)
    watch(sky, sky.observer, active=False)
    heard = watch(sky, sky.rival, objects=(102,))
    assert {alert.watch_id for alert in react(sky, sky.screen())} == {heard.id}


def test_a_material_change_is_a_new_revision_and_an_encounter_that_is_gone_is_cleared(each_sky: Sky) -> None:
    """Sabotage seen: with `done` left empty the repeated reaction runs into the constraint on (watch, run)."""
    each_sky.take_text(meeting(each_sky))
    watch(each_sky, each_sky.observer)
    opening = each_sky.screen()
    first = react(each_sky, opening)[0]
    each_sky.wait(seconds=1)
    each_sky.take_text(meeting(each_sky, offset_deg=0.02))
    revised = [alert for alert in react(each_sky, each_sky.screen()) if alert.conjunction_id == first.conjunction_id]
    assert [(alert.revision, alert.state) for alert in revised] == [(2, "revised")]
    assert react(each_sky, opening) == [], "a reaction that comes again after a newer one adds nothing"
    assert revised[0].previous_miss_distance_m == first.miss_distance_m
    each_sky.wait(seconds=1)
    each_sky.take_text(meeting(each_sky, offset_deg=0.1))
    start = each_sky.clock.now()
    cleared = [
        alert for alert in react(each_sky, each_sky.screen(start=start)) if alert.conjunction_id == first.conjunction_id
    ]
    assert [(alert.revision, alert.state, alert.reason) for alert in cleared] == [
        (3, "cleared", "alert.reason.not_found")
    ]
    states = [
        entry.payload["state"]
        for entry in each_sky.entries("alert.raised")
        if entry.subject in {first.id, revised[0].id, cleared[0].id}
    ]
    assert states == ["raised", "revised", "cleared"]


def test_a_watch_over_every_object_is_kept_narrow(sky: Sky) -> None:
    sky.take_text(meeting(sky))
    with pytest.raises(Invalid, match=r"watch\.miss_distance_wrong"):
        watch(sky, sky.observer, objects=(), every_object=True, miss_distance_m=501.0)
    wide = watch(sky, sky.observer, objects=(), every_object=True, miss_distance_m=500.0)
    with sky.database.read() as session:
        assert watches.object_ids(session, wide.id) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"objects": ()}, "watch.objects_wrong"),
        ({"every_object": True}, "watch.objects_wrong"),
        ({"miss_distance_m": 0.0}, "watch.miss_distance_wrong"),
        ({"window_h": 0.0}, "watch.window_wrong"),
    ],
)
def test_a_watch_that_makes_no_sense_is_refused(sky: Sky, changes: dict[str, Any], code: str) -> None:
    sky.take_text(meeting(sky))
    with pytest.raises(Invalid, match=code.replace(".", r"\.")):
        watch(sky, sky.observer, **changes)


def test_a_watch_over_an_unknown_number_is_refused(sky: Sky) -> None:
    with pytest.raises(NotFound, match=r"awareness\.object_unknown"):
        watch(sky, sky.observer, objects=(424242,))


def test_a_watch_is_its_owners_and_nobody_elses(sky: Sky) -> None:
    sky.take_text(meeting(sky))
    mine = watch(sky, sky.observer)
    with sky.database.read() as session, pytest.raises(NotFound, match=r"watch\.unknown"):
        watches.get(session, sky.rival, mine.id)


def test_a_dry_run_finds_what_the_watch_would_raise_and_keeps_nothing(sky: Sky) -> None:
    sky.take_text(meeting(sky))
    ask = WatchAsk("try", (101,), False, 5000.0, 48.0)
    with sky.database.read() as session:
        assert watches.dry_run(session, sky.observer, ask) == (None, [])
    run = sky.screen()
    with sky.database.read() as session:
        seen, found = watches.dry_run(session, sky.observer, ask)
        assert seen is not None
        assert seen.id == run.id
        assert len(found) == run.encounters
        assert session.exec(select(Watch)).all() == []
        assert session.exec(select(Alert)).all() == []


def test_an_identity_that_ended_closes_its_alert(sky: Sky) -> None:
    sky.take_text(meeting(sky))
    watch(sky, sky.observer)
    first = react(sky, sky.screen())[0]
    other = element_set(102, sky.clock.now(), international_designator="2024-200D", inclination_deg=20.0)
    for hours in (0.1, 0.2):
        sky.take(later(other, hours))
    with sky.database.read() as session:
        assert catalogue.face(session, _object_id("SAT 102", first)).catalog_number is None
    closed = [alert for alert in react(sky, sky.screen()) if alert.conjunction_id == first.conjunction_id]
    assert [(alert.state, alert.reason) for alert in closed] == [("cleared", "alert.reason.identity_ended")]


def test_an_encounter_that_is_over_is_never_spoken_of_again(each_sky: Sky) -> None:
    """Sabotage seen: without the look at `alert.tca` the end of an identity closes what was over an hour before."""
    each_sky.take_text(meeting(each_sky))
    watch(each_sky, each_sky.observer)
    assert react(each_sky, each_sky.screen())
    each_sky.wait(hours=3)
    other = element_set(102, each_sky.clock.now(), international_designator="2024-200D", inclination_deg=20.0)
    for hours in (0.1, 0.2):
        each_sky.take(later(other, hours))
    assert [alert.state for alert in react(each_sky, each_sky.screen()) if alert.state == "cleared"] == []


def test_an_encounter_that_may_have_moved_over_the_end_of_the_window_is_not_cleared(sky: Sky) -> None:
    """Sabotage seen: without the margin of `LONGEST` a window that ends a minute after it gives an all-clear."""
    sky.take_text(meeting(sky))
    watch(sky, sky.observer)
    first = react(sky, sky.screen())[0]
    sky.wait(seconds=1)
    sky.take_text(meeting(sky, offset_deg=0.1))
    seconds = (first.tca - sky.clock.now()).total_seconds()
    for beyond, states in ((60.0, []), (700.0, ["cleared"])):
        said = react(sky, sky.screen(hours=(seconds + beyond) / 3600.0))
        assert [alert.state for alert in said if alert.conjunction_id == first.conjunction_id] == states
        sky.wait(seconds=1)


def _object_id(name: str, alert: Alert) -> str:
    """Id of the object of this name that the alert spoke of."""
    return str(next(one["object_id"] for one in alert.payload["objects"] if one["name"] == name))


def test_alerts_of_one_owner_are_found_by_owner(sky: Sky) -> None:
    sky.take_text(meeting(sky))
    watch(sky, sky.observer)
    watch(sky, sky.rival)
    react(sky, sky.screen())
    with sky.database.read() as session:
        owners = session.exec(select(Alert.organisation_id).order_by(col(Alert.organisation_id))).all()
    assert set(owners) == {sky.observer.organisation_id, sky.rival.organisation_id}
