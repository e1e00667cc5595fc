"""A supplier's web interface as a client sees it: JSON in, JSON out, always at the same origin.

A link that a supplier gives is followed only where it stays at the door's own
scheme, host and port: neither our credential nor a need of ours is carried to
anyone else. What goes wrong is an `Unavailable` that names what was met.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

from space_hub.delivery.wire import Fetched
from space_hub.errors import Unavailable

MOST_PAGES = 200
_JSON = ("application/json", "+json")


class Sender(Protocol):
    """What of `space_hub.delivery.wire.Wire` a client needs."""

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched: ...

    def post_json(self, url: str, value: Any, headers: Mapping[str, str] | None = None) -> Fetched: ...


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Client:
    """`credential` is the whole value of the Authorization header; it is never shown."""

    wire: Sender
    url: str
    credential: str | None = field(default=None, repr=False)

    def get(self, link: str) -> Answer:
        url = self.at(link)
        return self._read(url, self.wire.get(url, self._headers()))

    def post(self, link: str, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
        url = self.at(link)
        return self._read(url, self.wire.post_json(url, value, self._headers() | dict(headers or {})))

    def at(self, link: str) -> str:
        """The address of a link, which may be relative to the door's own."""
        url = urljoin(self.url.rstrip("/") + "/", link)
        if _origin(url) != _origin(self.url):
            raise Unavailable("adapter.link_elsewhere", link=link[:200])
        return url

    def pages(self, href: str) -> Iterator[Any]:
        """The pages behind `href`, by their `next` links; Unavailable where they do not come to an end.

        A next page that wants another method than GET is not the end either: what stands on it is not known.
        """
        seen: set[str] = set()
        following: str | None = href
        while following is not None:
            url = self.at(following)
            if url in seen or len(seen) == MOST_PAGES:
                raise Unavailable("adapter.pages_endless", pages=len(seen))
            seen.add(url)
            page = self.get(url).body
            yield page
            following = next_link(page)
            if following is None and link(page, "next") is not None:
                raise Unavailable("adapter.next_not_get", pages=len(seen))

    def _headers(self) -> dict[str, str]:
        found = {"Accept": "application/json, application/geo+json"}
        return found if self.credential is None else found | {"Authorization": self.credential}

    def _read(self, url: str, fetched: Fetched) -> Answer:
        where = urlsplit(url).path or "/"
        if fetched.status is None or fetched.error is not None:
            raise Unavailable("adapter.no_answer", path=where, reason=fetched.error or "?")
        if fetched.status in (401, 403):
            raise Unavailable("adapter.credential_refused", path=where, status=fetched.status)
        if not 200 <= fetched.status < 300:
            raise Unavailable("adapter.status", path=where, status=fetched.status, retry_after_s=_retry(fetched))
        kind = fetched.headers.get("content-type", "").split(";")[0].strip().lower()
        if fetched.status == 204 or not fetched.body:
            return Answer(fetched.status, fetched.headers, None)
        if not kind.endswith(_JSON):
            raise Unavailable("adapter.answer_not_json", path=where, kind=kind[:80] or "-")
        try:
            body = json.loads(fetched.body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise Unavailable("adapter.answer_unreadable", path=where) from error
        return Answer(fetched.status, fetched.headers, body)


def links_of(thing: Any) -> list[Mapping[str, Any]]:
    """The links of an object; some suppliers give one link where a list is asked for."""
    links = thing.get("links") if isinstance(thing, Mapping) else None
    found = [links] if isinstance(links, Mapping) else links if isinstance(links, list) else []
    return [each for each in found if isinstance(each, Mapping) and isinstance(each.get("href"), str)]


def link(thing: Any, *relations: str) -> Mapping[str, Any] | None:
    """The first link of one of these relations, in the order of the relations."""
    for relation in relations:
        for each in links_of(thing):
            if each.get("rel") == relation:
                return each
    return None


def next_link(page: Any) -> str | None:
    found = link(page, "next")
    if found is None or str(found.get("method") or "GET").upper() != "GET":
        return None
    return str(found["href"])


def moment(given: Any) -> datetime | None:
    """A time that a supplier gives with its zone; None where it gives none that can be read."""
    try:
        found = datetime.fromisoformat(given) if isinstance(given, str) else None
        if found is None or found.tzinfo is None:
            return None
        found.astimezone(UTC)  # At the calendar's ends there are times that have none in UTC.
    except (ValueError, OverflowError):
        return None
    return found


def _no_constant(name: str) -> None:
    """NaN and infinity are no JSON, whoever writes them; a number beyond all bounds is refused where it is read."""
    raise ValueError(name)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port
    except ValueError:
        return "", None, None


def _retry(fetched: Fetched) -> int:
    given = fetched.headers.get("retry-after", "")
    return min(int(given), 3600) if given.isascii() and given.isdecimal() and len(given) < 6 else 60
