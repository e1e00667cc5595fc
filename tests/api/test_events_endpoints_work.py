"""Events, endpoints and work over HTTP."""

from typing import Any

import pytest

from space_hub.delivery import log
from space_hub.settings import Settings
from space_hub.trust import markings
from space_hub.trust.principal import HUB
from space_hub.work import ledger
from tests.support.deliveries import World
from tests.support.hub import Caller, Hub
from tests.support.receiver import Receiver, listening

URL = "https://hub.example.org/hook"


def _happen(hub: Hub, subject: str, owner: Caller | None = None) -> None:
    with hub.database.write() as session:
        marking_id = markings.public(session) if owner is None else markings.owner_only(session, owner.organisation_id)
        log.append(session, hub.clock, "alert.raised", subject, {"subject": subject}, marking_id)
        log.sequence(session)


def _subjects(answer: dict[str, Any]) -> list[str]:
    return [item["subject"] for item in answer["items"]]


def test_events_are_pulled_by_cursor_and_only_those_one_may_read(hub: Hub) -> None:
    french, german = hub.key("nation", "FR"), hub.key("nation", "DE")
    for number in range(5):
        _happen(hub, f"alr_{number}", (french, german, None)[number % 3])
    first = french.get("/v1/events", limit=2).json()
    assert _subjects(first) == ["alr_0", "alr_2"]
    second = french.get("/v1/events", limit=2, after=first["next"]).json()
    assert _subjects(second) == ["alr_3"]
    again = french.get("/v1/events", after=second["next"]).json()
    assert (again["items"], again["next"]) == ([], second["next"])
    assert _subjects(german.get("/v1/events").json()) == ["alr_1", "alr_2", "alr_4"]
    assert "position" not in first["items"][0]


def test_another_s_event_is_no_cursor_and_looks_like_none_at_all(hub: Hub) -> None:
    french, german = hub.key("nation", "FR"), hub.key("nation", "DE")
    _happen(hub, "alr_de", german)
    hidden = german.get("/v1/events").json()["next"]
    answers = [french.get("/v1/events", after=after) for after in (hidden, "evt_0000")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert {answer.json()["code"] for answer in answers} == {"delivery.event_unknown"}


def test_events_are_chosen_by_topic_and_a_misspelt_topic_is_refused(hub: Hub) -> None:
    french = hub.key()
    _happen(hub, "alr_1")
    assert french.get("/v1/events", topics="run.published").json()["items"] == []
    assert len(french.get("/v1/events", topics="run.published,alert.raised").json()["items"]) == 1
    assert french.get("/v1/events", topics="alert.rose").json()["code"] == "delivery.topic_unknown"


def test_an_endpoint_s_secret_is_shown_once_and_never_again(hub: Hub) -> None:
    french = hub.key()
    made = french.post("/v1/endpoints", {"url": URL, "topics": ["alert.raised"]}, key="same")
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    again = french.post("/v1/endpoints", {"url": URL, "topics": ["alert.raised"]}, key="same")
    assert again.json()["secret"] is None
    endpoint_id = made.json()["id"]
    for path in ("/v1/endpoints", f"/v1/endpoints/{endpoint_id}"):
        assert secret not in french.get(path).text
    rotated = french.post(f"/v1/endpoints/{endpoint_id}/rotate").json()
    assert rotated["secret"] not in (None, secret)


def test_another_s_endpoint_is_not_found_by_any_route(hub: Hub) -> None:
    french, german = hub.key("nation", "FR"), hub.key("nation", "DE")
    path = f"/v1/endpoints/{french.post('/v1/endpoints', {'url': URL}).json()['id']}"
    answers = [
        german.get(path),
        german.get(f"{path}/messages"),
        german.get(f"{path}/messages/msg_1/dispatches"),
        german.post(f"{path}/rotate"),
        german.post(f"{path}/replay", {}),
        german.post(f"{path}/test"),
        german.put(f"{path}/enable"),
        german.put(f"{path}/disable"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert german.get("/v1/endpoints").json()["items"] == []


@pytest.mark.parametrize("url", ["http://hub.example.org/", "https://169.254.169.254/", "https://localhost/"])
def test_an_endpoint_inside_is_refused_with_what_to_do(hub: Hub, url: str) -> None:
    answer = hub.key().post("/v1/endpoints", {"url": url})
    assert answer.status_code == 422
    assert answer.json()["code"].startswith("delivery.url_")
    assert url in answer.json()["detail"]


def test_the_owner_sees_every_message_and_every_attempt(hub: Hub) -> None:
    french = hub.key()
    with listening(Receiver(answer=lambda number: 503 if number == 1 else 200, reply=b"later")) as receiver:
        hub.settings.egress_allow.append(receiver.allow)
        endpoint_id = french.post("/v1/endpoints", {"url": receiver.url}).json()["id"]
        assert french.post(f"/v1/endpoints/{endpoint_id}/test").status_code == 202
        world = World(hub.database, hub.clock, hub.rng)
        assert world.send(receiver.allow) == 0
        waiting = french.get(f"/v1/endpoints/{endpoint_id}").json()
        assert waiting["failures"] == 1
        hub.clock.sleep(10)
        assert world.send(receiver.allow) == 1
    [message] = french.get(f"/v1/endpoints/{endpoint_id}/messages").json()["items"]
    assert (message["state"], message["attempts"], message["type"]) == ("delivered", 2, "endpoint.tested")
    assert french.get(f"/v1/endpoints/{endpoint_id}/messages", state="dead").json()["items"] == []
    attempts = french.get(f"/v1/endpoints/{endpoint_id}/messages/{message['id']}/dispatches").json()["items"]
    assert [(one["status"], one["excerpt"]) for one in attempts] == [(503, "later"), (200, "later")]
    assert french.post(f"/v1/endpoints/{endpoint_id}/replay", {}).status_code == 202
    assert Settings().egress_allow == []


def test_work_is_seen_and_cancelled_by_its_owner_only(hub: Hub) -> None:
    french, german = hub.key("nation", "FR"), hub.key("nation", "DE")
    with hub.database.write() as session:
        work = ledger.start(session, hub.clock, hub.rng, kind="screen", params={}, principal=HUB)
        work.organisation_id = french.organisation_id
        session.add(work)
    assert [item["id"] for item in french.get("/v1/work").json()["items"]] == [work.id]
    assert french.get(f"/v1/work/{work.id}").json()["state"] == "queued"
    assert german.get("/v1/work").json()["items"] == []
    assert german.get(f"/v1/work/{work.id}").status_code == 404
    assert german.put(f"/v1/work/{work.id}/cancel").status_code == 404
    assert french.put(f"/v1/work/{work.id}/cancel").json()["state"] == "cancelled"
    again = french.put(f"/v1/work/{work.id}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "work.over")


def test_failed_work_says_why_in_the_asker_s_language(hub: Hub) -> None:
    french = hub.key()
    with hub.database.write() as session:
        work = ledger.start(session, hub.clock, hub.rng, kind="screen", params={}, principal=HUB)
        work.organisation_id = french.organisation_id
        session.add(work)
        session.flush()
        held = ledger.claim(session, hub.clock, hub.rng, holder="test", kinds=["screen"])
        assert held is not None
        ledger.fail(session, hub.clock, held, "work.fault", {"fault": "KeyError"})
    answer = hub.client.get(f"/v1/work/{work.id}", headers=french.headers() | {"Accept-Language": "fr"}).json()
    assert answer["error"]["code"] == "work.fault"
    assert answer["error"]["detail"].startswith("Ce travail a échoué")
