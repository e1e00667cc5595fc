"""Messages are signed as Standard Webhooks; another library than ours is the judge."""

import json
from datetime import timedelta

import pytest
from svix.webhooks import Webhook, WebhookVerificationError

from space_hub.clock import SystemClock
from space_hub.delivery import signing

SECRET = signing.secret_from(bytes(range(32)))
OTHER = signing.secret_from(bytes(range(1, 33)))
BODY = signing.body(
    event_id="evt_1",
    sequence=7,
    topic="alert.raised",
    timestamp="2024-11-02T00:00:00Z",
    data={"miss_distance_m": 12.5},
    mode="real",
)


def _headers(*secrets: str, ago: timedelta = timedelta()) -> dict[str, str]:
    wall = SystemClock().wall() - ago
    return signing.headers(message_id="msg_1", wall=wall, text=BODY, secrets=secrets, mode="real")


def test_another_library_verifies_our_signature() -> None:
    """Sabotage seen: signing the body without the message id turned this red."""
    Webhook(SECRET).verify(BODY, _headers(SECRET))


@pytest.mark.parametrize("changed", [BODY.replace("12.5", "12.6"), BODY + " ", BODY.replace("evt_1", "evt_2")])
def test_a_changed_body_is_refused(changed: str) -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(changed, _headers(SECRET))


def test_another_message_id_is_refused() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, _headers(SECRET) | {"webhook-id": "msg_2"})


def test_an_old_message_is_refused_so_the_timestamp_is_real_time() -> None:
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(SECRET).verify(BODY, _headers(SECRET, ago=timedelta(minutes=6)))


def test_during_a_rotation_both_secrets_verify_and_a_third_does_not() -> None:
    headers = _headers(OTHER, SECRET)
    Webhook(SECRET).verify(BODY, headers)
    Webhook(OTHER).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.secret_from(b"x" * 32)).verify(BODY, headers)


def test_the_body_holds_type_timestamp_and_data_and_is_the_same_bytes_each_time() -> None:
    assert json.loads(BODY) == {
        "type": "alert.raised",
        "timestamp": "2024-11-02T00:00:00Z",
        "data": {"miss_distance_m": 12.5},
        "id": "evt_1",
        "sequence": 7,
        "mode": "real",
    }
    again = signing.body(
        event_id="evt_1",
        sequence=7,
        topic="alert.raised",
        timestamp="2024-11-02T00:00:00Z",
        data={"miss_distance_m": 12.5},
        mode="real",
    )
    assert again == BODY


def test_a_number_that_is_not_finite_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        signing.body(
            event_id="e", sequence=1, topic="t", timestamp="", data={"miss_distance_m": float("nan")}, mode="real"
        )


def test_a_message_of_an_exercise_says_so_before_and_in_what_is_signed() -> None:
    """The receiver's router reads a header; its program reads what the signature covers, and which exercise it is."""
    text = signing.body(event_id="e", sequence=1, topic="t", timestamp="", data={}, mode="exr_1")
    sent = signing.headers(message_id="m", wall=SystemClock().wall(), text=text, secrets=[SECRET], mode="exr_1")
    assert json.loads(text)["mode"] == "exr_1"
    assert sent["space-hub-mode"] == "exercise"
    assert _headers(SECRET)["space-hub-mode"] == "real"
