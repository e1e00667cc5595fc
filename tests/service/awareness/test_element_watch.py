"""What new sets say of falls and burns, told once and to the right ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from space_hub.awareness import element_watch, watches
from space_hub.awareness.element_watch import DECAY, SUSPICION
from space_hub.awareness.watches import WatchAsk
from space_hub.delivery import log
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.times import ticks
from space_hub.orbit.uncertainty import synthetic
from space_hub.validation.manoeuvre_cases import made_up
from tests.support.sky import Sky, element_set

START = datetime(2024, 11, 1, tzinfo=UTC)


def _taken(sky: Sky, *sets: ElementSet) -> None:
    """A file, and what follows from it."""
    file = sky.take(*sets)
    assert not file.refused
    entry = sky.entries("ingest.finished")[-1]
    assert entry.subject == file.id
    with sky.database.write() as session:
        element_watch.on_ingest(session, sky.clock, sky.rng, entry)


def _falling(day: float) -> ElementSet:
    """A body that starts at 300 km and lasts 49 days by SGP4, as a set of this day would give it."""
    truth = element_set(71, START, mean_motion_rev_day=15.9, eccentricity=0.0005, bstar=1e-3)
    now, before = (synthetic.at_epoch(truth, START + timedelta(days=each)) for each in (day + 0.01, day - 0.99))
    assert now is not None
    assert before is not None
    return replace(now, mean_motion_dot=(now.mean_motion_rev_day - before.mean_motion_rev_day) / 2.0)


def test_a_fall_is_told_once_for_each_level(each_sky: Sky) -> None:
    """Sabotage seen: what was told before not looked up."""
    _taken(each_sky, _falling(1.0), element_set(72, START))
    assert [each.payload["level"] for each in each_sky.entries(DECAY)] == ["decaying"]
    for day in (2.0, 3.0, 4.0, 32.0, 33.0, 34.0, 35.0):
        each_sky.wait(days=day - (each_sky.clock.now() - START) / timedelta(days=1))
        _taken(each_sky, _falling(day))
    told = each_sky.entries(DECAY)
    assert [(one.payload["level_before"], one.payload["level"]) for one in told] == [
        ("steady", "decaying"),
        ("decaying", "re_entry"),
    ]
    assert {one.payload["catalog_number"] for one in told} == {71}
    assert told[1].payload["days_left"] < 7.0
    assert told[1].payload["notice"]


def test_an_eccentric_orbit_whose_perigee_is_in_the_air_falls_too(each_sky: Sky) -> None:
    """Sabotage seen: only what goes round fast is looked at."""
    transfer = element_set(
        74, START, mean_motion_rev_day=4.0, eccentricity=0.61, mean_motion_dot=0.03, bstar=0.0, inclination_deg=7.0
    )
    high = replace(transfer, catalog_number=75, eccentricity=0.5, international_designator="2020-100A")
    _taken(each_sky, transfer, high)
    told = each_sky.entries(DECAY)
    assert [(one.payload["catalog_number"], one.payload["level"]) for one in told] == [(74, "decaying")]


def test_a_suspected_burn_is_told_once_and_to_those_who_watch_the_object(each_sky: Sky) -> None:
    """Sabotage seen: the marking of the file in place of the watch's; gaps that were told not looked up."""
    history = made_up(days=100.0, burns=1)
    moved = [
        replace(one, catalog_number=73, name="BURNER", epoch=one.epoch + (START - history.sets[0].epoch))
        for one in history.sets
    ]
    first = next(index for index, one in enumerate(history.sets) if ticks(one.epoch) > history.stated[0])
    _taken(each_sky, *moved[:first], element_set(72, START))
    with each_sky.database.write() as session:
        ask = WatchAsk("mine", (73,), False, 5000.0, 48.0)
        watch = watches.create(session, each_sky.clock, each_sky.rng, each_sky.observer, ask)
        marking = watch.marking_id
    assert each_sky.entries(SUSPICION) == []
    for one in moved[first : first + 4]:
        _taken(each_sky, one)
    told = each_sky.entries(SUSPICION)
    assert [each.payload["object_name"] for each in told] == ["BURNER"]
    assert told[0].marking_id == marking
    assert told[0].payload["last_set_before"] == log.rfc3339(moved[first - 1].epoch)
    assert 0.001 < told[0].payload["speed_change_m_s"] < 0.01


def test_a_file_that_brought_nothing_says_nothing(each_sky: Sky) -> None:
    _taken(each_sky, _falling(1.0))
    _taken(each_sky, _falling(1.0))
    assert len(each_sky.entries(DECAY)) == 1
