"""What other sources tell of joins what our runs see, and stays with whom it was told."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from space_hub.awareness import catalogue
from space_hub.awareness.following import conjunctions, messages, told
from space_hub.awareness.following.messages import Received
from space_hub.awareness.following.picture import Picture, picture
from space_hub.awareness.following.tables import ReceivedMessage
from space_hub.awareness.tables import Assessment, Conjunction, Run
from space_hub.errors import Invalid, NotFound
from space_hub.orbit import ndm
from space_hub.orbit.ndm import Form
from space_hub.orbit.screening import screen
from space_hub.trust.principal import Principal
from tests.service.awareness.test_screen import meeting
from tests.support.cdms import cdm
from tests.support.sky import Sky, element_set


def give(sky: Sky, text: str, who: Principal | None = None) -> Received:
    with sky.database.write() as session:
        return messages.receive(session, sky.clock, sky.rng, who or sky.observer, text.encode())


def react(sky: Sky, run: Run) -> list[Conjunction]:
    entry = next(entry for entry in sky.entries("run.published") if entry.subject == run.id)
    with sky.database.write() as session:
        return told.on_run(session, sky.clock, sky.rng, entry)


def seen(sky: Sky, run: Run) -> tuple[Conjunction, Assessment]:
    with sky.database.read() as session:
        ids = catalogue.by_catalog_number(session, [101])
        return conjunctions.conjunctions_of(session, [ids[101]], run.id, 5000.0)[0]


def known(sky: Sky, id: str, who: Principal | None = None) -> Picture:
    with sky.database.read() as session:
        return picture(session, id, who or sky.observer, sky.clock.now())


def test_a_message_joins_the_conjunction_of_the_run_whichever_object_comes_first(each_sky: Sky) -> None:
    """Sabotage seen: with the message's order kept, the radial component keeps its sign."""
    each_sky.take_text(meeting(each_sky))
    conjunction, look = seen(each_sky, each_sky.screen())
    one = give(each_sky, cdm(look.tca + timedelta(seconds=30), 101, 102))
    other = give(each_sky, cdm(look.tca - timedelta(seconds=30), 102, 101, originator="OPERATOR", pc=None))
    assert one.assessment is not None
    assert other.assessment is not None
    assert {one.assessment.conjunction_id, other.assessment.conjunction_id} == {conjunction.id}
    assert one.assessment.in_track_m == pytest.approx(-340.0)
    assert one.assessment.sigma_radial_m == pytest.approx(800.0**0.5)
    turned = (other.assessment.radial_m, other.assessment.in_track_m, other.assessment.cross_track_m)
    # The first object is now the one that flies the other way: T and N are turned round, R is not.
    assert turned == pytest.approx((-120.0, -340.0, 210.0), rel=0.01)
    whole = known(each_sky, conjunction.id)
    assert [(each.originator, each.source) for each in whole.said] == [("CSPOC", "cdm"), ("OPERATOR", "cdm")]
    apart = {(each.one, each.other): each for each in whole.disagreements}
    assert apart["cdm/CSPOC", "gp"].tca_s == pytest.approx(-30.0)
    assert apart["cdm/CSPOC", "cdm/OPERATOR"].tca_s == pytest.approx(-60.0)
    assert whole.steps[-1].level.value == "red"


def test_what_one_was_told_changes_nothing_for_another(each_sky: Sky) -> None:
    """Sabotages seen: without `visible` in `of` the rival reads it; with a public marking as well."""
    each_sky.take_text(meeting(each_sky))
    conjunction, look = seen(each_sky, each_sky.screen())
    before = known(each_sky, conjunction.id, each_sky.rival)
    given = give(each_sky, cdm(look.tca, 101, 102))
    assert given.assessment is not None
    assert known(each_sky, conjunction.id, each_sky.rival) == before
    assert before.said == []
    assert len(known(each_sky, conjunction.id).said) == 1


def test_a_conjunction_that_only_messages_tell_of_is_its_organisations_until_a_run_sees_it(each_sky: Sky) -> None:
    """Sabotage seen: with every lone one a candidate, the second organisation reads the first one's time."""
    each_sky.take_text(meeting(each_sky))
    tca = seen(each_sky, each_sky.screen())[1].tca
    first = give(each_sky, cdm(tca + timedelta(days=20), 101, 102))
    second = give(each_sky, cdm(tca + timedelta(days=20, seconds=50), 102, 101, message_id="CDM-2"))
    theirs = give(each_sky, cdm(tca + timedelta(days=20), 101, 102), each_sky.rival)
    assert first.assessment is not None
    assert second.assessment is not None
    assert theirs.assessment is not None
    assert first.assessment.conjunction_id == second.assessment.conjunction_id
    assert theirs.assessment.conjunction_id != first.assessment.conjunction_id
    with pytest.raises(NotFound):
        known(each_sky, first.assessment.conjunction_id, each_sky.rival)
    whole = known(each_sky, first.assessment.conjunction_id)
    assert [step.status.value for step in whole.steps] == ["new", "updated"]
    assert whole.looks == []


def test_a_run_that_sees_it_takes_it_in_under_the_id_that_it_would_have_anyway(each_sky: Sky) -> None:
    """Sabotages seen: a run that takes lone ones for known gives their id to all; `joined_id` not followed."""
    each_sky.take_text(meeting(each_sky))
    start = each_sky.clock.now()
    tca = _next_meeting(each_sky)
    lone = give(each_sky, cdm(tca, 101, 102)).assessment
    assert lone is not None
    run = each_sky.screen(start=start)
    joined = react(each_sky, run)
    assert [each.id for each in joined] == [lone.conjunction_id]
    assert react(each_sky, run) == []
    conjunction = seen(each_sky, run)[0]
    assert conjunction.id != lone.conjunction_id
    assert known(each_sky, lone.conjunction_id).conjunction.id == conjunction.id
    assert [each.id for each in known(each_sky, conjunction.id).said] == [lone.id]
    assert known(each_sky, conjunction.id, each_sky.rival).said == []


def _next_meeting(sky: Sky) -> datetime:
    """When the two meet, found without publishing anything."""
    with sky.database.read() as session:
        sets = [one.elements for one in catalogue.current_sets(session)]
    found = screen(sets, sky.clock.now(), sky.clock.now() + timedelta(hours=2), threshold_km=5.0, threads=1)
    return found.encounters[0].tca


def test_what_a_run_no_longer_finds_has_vanished_and_what_is_over_has_expired(sky: Sky) -> None:
    """Sabotage seen: without the runs that missed it, the last step is `new`."""
    sky.take_text(meeting(sky))
    conjunction = seen(sky, sky.screen())[0]
    sky.wait(seconds=1)
    changed = meeting(sky, offset_deg=0.1)
    sky.take_text(changed)
    later = sky.screen()
    steps = known(sky, conjunction.id).steps
    assert [(step.status.value, step.source) for step in steps] == [
        ("new", conjunction.first_run_id),
        ("vanished", later.id),
    ]
    sky.wait(days=1)
    assert known(sky, conjunction.id).steps[-1].status.value == "expired"


@pytest.mark.parametrize("form", ["kvn", "xml", "json"])
def test_a_message_joins_in_each_of_its_three_forms(sky: Sky, form: Form) -> None:
    sky.take_text(meeting(sky))
    conjunction, look = seen(sky, sky.screen())
    given = give(sky, ndm.write(ndm.read(cdm(look.tca, 101, 102).encode()), form))
    assert given.message.form == form
    assert given.assessment is not None
    assert given.assessment.conjunction_id == conjunction.id
    assert (given.assessment.radial_m, given.assessment.pc) == (120.0, 3.2e-4)


def test_a_message_about_an_unknown_object_is_kept_and_joins_when_the_object_is_known(sky: Sky) -> None:
    """Sabotage seen: with the kept message returned as it is, the second try joins nothing."""
    sky.take_text(meeting(sky))
    text = cdm(sky.clock.now() + timedelta(days=1), 101, 777)
    given = give(sky, text)
    assert (given.assessment, given.message.problem) == (None, "conjunction.object_unknown")
    sky.take(element_set(777, sky.clock.now()))
    again = give(sky, text)
    assert again.assessment is not None
    assert (again.message.id, again.message.problem) == (given.message.id, "")
    assert give(sky, text).assessment == again.assessment
    with sky.database.read() as session:
        assert [row.text for row in session.exec(select(ReceivedMessage))] == [text]


def test_a_message_about_one_object_twice_is_refused(sky: Sky) -> None:
    sky.take_text(meeting(sky))
    with pytest.raises(Invalid, match=r"conjunction\.one_object"):
        give(sky, cdm(sky.clock.now() + timedelta(days=1), 101, 101))


def test_a_message_in_another_encoding_is_refused_in_words(sky: Sky) -> None:
    """The XML reader takes what a message declares; what is kept and given back is UTF-8.

    Sabotage seen: decoded where it is kept, it is a fault of the hub.
    """
    sky.take_text(meeting(sky))
    text = ndm.write(ndm.read(cdm(sky.clock.now() + timedelta(days=1), 101, 102).encode()), "xml")
    data = text.replace("UTF-8", "UTF-16", 1).encode("utf-16")
    with sky.database.write() as session, pytest.raises(Invalid, match=r"ndm\.encoding"):
        messages.receive(session, sky.clock, sky.rng, sky.observer, data)


def test_states_that_contradict_the_distance_give_no_components(sky: Sky) -> None:
    """Sabotage seen: without the comparison, components of 300 km stand beside a miss of 306 m."""
    sky.take_text(meeting(sky))
    text = cdm(sky.clock.now() + timedelta(days=1), 101, 102)
    text = "\n".join(line for line in text.splitlines() if "RELATIVE_POSITION" not in line)
    row = give(sky, text.replace("MISS_DISTANCE = ", "MISS_DISTANCE = 9")).assessment
    assert row is not None
    assert (row.radial_m, row.sigma_radial_m) == (None, None)
    assert row.pc == 3.2e-4


def test_the_synthetic_series_are_two_conjunctions_of_one_pair(sky: Sky, shared: Path) -> None:
    """Both events are of the same two objects, five hours apart, and told of in either order."""
    sky.take(
        element_set(4227, sky.clock.now(), international_designator="1969-082CJ"),
        element_set(9827, sky.clock.now(), international_designator="1976-126AP"),
    )
    by_event: dict[str, set[str]] = {}
    folder = shared / "data" / "messages" / "kessler_synthetic_cdm_series"
    for path in sorted(folder.glob("*.kvn")):
        row = give(sky, path.read_text("utf-8")).assessment
        assert row is not None
        by_event.setdefault(path.name.split("_")[0], set()).add(row.conjunction_id)
    assert [len(ids) for ids in by_event.values()] == [1, 1]
    assert by_event["event1"] != by_event["event2"]
