"""Messages out over HTTP: our CDM in three forms, received ones as they came, OMM in four, a run as by SOCRATES."""

import csv
import hashlib
import importlib
import io
import math
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import select

from space_hub.awareness import catalogue
from space_hub.awareness.following import alerts
from space_hub.awareness.following.tables import ReceivedMessage
from space_hub.awareness.socrates import COLUMNS
from space_hub.awareness.tables import Assessment, ElementSetRow, Run
from space_hub.orbit.frames import rtn
from space_hub.orbit.gp import read_text
from space_hub.orbit.ndm import cdm, read
from space_hub.orbit.ndm.drafting import PURPOSE
from space_hub.orbit.ndm.elements import element_sets
from space_hub.trust import markings
from tests.service.awareness.test_screen import meeting
from tests.support import messages as written
from tests.support.hub import Caller, Hub
from tests.support.sky import Sky, element_set

SCHEMA = Path("data/schemas/ccsds_ndm_xsd/ndmxml-1.0-unqualified/ndmxml-1.0-master.xsd")


@pytest.fixture
def sky(hub: Hub) -> Sky:
    return Sky(hub.database, hub.clock, hub.rng)


@pytest.fixture
def centre(hub: Hub) -> Caller:
    return hub.key("operations_centre")


@pytest.fixture
def run(sky: Sky) -> Run:
    sky.take_text(meeting(sky))
    return sky.screen(hours=1.0)


def look_of(sky: Sky, run: Run) -> Assessment:
    with sky.database.read() as session:
        return session.exec(select(Assessment).where(Assessment.run_id == run.id)).one()


def test_our_cdm_says_what_the_assessment_says_in_every_form(centre: Caller, sky: Sky, run: Run) -> None:
    """Sabotage seen: the covariance left in km**2."""
    look = look_of(sky, run)
    path = f"/v1/conjunctions/{look.conjunction_id}/cdm"
    answers = {form: centre.get(path, format=form) for form in ("kvn", "xml", "json")}
    told = {form: read(answer.content) for form, answer in answers.items()}
    assert [message.form for message in told.values()] == ["kvn", "xml", "json"]
    assert told["kvn"].content() == told["xml"].content() == told["json"].content()
    ours = cdm.conjunction(told["xml"])
    assert ours.message_id == f"{look.conjunction_id}/{run.id}"
    assert ours.tca == look.tca and ours.created == run.published_at.replace(
        microsecond=run.published_at.microsecond // 1000 * 1000
    )
    assert ours.miss_distance_m == pytest.approx(look.miss_distance_m, abs=0.01)
    assert ours.relative_speed_m_s == pytest.approx(look.relative_speed_m_s, abs=0.01)
    assert ours.relative_position_m == pytest.approx((look.radial_m, look.in_track_m, look.cross_track_m), abs=0.05)
    assert ours.collision_probability == pytest.approx(look.pc, rel=1e-6)
    assert ours.collision_probability_method == (look.method or "").upper()
    assert ours.hard_body_radius_m == look.hard_body_radius_m
    assert float(ours.notes["MAX_COLLISION_PROBABILITY"]) == pytest.approx(look.pc_max, rel=1e-6)
    assert PURPOSE in ours.comments
    assert {side.covariance_method for side in (ours.one, ours.other)} == {"DEFAULT"}
    assert [side.catalog_number for side in (ours.one, ours.other)] == [101, 102]
    # The covariance is the one that the probability rests on: both together, by axis of the first object.
    axes = rtn(ours.one.position_km, ours.one.velocity_km_s)
    both = axes @ (ours.one.covariance_km() + ours.other.covariance_km())[:3, :3] @ axes.T
    expected = (look.sigma_radial_m, look.sigma_in_track_m, look.sigma_cross_track_m)
    assert (1000.0 * np.sqrt(np.diag(both))).tolist() == pytest.approx(expected, rel=1e-6)


def test_the_same_look_gives_the_same_bytes_also_after_a_newer_run(centre: Caller, sky: Sky, run: Run) -> None:
    """Sabotage seen: CREATION_DATE taken from the clock."""
    look = look_of(sky, run)
    path = f"/v1/conjunctions/{look.conjunction_id}/cdm"
    first = centre.get(path)
    sky.wait(minutes=5)
    newer = sky.screen(hours=1.0)
    assert centre.get(path, run=run.id).content == first.content
    assert centre.get(path, run=run.id).headers["ETag"] == first.headers["ETag"]
    assert centre.get(path).content == centre.get(path, run=newer.id).content != first.content
    other = {"Authorization": f"Bearer {centre.secret}", "Accept": "application/xml;q=0.9, text/html"}
    answer = centre.hub.client.get(path, headers=other)
    assert answer.headers["content-type"] == "application/xml"
    assert centre.get(path, run="run_none").json()["code"] == "conjunction.not_assessed"
    assert centre.get("/v1/conjunctions/cnj_none/cdm").json()["code"] == "conjunction.unknown"
    assert centre.get(path, format="pdf").status_code == 422
    assert centre.hub.client.get(path).status_code == 401


def test_our_cdm_and_omm_as_xml_are_valid_by_the_schemas_of_ccsds(
    centre: Caller, sky: Sky, run: Run, shared: Path
) -> None:
    etree = importlib.import_module("lxml.etree")
    schema = etree.XMLSchema(etree.parse(shared / SCHEMA))
    for path in (f"/v1/conjunctions/{look_of(sky, run).conjunction_id}/cdm", "/v1/objects/101/omm"):
        tree = etree.fromstring(centre.get(path, format="xml").content)
        assert schema.validate(tree), schema.error_log
        next(tree.iter("CREATION_DATE")).text = "yesterday"
        assert not schema.validate(tree)


def test_a_received_message_is_given_back_byte_for_byte_to_who_may_see_it(centre: Caller, sky: Sky) -> None:
    """Sabotage seen: the mark before the text lost."""
    data = b"\xef\xbb\xbf" + written.cdm().encode().replace(b"\n", b"\r\n")
    with sky.database.write() as session:
        kept = ReceivedMessage(
            id="msg_1",
            organisation_id=centre.organisation_id,
            kind="cdm",
            form="kvn",
            sha256=hashlib.sha256(data).hexdigest(),
            text=data.decode("utf-8-sig"),
            originator="X",
            message_id="Y",
            received_at=sky.clock.now(),
            marking_id=markings.owner_only(session, centre.organisation_id),
        )
        session.add(kept)
    path = "/v1/conjunctions/messages/msg_1/original"
    answer = centre.get(path)
    assert answer.content == data and answer.headers["content-type"].startswith("text/plain")
    stranger = centre.hub.key("operations_centre", "DE")
    assert stranger.get(path).json()["code"] == "conjunction.message_unknown"


def test_an_object_comes_as_omm_in_four_forms(centre: Caller, sky: Sky) -> None:
    sky.take(element_set(25544, sky.clock.now(), name="ISS (ZARYA)"))
    with sky.database.read() as session:
        given = catalogue.elements_of(session.exec(select(ElementSetRow)).one())
    answers = {form: centre.get("/v1/objects/25544/omm", format=form) for form in ("kvn", "xml", "json", "csv")}
    for form in ("kvn", "xml"):
        assert list(element_sets(read(answers[form].content))) == [given]
    for form in ("json", "csv"):
        assert [line.elements for line in read_text(answers[form].text, now=sky.clock.now()).accepted] == [given]
    accepted = centre.headers() | {"Accept": "text/csv"}
    assert centre.hub.client.get("/v1/objects/25544/omm", headers=accepted).content == answers["csv"].content
    assert centre.get("/v1/objects/404404/omm").json()["code"] == "awareness.object_unknown"
    assert centre.get("/v1/objects/12345678901/omm").status_code == 422


def test_a_run_comes_as_socrates_would_give_it(centre: Caller, sky: Sky, run: Run) -> None:
    look = look_of(sky, run)
    answer = centre.get(f"/v1/runs/{run.id}/socrates")
    assert answer.headers["content-type"].startswith("text/csv")
    found = list(csv.DictReader(io.StringIO(answer.text)))
    assert tuple(found[0]) == COLUMNS
    row = found[0]
    assert (row["NORAD_CAT_ID_1"], row["NORAD_CAT_ID_2"], row["OBJECT_NAME_1"]) == ("101", "102", "SAT 101 [?]")
    assert float(row["TCA_RANGE"]) == pytest.approx(look.miss_distance_m / 1000.0, abs=5.1e-4)
    assert float(row["DSE_1"]) == pytest.approx(look.age_a_h / 24.0, abs=5.1e-4)
    # AR / (e d^2) of both radii, 1 m each, with the aspect AR between 1 and 3 (Alfano's maximum).
    least = 0.002**2 / (math.e * float(row["TCA_RANGE"]) ** 2)
    assert 0.99 * least <= float(row["MAX_PROB"]) <= 3.01 * least
    assert centre.get("/v1/runs/run_none/socrates").status_code == 404


def test_an_alert_leads_to_the_message_of_the_very_look_that_it_is_of(centre: Caller, sky: Sky) -> None:
    """Sabotage seen: the path without its run, which leads to the newest."""
    sky.take_text(meeting(sky))
    asked = {"name": "mine", "objects": [101], "miss_distance_m": 5000.0}
    assert centre.post("/v1/watches", asked).status_code == 201
    run = sky.screen(hours=1.0)
    entry = next(entry for entry in sky.entries("run.published") if entry.subject == run.id)
    with sky.database.write() as session:
        (alert,) = alerts.on_run(session, sky.clock, sky.rng, entry)
    sky.wait(minutes=5)
    assert sky.screen(hours=1.0).id != run.id
    answer = centre.hub.client.get(alert.payload["cdm"], headers=centre.headers())
    assert cdm.conjunction(read(answer.content)).message_id == f"{alert.conjunction_id}/{run.id}"
