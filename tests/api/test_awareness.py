"""Awareness over HTTP: a file in, a run asked for, conjunctions and alerts out."""

import json
from datetime import datetime, timedelta
from math import log10

import pytest
from httpx2 import Response

from space_hub.awareness import catalogue
from space_hub.awareness.following import alerts
from space_hub.awareness.following.levels import Level
from space_hub.awareness.screen import Asked
from space_hub.awareness.tables import Run
from space_hub.text import say
from tests.service.awareness.test_alerts import crossing
from tests.service.awareness.test_screen import meeting
from tests.support.cdms import cdm
from tests.support.hub import Caller, Hub
from tests.support.sky import Sky, csv_of, element_set, later

NOTICE = say("awareness.triage_notice")


@pytest.fixture
def sky(hub: Hub) -> Sky:
    return Sky(hub.database, hub.clock, hub.rng)


@pytest.fixture
def broker(hub: Hub) -> Caller:
    return hub.key("broker")


@pytest.fixture
def centre(hub: Hub) -> Caller:
    return hub.key("operations_centre")


def upload(caller: Caller, text: str, *, key: str = "up-1", kind: str = "text/csv", **query: str) -> Response:
    return caller.hub.client.post(
        "/v1/element-sets",
        params=query,
        content=text.encode(),
        headers=caller.headers() | {"Idempotency-Key": key, "Content-Type": kind},
    )


def raise_alerts(sky: Sky, run: Run) -> None:
    entry = next(entry for entry in sky.entries("run.published") if entry.subject == run.id)
    with sky.database.write() as session:
        alerts.on_run(session, sky.clock, sky.rng, entry)


def test_an_upload_is_answered_with_its_account_and_once_for_one_key(broker: Caller, sky: Sky) -> None:
    text = csv_of(element_set(5, sky.clock.now()), element_set(11, sky.clock.now()))
    answer = upload(broker, text, name="mine.csv")
    assert answer.status_code == 201, answer.text
    file = answer.json()
    assert (file["offered"], file["accepted"], file["name"], file["refused"]) == (2, 2, "mine.csv", False)
    again = upload(broker, text, name="mine.csv")
    assert again.json() == file
    assert again.headers["Idempotent-Replayed"] == "true"
    listed = broker.get("/v1/source-files").json()["items"]
    assert [one["id"] for one in listed] == [file["id"]]


def test_a_refused_upload_is_an_error_that_leaves_its_record(broker: Caller, sky: Sky) -> None:
    """Sabotage seen: raising inside the transaction loses the record."""
    for _ in range(2):
        answer = upload(broker, "<html>403</html>", kind="text/plain")
        assert answer.status_code == 422
        assert answer.json()["code"].startswith("gp.")
    files = broker.get("/v1/source-files").json()["items"]
    assert [(file["refused"], file["accepted"]) for file in files] == [(True, 0)]
    assert broker.get("/v1/objects").json()["items"] == []
    wrong = upload(broker, "x", key="up-2", kind="video/mp4")
    assert wrong.json()["code"] == "ingest.form_unknown"


def test_what_was_quarantined_is_shown_with_its_reason_in_the_askers_language(broker: Caller, sky: Sky) -> None:
    lines = csv_of(*(element_set(number, sky.clock.now()) for number in range(1, 31))).splitlines()
    lines[4] = lines[4].replace("0.0011", "7.0011")
    assert upload(broker, "\n".join(lines)).status_code == 201
    bad = broker.get("/v1/quarantine").json()["items"]
    assert [(one["line"], one["raw"]) for one in bad] == [(5, lines[4])]
    french = broker.hub.client.get("/v1/quarantine", headers=broker.headers() | {"Accept-Language": "fr"}).json()
    assert french["items"][0]["reason"] != bad[0]["reason"]


def test_objects_are_found_by_name_and_number_and_show_their_history_and_omm(
    broker: Caller, centre: Caller, sky: Sky
) -> None:
    old = element_set(25544, sky.clock.now() - timedelta(hours=6), name="ISS (ZARYA)")
    sky.take(old, element_set(11, sky.clock.now(), name="VANGUARD 2"))
    sky.take(later(old, 3))
    by_name = centre.get("/v1/objects", name="zarya").json()["items"]
    by_number = centre.get("/v1/objects", catalog_number=25544).json()["items"]
    assert [one["catalog_number"] for one in by_name] == [25544]
    assert by_name == by_number
    one = centre.get(f"/v1/objects/{by_name[0]['id']}").json()
    assert one == centre.get("/v1/objects/25544").json()
    assert one["element_age_h"] == pytest.approx(3.0)
    assert one["notice"] == NOTICE
    history = centre.get("/v1/objects/25544/element-sets").json()
    assert [entry["is_current"] for entry in history["items"]] == [True, False]
    assert history["current_omm"]["NORAD_CAT_ID"] == 25544
    assert upload(broker, f"[{json.dumps(history['current_omm'])}]", kind="application/json").json()["unchanged"] == 1
    assert centre.get("/v1/objects/404404").json()["code"] == "awareness.object_unknown"
    assert centre.get("/v1/objects/obj_none").status_code == 404
    assert centre.get("/v1/objects/12345678901").status_code == 422


def test_a_held_set_is_listed_and_accepted_by_a_person(broker: Caller, centre: Caller, sky: Sky) -> None:
    old = element_set(7, sky.clock.now() - timedelta(hours=6))
    sky.take(old)
    sky.take(later(old, 3, mean_anomaly_deg=200.0))
    held = centre.get("/v1/element-sets/held").json()["items"]
    assert [one["standing"] for one in held] == ["departs"]
    path = f"/v1/element-sets/{held[0]['id']}/acceptances"
    assert centre.post(path).status_code == 403
    assert broker.post(path).json()["is_current"] is True
    assert centre.get("/v1/element-sets/held").json()["items"] == []


def test_a_run_is_queued_as_work_and_bad_settings_are_refused(broker: Caller, centre: Caller) -> None:
    answer = broker.post("/v1/runs", {"hours": 12})
    assert answer.status_code == 202, answer.text
    started = answer.json()
    assert started["follow"] == f"/v1/work/{started['work_id']}"
    assert started["state"] == "queued"
    assert broker.post("/v1/runs", {"hours": 0}).json()["code"] == "run.window_wrong"
    assert broker.post("/v1/runs", {"hours": 1, "colour": "red"}).status_code == 422
    assert centre.post("/v1/runs", {}).status_code == 403
    asked = Asked.of(Asked(broker.hub.clock.now(), 3.0, 900.0).params())
    assert (asked.start, asked.threshold_m) == (broker.hub.clock.now(), 900.0)


def test_before_any_run_nothing_is_said_about_conjunctions(centre: Caller) -> None:
    answer = centre.get("/v1/conjunctions")
    assert (answer.status_code, answer.json()["code"]) == (404, "run.none_published")


def test_conjunctions_name_their_run_its_ages_and_what_they_are_good_for(centre: Caller, sky: Sky) -> None:
    sky.take_text(meeting(sky))
    run = sky.screen(threshold_m=40_000.0)
    answer = centre.get("/v1/conjunctions", catalog_number=101).json()
    assert answer["run"]["id"] == run.id
    assert len(answer["run"]["snapshot_sha256"]) == 64
    assert answer["run"]["age_max_h"] == 0.0
    assert answer["notice"] == answer["run"]["notice"] == NOTICE
    assert answer["run"]["synthetic"] is False
    assert len(answer["items"]) == run.encounters >= 2
    first = answer["items"][0]
    assert [party["catalog_number"] for party in first["objects"]] == [101, 102]
    assert first["tca"].endswith("Z")
    one = centre.get(f"/v1/conjunctions/{first['id']}").json()
    assert [look["run_id"] for look in one["assessments"]] == [run.id]
    assert one["miss_distance_m"] == first["miss_distance_m"]
    assert centre.get("/v1/conjunctions", catalog_number=103).json()["items"] == []
    assert centre.get("/v1/conjunctions/cnj_none").status_code == 404
    assert centre.get("/v1/conjunctions", run="run_none").status_code == 404
    assert centre.get("/v1/co-locations").json()["items"] == []


def test_conjunctions_are_filtered_sorted_and_paged_within_one_run(centre: Caller, sky: Sky) -> None:
    """Sabotage seen: a cursor that does not carry the run mixes the pages of two runs."""
    sky.take_text(meeting(sky))
    sky.screen(threshold_m=40_000.0)
    everything = centre.get("/v1/conjunctions").json()["items"]
    misses = [one["miss_distance_m"] for one in everything]
    assert len(misses) >= 2
    nearest = centre.get("/v1/conjunctions", sort="miss_distance", limit=1).json()
    assert [one["miss_distance_m"] for one in nearest["items"]] == [min(misses)]
    within = centre.get("/v1/conjunctions", max_miss_distance_m=min(misses) + 0.001).json()["items"]
    assert [one["id"] for one in within] == [nearest["items"][0]["id"]]
    later_ones = centre.get("/v1/conjunctions", tca_from=everything[1]["tca"]).json()["items"]
    assert later_ones == everything[1:]
    assert centre.get("/v1/conjunctions", tca_to=everything[0]["tca"]).json()["items"] == everything[:1]
    sky.wait(seconds=1)
    sky.screen(hours=0.1)
    second = centre.get("/v1/conjunctions", sort="miss_distance", limit=1, cursor=nearest["next"]).json()
    assert second["run"]["id"] == nearest["run"]["id"]
    assert second["items"][0]["id"] != nearest["items"][0]["id"]
    mixed = centre.get("/v1/conjunctions", sort="tca", cursor=nearest["next"])
    assert (mixed.status_code, mixed.json()["code"]) == (422, "conjunction.sort_mixed")


def test_runs_are_listed_with_what_they_could_not_follow(centre: Caller, sky: Sky) -> None:
    sky.take_text(meeting(sky))
    run = sky.screen()
    listed = centre.get("/v1/runs").json()["items"]
    assert [one["id"] for one in listed] == [run.id]
    assert centre.get(f"/v1/runs/{run.id}").json() == listed[0]
    assert centre.get(f"/v1/runs/{run.id}/failures").json()["items"] == []
    assert centre.get("/v1/runs/run_none").status_code == 404


def test_a_synthetic_catalogue_says_so_in_every_answer(centre: Caller, sky: Sky) -> None:
    sets = [element_set(900000000 + number, sky.clock.now(), name=f"SYNTHETIC {number}") for number in (1, 2)]
    sky.take(*sets, synthetic=True)
    run = sky.screen()
    assert centre.get("/v1/objects").json()["items"][0]["synthetic"] is True
    assert centre.get("/v1/source-files").json()["items"][0]["synthetic"] is True
    answer = centre.get(f"/v1/runs/{run.id}").json()
    assert answer["synthetic"] is True
    assert answer["synthetic_notice"] == say("awareness.synthetic_notice")


def test_a_watch_is_made_tried_changed_and_ended_and_its_alerts_are_its_owners(hub: Hub, sky: Sky) -> None:
    owner, rival = hub.key("operations_centre"), hub.key("nation", name="rival")
    sky.take_text(meeting(sky))
    run = sky.screen()
    with hub.database.read() as session:
        object_id = catalogue.by_catalog_number(session, [102])[102]
    wanted = {"name": "mine", "objects": [101, object_id], "miss_distance_m": 5000}
    tried = owner.post("/v1/watches/dry-run", wanted).json()
    assert (tried["run_id"], tried["count"]) == (run.id, run.encounters)
    made = owner.post("/v1/watches", wanted)
    assert made.status_code == 201, made.text
    watch = made.json()
    assert len(watch["object_ids"]) == 2
    raise_alerts(sky, run)
    found = owner.get("/v1/alerts").json()["items"]
    assert [(one["watch_id"], one["state"]) for one in found] == [(watch["id"], "raised")]
    assert found[0]["reason_text"] == say("alert.reason.first_seen")
    assert owner.get(f"/v1/alerts/{found[0]['id']}").json() == found[0]
    assert owner.get("/v1/alerts", state="cleared").json()["items"] == []
    assert rival.get("/v1/alerts").json()["items"] == []
    assert rival.get(f"/v1/alerts/{found[0]['id']}").status_code == 404
    assert rival.get(f"/v1/watches/{watch['id']}").status_code == 404
    assert rival.get("/v1/watches").json()["items"] == []
    path = f"/v1/watches/{watch['id']}"
    assert owner.put(path, wanted | {"objects": [103]}).json()["miss_distance_m"] == 5000
    assert owner.delete(path).json()["active"] is False
    assert owner.post("/v1/watches", wanted | {"objects": ["STARLINK"]}).status_code == 422
    assert owner.post("/v1/watches", wanted | {"objects": [424242]}).json()["code"] == "awareness.object_unknown"


def give_cdm(caller: Caller, text: str, key: str = "cdm-1") -> Response:
    return caller.hub.client.post(
        "/v1/conjunctions/messages",
        content=text.encode(),
        headers=caller.headers() | {"Idempotency-Key": key, "Content-Type": "text/plain"},
    )


def test_a_received_message_stands_beside_the_run_for_those_who_may_see_it(centre: Caller, hub: Hub, sky: Sky) -> None:
    """Sabotage seen: with a public marking on what is told, the nation reads the message as well."""
    sky.take_text(meeting(sky))
    sky.screen()
    first = centre.get("/v1/conjunctions", sort="miss_distance", limit=1).json()["items"][0]
    answer = give_cdm(centre, cdm(datetime.fromisoformat(first["tca"]), 101, 102))
    assert answer.status_code == 201, answer.text
    message = answer.json()
    assert (message["conjunction_id"], message["form"], message["problem"]) == (first["id"], "kvn", "")
    whole = centre.get(f"/v1/conjunctions/{first['id']}").json()
    assert (whole["status"], whole["level"]) == ("escalated", "red")
    assert [step["status"] for step in whole["history"]] == ["new", "escalated"]
    assert whole["history"][1]["reason_text"] == say(
        "conjunction.reason.rose", "en", before=Level(whole["history"][0]["level"]), level=Level.RED, pc="3.2e-04"
    )
    assert [(each["originator"], each["pc"], each["message_id"]) for each in whole["sources"]] == [
        ("CSPOC", 3.2e-4, message["id"])
    ]
    between = whole["disagreement"][0]
    assert (between["one"], between["other"]) == ("cdm/CSPOC", "gp")
    assert between["pc_decades"] == pytest.approx(log10(whole["assessments"][-1]["pc"] / 3.2e-4), abs=0.01)
    assert centre.get(f"/v1/conjunctions/messages/{message['id']}").json()["text"].startswith("CCSDS_CDM_VERS")
    nation = hub.key("nation")
    theirs = nation.get(f"/v1/conjunctions/{first['id']}").json()
    assert (theirs["sources"], theirs["disagreement"], theirs["status"]) == ([], [], "new")
    assert nation.get("/v1/conjunctions/messages").json()["items"] == []
    assert nation.get(f"/v1/conjunctions/messages/{message['id']}").status_code == 404


def test_a_message_that_no_run_knows_makes_a_conjunction_that_can_be_read(centre: Caller, sky: Sky) -> None:
    sky.take_text(meeting(sky))
    message = give_cdm(centre, cdm(sky.clock.now() + timedelta(days=9), 101, 102)).json()
    whole = centre.get(f"/v1/conjunctions/{message['conjunction_id']}").json()
    assert (whole["first_run_id"], whole["assessments"], whole["status"]) == (None, [], "new")
    assert (whole["objects"][0]["element_set_id"], whole["entry_at"]) == (None, None)
    assert whole["radial_m"] == 120.0


def test_what_is_no_message_is_refused_with_its_place(centre: Caller, sky: Sky) -> None:
    sky.take_text(meeting(sky))
    text = cdm(sky.clock.now() + timedelta(days=9), 101, 102)
    bad = give_cdm(centre, text.replace("X = 7000.0 [km]", "X = seven [km]"), "cdm-2")
    assert bad.status_code == 422
    assert bad.json()["code"].startswith("ndm.")
    assert give_cdm(centre, "x" * (2**20 + 1), "cdm-3").status_code in (413, 422)
    assert centre.get("/v1/conjunctions/messages").json()["items"] == []


def test_only_who_agreed_to_be_found_is_named_and_only_to_those_they_chose(centre: Caller, hub: Hub, sky: Sky) -> None:
    """Sabotage seen: without the marking in `of`, the centre reads what was for another nation."""
    sky.take_text(meeting(sky))
    sky.screen()
    first = centre.get("/v1/conjunctions", sort="miss_distance", limit=1).json()["items"][0]["id"]
    assert centre.get(f"/v1/conjunctions/{first}").json()["contacts"] == []
    supplier = hub.key("provider")
    body = {"object": 102, "name": "Flight dynamics", "email": "fd@example.org", "nations": ["XK"]}
    hidden = supplier.post("/v1/contacts", body)
    assert hidden.status_code == 201, hidden.text
    assert centre.get(f"/v1/conjunctions/{first}").json()["contacts"] == []
    shown = supplier.post("/v1/contacts", body | {"nations": None}).json()
    named = centre.get(f"/v1/conjunctions/{first}").json()["contacts"]
    assert [(each["id"], each["name"]) for each in named] == [(shown["id"], "Flight dynamics")]
    assert len(supplier.get("/v1/contacts").json()["items"]) == 2
    assert centre.delete(f"/v1/contacts/{shown['id']}").status_code == 404
    assert supplier.delete(f"/v1/contacts/{shown['id']}").status_code == 200
    assert centre.get(f"/v1/conjunctions/{first}").json()["contacts"] == []


def test_the_riskiest_come_first_and_what_is_less_likely_is_left_out(centre: Caller, sky: Sky) -> None:
    """Sabotage seen: without `descending` the least likely come first."""
    sky.take(*crossing(sky))
    run = sky.screen(hours=6.0)
    found = centre.get("/v1/conjunctions", sort="risk").json()["items"]
    assert found
    assert found[0]["pc"] >= 1e-5
    everything = centre.get("/v1/conjunctions", sort="risk", min_pc=1e-300).json()["items"]
    assert [one["pc"] for one in everything] == sorted((one["pc"] for one in everything), reverse=True)
    assert len(found) > 1
    assert [one["id"] for one in everything][: len(found)] == [one["id"] for one in found]
    above = centre.get("/v1/conjunctions", min_pc=found[0]["pc"]).json()["items"]
    assert [one["id"] for one in above] == [found[0]["id"]]
    told = centre.get(f"/v1/runs/{run.id}").json()
    assert (told["source_basis"], told["since_source_s"]) == ("received", 0.0)
    assert list(told["stages_s"]) == ["snapshot", "screen", "risk", "publish"]
