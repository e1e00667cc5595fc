"""CelesTrak and Space-Track as their rules describe them: they count every request, and note each that breaks a rule.

The limits are those that the sources publish, not ours. A request that breaks one, or
that a draw of the seed says so of, is refused; one that comes after a refusal, before a
person has looked, is noted as the worst.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from space_hub.awareness.upstream.answers import Answer, Unreachable
from space_hub.clock import ManualClock

CELESTRAK, SPACETRACK = "celestrak", "spacetrack"
_CSV, _JSON = "text/csv", "application/json"
_FAULTS = (403, 503, 301, 404, 500, 502, 429)


@dataclass(slots=True)
class Upstreams:
    """Both sources at virtual time. `faults` is the share of requests that are refused for no reason of ours."""

    clock: ManualClock
    seed: int
    faults: float = 0.03
    seen: list[tuple[str, str, datetime]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    _waiting: set[str] = field(default_factory=set)
    _given: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _draw: random.Random = field(init=False)
    _sessions: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._draw = random.Random(f"upstreams/{self.seed}")

    def person_looked(self, source: str) -> None:
        """Whoever may release the source has dealt with its refusals."""
        self._waiting.discard(source)

    def celestrak(self, kind: str) -> Answer:
        since = self._since(CELESTRAK, kind)
        every = timedelta(days=1) if kind == "satcat" else timedelta(hours=2)
        return self._answer(CELESTRAK, kind, since is not None and since < every, Answer(200, _CSV, b"a,b\n1,2\n"))

    def login(self) -> tuple[Answer, str]:
        answer = self._answer(SPACETRACK, "login", False, Answer(200, _JSON, b'""'))
        cookie = f"session={len(self.seen)}"
        self._sessions[cookie] = self.clock.wall()
        return answer, cookie

    def spacetrack(self, kind: str, cookie: str) -> Answer:
        now, since = self.clock.wall(), self._since(SPACETRACK, kind)
        opened = self._sessions.get(cookie)
        if opened is None or now - opened > timedelta(hours=2):
            self.broken.append(f"{now:%d %H:%M} {kind} without a session")
        match kind:
            case "gp":
                over = since is not None and since < timedelta(hours=1)
            case "satcat":
                last = self._given.get((SPACETRACK, kind))
                over = now.hour < 17 or (last is not None and last.date() == now.date())
            case _:
                day = [at for source, each, at in self.seen if (source, each) == (SPACETRACK, kind)]
                over = sum(now - at < timedelta(days=1) for at in day) >= 3
        return self._answer(SPACETRACK, kind, over, Answer(200, _JSON, b"[]"))

    def _since(self, source: str, kind: str) -> timedelta | None:
        given = self._given.get((source, kind))
        return None if given is None else self.clock.wall() - given

    def _answer(self, source: str, kind: str, over: bool, good: Answer) -> Answer:
        if self._draw.random() < self.faults:
            raise Unreachable("ConnectTimeout")
        now = self.clock.wall()
        self.seen.append((source, kind, now))
        if source in self._waiting:
            self.broken.append(f"{now:%d %H:%M} {source} {kind} after a refusal")
        if over:
            self.broken.append(f"{now:%d %H:%M} {source} {kind} above its limit")
        if source == SPACETRACK and self._crowded(now):
            self.broken.append(f"{now:%d %H:%M} {source} {kind} above what all together may")
        if over or source in self._waiting or self._draw.random() < self.faults:
            self._waiting.add(source)
            self.refused[source] += 1
            return Answer(403 if over else self._draw.choice(_FAULTS), "text/html", b"no")
        self._given[source, kind] = now
        self.answered[source] += 1
        return good

    def _crowded(self, now: datetime) -> bool:
        ours = [now - at for source, _kind, at in reversed(self.seen[-400:]) if source == SPACETRACK]
        return (
            sum(age < timedelta(minutes=1) for age in ours) > 30 or sum(age < timedelta(hours=1) for age in ours) > 300
        )
