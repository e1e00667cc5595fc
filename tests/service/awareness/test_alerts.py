"""Watches and the alerts they raise."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from space_hub.awareness import catalogue, watches
from space_hub.awareness.following import alerts
from space_hub.awareness.following.levels import Level
from space_hub.awareness.tables import Alert, Assessment, Run, Watch
from space_hub.awareness.watches import WatchAsk
from space_hub.delivery import log
from space_hub.errors import Invalid, NotFound
from space_hub.orbit.elements import ElementSet
from space_hub.text import say
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
        ({"pc_amber": 1e-3}, "watch.thresholds_wrong"),
        ({"level_from": Level.LOW}, "watch.level_from_wrong"),
        ({"objects": (), "every_object": True, "level_from": Level.AMBER}, "watch.level_from_wrong"),
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


def crossing(sky: Sky) -> tuple[ElementSet, ElementSet]:
    """Two satellites in orbits that are each other's mirror image, which meet half an hour on within metres."""
    usual = {"mean_motion_rev_day": 14.5, "eccentricity": 1e-6, "arg_perigee_deg": 0.0}
    epoch, before_deg = sky.clock.now(), 14.5 * 360.0 / 48.0
    return (
        element_set(101, epoch, raan_deg=10.0, mean_anomaly_deg=(103.87 - before_deg) % 360.0, **usual),
        element_set(102, epoch, raan_deg=250.0, mean_anomaly_deg=(76.13 - before_deg) % 360.0, **usual),
    )


def test_a_watch_by_probability_alone_speaks_at_its_level_and_again_when_the_level_changes(each_sky: Sky) -> None:
    """Sabotage seen: without the question by probability in `matches` nothing is raised."""
    each_sky.take(*crossing(each_sky))
    run = each_sky.screen()
    with each_sky.database.read() as session:
        risks = dict(session.execute(select(Assessment.conjunction_id, Assessment.pc)).all())
    riskiest = max(risks, key=lambda id: risks[id] or 0.0)
    highest = risks[riskiest]
    assert highest is not None
    assert highest > 1e-5
    limits = {"pc_amber": highest, "pc_red": 2.0 * highest}
    mine = watch(each_sky, each_sky.observer, miss_distance_m=0.0, level_from=Level.AMBER, **limits)
    watch(each_sky, each_sky.observer, miss_distance_m=0.0, level_from=Level.RED, **limits)
    first = react(each_sky, run)
    assert {alert.watch_id for alert in first} == {mine.id}
    alert = next(alert for alert in first if alert.conjunction_id == riskiest)
    assert (alert.state, alert.reason, alert.level) == ("raised", "alert.reason.first_risky", "amber")
    with each_sky.database.write() as session:
        wanted = WatchAsk("mine", (101,), False, 0.0, 48.0, pc_red=highest, pc_amber=1e-6, level_from=Level.AMBER)
        watches.change(session, each_sky.clock, each_sky.observer, mine.id, wanted)
    again = [alert for alert in react(each_sky, each_sky.screen()) if alert.conjunction_id == riskiest]
    assert [(alert.revision, alert.reason, alert.level) for alert in again] == [(2, "alert.reason.escalated", "red")]
    assert again[0].payload["previous_level"] == "amber"


def test_an_alert_carries_its_probability_with_method_sources_and_the_age_of_the_news(sky: Sky) -> None:
    """Sabotage seen: with the basis of the level taken from the distance it says the wrong sentence."""
    sky.take(*crossing(sky))
    watch(sky, sky.observer)
    sky.wait(seconds=90)
    alert = react(sky, sky.screen())[0]
    said = alert.payload
    assert said["pc"] == said["risk"]["pc"] == alert.pc
    assert 0.0 < said["pc"] <= said["risk"]["pc_max"] <= 1.0
    assert (said["risk"]["method"], said["risk"]["a"]["sigma_source"]) == ("laas-2015", "table")
    assert said["risk"]["hard_body_radius_m"] > 0.0
    assert said["level"] in {"below", "low", "amber", "red"}
    assert said["level_text"] == say(f"alert.level_by.{said['level_basis']}")
    assert said["level_basis"] == ("dilution" if said["risk"]["diluted"] and said["pc"] < 1e-7 else "probability")
    assert said["thresholds"] == {"red": 1e-4, "amber": 1e-5, "floor": 1e-7}
    assert (said["source_basis"], said["since_source_s"]) == ("received", 90.0)
    assert "not a basis for go/no-go" in said["notice"]
