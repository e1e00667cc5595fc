"""The door to Space-Track: one login for many requests, and no word of the account anywhere."""

import httpx
import pytest

from space_hub.awareness.tables import SourceCall
from space_hub.awareness.upstream import calls
from space_hub.awareness.upstream.answers import Answer
from space_hub.awareness.upstream.budget import Outcome
from space_hub.awareness.upstream.calls import Taken
from space_hub.awareness.upstream.spacetrack import SpaceTrack, SpaceTrackSession
from space_hub.trust.principal import HUB
from tests.support.sky import Sky

SECRET = "correct horse"


class Site:
    """Space-Track as far as a login and a query go."""

    def __init__(self, accepted: bytes = b'""') -> None:
        self.accepted, self.seen = accepted, list[httpx.Request]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        kind = {"content-type": "application/json"}
        if request.url.path == "/ajaxauth/login":
            return httpx.Response(
                200, headers=kind | {"set-cookie": "chocolatechip=abc; path=/"}, content=self.accepted
            )
        return httpx.Response(200, headers=kind, content=b"[]")

    @property
    def session(self) -> SpaceTrackSession:
        return SpaceTrackSession(SpaceTrack("somebody@example.org", SECRET, httpx.MockTransport(self)))


def keep(_session: object, answer: Answer) -> Taken:
    assert answer.body == b"[]"
    return Taken()


def test_one_login_serves_until_its_cookie_grows_old(sky: Sky) -> None:
    """Sabotage seen: a session that forgets when it began wants to log in before each request."""
    site = Site()
    session = site.session
    for kind in ("gp", "cdm_public"):
        assert session.ask(sky.database, sky.clock, HUB, kind, keep).outcome is Outcome.TAKEN
    assert [request.url.path for request in site.seen].count("/ajaxauth/login") == 1
    assert {request.headers.get("cookie") for request in site.seen[1:]} == {"chocolatechip=abc"}
    assert str(site.seen[1].url) == (
        "https://www.space-track.org/basicspacedata/query/class/gp/decay_date/null-val/epoch/%3Enow-10"
        "/orderby/norad_cat_id/format/json"
    )
    assert session.ask(sky.database, sky.clock, HUB, "gp", keep).outcome is Outcome.TOO_SOON
    sky.wait(minutes=91)
    assert session.ask(sky.database, sky.clock, HUB, "gp", keep).outcome is Outcome.TAKEN
    assert [request.url.path for request in site.seen].count("/ajaxauth/login") == 2


def test_a_login_that_is_not_accepted_stops_and_nothing_tells_the_account(
    sky: Sky, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site(b'{"Login":"Failed"}')
    session = site.session
    assert session.ask(sky.database, sky.clock, HUB, "gp", keep).outcome is Outcome.STOPPED
    sky.wait(days=2)
    assert session.ask(sky.database, sky.clock, HUB, "gp", keep).outcome is Outcome.STOPPED
    assert len(site.seen) == 1
    with sky.database.read() as reading:
        rows: list[SourceCall] = list(calls.calls(reading))
    said = f"{rows} {[entry.payload for entry in sky.entries('source.stopped')]} {capsys.readouterr()} {session}"
    assert SECRET not in said
    assert [row.code for row in rows] == ["source.stopped_login"]
