"""The door to CelesTrak: the public catalogue.

Facts of the source (usage policy of 2026-05-22): data change at most every two hours,
and one download for each change is what it grants; a repeat is answered 403, and
whoever goes on ends in its firewall. The only host is https://celestrak.org; "No GP
data found" arrives as a plain body with status 200.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import httpx

from space_hub.awareness.upstream.answers import Answer, Unreachable, connection, once
from space_hub.awareness.upstream.budget import Policy, Rule
from space_hub.clock import Clock, SystemClock

CELESTRAK = "celestrak"
HOST = "https://celestrak.org"
PATH = "/NORAD/elements/gp.php"
SATCAT_PATH = "/pub/satcat.csv"

POLICY = Policy(
    CELESTRAK,
    {"gp": Rule(timedelta(hours=2)), "supgp": Rule(timedelta(hours=2)), "satcat": Rule(timedelta(days=1))},
    # No number is published for all together; a dozen an hour is far from what an eager reader does.
    ((12, timedelta(hours=1)),),
)


class GpSource(Protocol):
    """A place that gives the whole catalogue as OMM CSV."""

    def fetch(self, group: str) -> Answer:
        """One request; raises Unreachable."""


@dataclass(frozen=True, slots=True)
class CelesTrak:
    """The real one. `transport` is for tests."""

    transport: httpx.BaseTransport | None = None
    clock: Clock = field(default_factory=SystemClock)

    def fetch(self, group: str) -> Answer:
        with connection(HOST, self.transport) as client:
            return once(client, client.build_request("GET", PATH, params={"GROUP": group, "FORMAT": "csv"}), self.clock)

    def satcat(self) -> Answer:
        """The whole satellite catalogue as CSV; one request, raises Unreachable."""
        with connection(HOST, self.transport) as client:
            return once(client, client.build_request("GET", SATCAT_PATH), self.clock)


@dataclass(slots=True)
class RecordedSource:
    """A source that gives recorded answers in turn, None for no connection: for demonstrations and tests.

    After the last answer nothing can be reached. `asked` counts the requests.
    """

    answers: list[Answer | None] = field(default_factory=list)
    asked: int = 0

    def fetch(self, group: str) -> Answer:
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else None
        if answer is None:
            raise Unreachable("RecordedSource")
        return answer
