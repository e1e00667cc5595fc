"""One request to a source and what it said; what must stop us is told from what is an answer."""

from collections.abc import Collection
from dataclasses import dataclass

import httpx

from space_hub.awareness.ingest import MAX_BYTES
from space_hub.clock import Clock
from space_hub.orbit.gp_fields import storable

TABLES = ("text/csv", "text/plain", "application/csv", "application/octet-stream")
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_LONGEST_S = 300.0
"""Of a whole call: a source that gives a byte a minute keeps within the time-outs of single reads."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said."""

    status: int
    content_type: str
    body: bytes
    too_large: bool = False
    last_modified: str | None = None
    """As its header says."""


class Unreachable(Exception):
    """No answer came: no route, no name, a time-out, a broken connection."""


def connection(host: str, transport: httpx.BaseTransport | None) -> httpx.Client:
    """A client for one host, without proxies or redirects. `transport` is for tests; None connects."""
    return httpx.Client(base_url=host, timeout=_TIMEOUT, trust_env=False, follow_redirects=False, transport=transport)


def once(client: httpx.Client, request: httpx.Request, clock: Clock) -> Answer:
    """Send one request; raises Unreachable."""
    begun = clock.monotonic()
    try:
        response = client.send(request, stream=True)
        try:
            body = bytearray()
            for part in response.iter_bytes():
                body += part
                if len(body) > MAX_BYTES:
                    break
                if clock.monotonic() - begun > _LONGEST_S:
                    raise Unreachable("Deadline")
            kind = response.headers.get("content-type", "")
            changed = response.headers.get("last-modified")
            return Answer(response.status_code, kind, bytes(body), len(body) > MAX_BYTES, changed)
        finally:
            response.close()
    except httpx.HTTPError as error:
        raise Unreachable(type(error).__name__) from error


def fault(answer: Answer, kinds: Collection[str] = TABLES) -> tuple[str, dict[str, object]] | None:
    """Why this answer must stop us, or None. The content itself is judged by its reader."""
    if answer.status != 200:
        return "source.stopped_status", {
            "status": answer.status,
            "said": storable(answer.body[:300].decode("utf-8", "replace")),
        }
    kind = answer.content_type.split(";")[0].strip().lower()
    if kind not in kinds:
        return "source.stopped_content_type", {"content_type": kind or "-"}
    if answer.too_large:
        return "source.stopped_too_large", {"limit_mib": MAX_BYTES // (1024 * 1024)}
    return None
