"""Standard Webhooks signatures: headers of a message. Pure.

Reference: Standard Webhooks specification, symmetric `v1` (HMAC-SHA256 over
`id.timestamp.body`). The timestamp is real time: receivers refuse what is more
than five minutes from their own clock. While a rotation is under way both
secrets sign, and a receiver accepts either.
"""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

from space_hub.trust.labels import kind

SECRET_BYTES = 32

MODE_HEADER = "space-hub-mode"


def secret_from(random_bytes: bytes) -> str:
    """A secret in the form that every Standard Webhooks library reads."""
    return f"whsec_{base64.b64encode(random_bytes).decode()}"


def body(*, event_id: str, sequence: int, topic: str, timestamp: str, data: dict[str, Any], mode: str) -> str:
    """The text of a message; the same bytes at every attempt.

    `mode` is "real" or the exercise that it belongs to, and is signed with the rest.
    `sequence` counts the messages of one endpoint without gaps, so that its owner
    sees that one is missing and can pull it after the `id` of the one before.
    """
    return json.dumps(
        {"type": topic, "timestamp": timestamp, "data": data, "id": event_id, "sequence": sequence, "mode": mode},
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
        sort_keys=True,
    )


def headers(*, message_id: str, wall: datetime, text: str, secrets: Sequence[str], mode: str) -> dict[str, str]:
    """The three headers of the standard and one that names the mode; a signature for each live secret, newest first."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(wall.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, wall, text) for secret in secrets),
        MODE_HEADER: kind(mode).value,
    }
