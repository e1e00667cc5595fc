"""The door to Space-Track: a login whose cookie is used again, and few, large requests.

Facts of the source (its API pages, and its engineers' replies to clients that were
locked out): 30 requests a minute and 300 an hour for everything; current element sets
once an hour, the satellite catalogue once a day after 17:00 UTC, public conjunctions
three times a day; the whole in one request, never one for each object; a login for
each request harms others. Its user agreement forbids redistribution: what comes
through this door may be shown to the owner of the account alone.

Name and password stand in memory only; they are in no row, log line or error.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Protocol

import httpx

from space_hub.awareness.upstream import calls
from space_hub.awareness.upstream.answers import TABLES, Answer, connection, once
from space_hub.awareness.upstream.budget import Outcome, Policy, Rule
from space_hub.awareness.upstream.calls import Take, Taken
from space_hub.clock import Clock, SystemClock
from space_hub.db import Database
from space_hub.trust.principal import Principal

SPACETRACK = "spacetrack"
HOST = "https://www.space-track.org"
LOGIN = "login"
LOGGED_IN = b'""'
"""What the source says to a login that it accepts; one that it does not accept has status 200 too."""

COOKIE_LASTS = timedelta(minutes=90)
"""The source keeps a session for about two hours."""

POLICY = Policy(
    SPACETRACK,
    {
        LOGIN: Rule(timedelta(minutes=30)),
        "gp": Rule(timedelta(hours=1)),
        "satcat": Rule(timedelta(days=1), time(17)),
        "cdm_public": Rule(timedelta(hours=8)),
    },
    ((20, timedelta(minutes=1)), (200, timedelta(hours=1))),
)

_QUERY = "/basicspacedata/query/class"
PATHS = {
    "gp": f"{_QUERY}/gp/decay_date/null-val/epoch/%3Enow-10/orderby/norad_cat_id/format/json",
    "satcat": f"{_QUERY}/satcat/CURRENT/Y/orderby/norad_cat_id/format/csv",
    "cdm_public": f"{_QUERY}/cdm_public/CREATED/%3Enow-1/orderby/CDM_ID/format/json",
}
"""The one request for each class."""

_KINDS = (*TABLES, "application/json")


class Account(Protocol):
    """A place where one logs in and then asks."""

    def login(self) -> tuple[Answer, str]:
        """The answer and the cookie that came with it; raises Unreachable."""

    def fetch(self, kind: str, cookie: str) -> Answer:
        """One request for a class; raises Unreachable."""


@dataclass(frozen=True, slots=True)
class SpaceTrack:
    """The real one, for one account. `transport` is for tests."""

    identity: str
    password: str = field(repr=False)
    transport: httpx.BaseTransport | None = None
    clock: Clock = field(default_factory=SystemClock)

    def login(self) -> tuple[Answer, str]:
        with connection(HOST, self.transport) as client:
            form = {"identity": self.identity, "password": self.password}
            answer = once(client, client.build_request("POST", "/ajaxauth/login", data=form), self.clock)
            return answer, "; ".join(f"{name}={value}" for name, value in client.cookies.items())

    def fetch(self, kind: str, cookie: str) -> Answer:
        with connection(HOST, self.transport) as client:
            return once(client, client.build_request("GET", PATHS[kind], headers={"cookie": cookie}), self.clock)


@dataclass(slots=True)
class SpaceTrackSession:
    """One process's use of an account: logs in when it must, through the same ledger as every request."""

    account: Account
    cookie: str = field(default="", repr=False)
    since: datetime | None = None

    def ask(self, database: Database, clock: Clock, principal: Principal, kind: str, take: Take) -> Taken:
        """Ask for a class once, if the rules allow it now; a login that is needed comes first and may be all."""
        if self.since is None or not timedelta() <= clock.wall() - self.since < COOKIE_LASTS:
            entered = calls.ask(database, clock, principal, POLICY, LOGIN, self._enter, self._entered(clock), _KINDS)
            if entered.outcome is not Outcome.TAKEN:
                return entered
        fetch = self.account.fetch
        return calls.ask(database, clock, principal, POLICY, kind, lambda: fetch(kind, self.cookie), take, _KINDS)

    def _enter(self) -> Answer:
        answer, self.cookie = self.account.login()
        return answer

    def _entered(self, clock: Clock) -> Take:
        def take(_session: object, answer: Answer) -> Taken:
            if answer.body.strip() != LOGGED_IN:
                # What it says may repeat what was sent: it is not kept.
                return Taken(Outcome.STOPPED, None, "source.stopped_login", {})
            self.since = clock.wall()
            return Taken()

        return take
