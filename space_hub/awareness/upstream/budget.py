"""Whether a source may be asked now, from what was asked of it before. Pure.

The limits stand below those that the sources publish, and are counted from the end
of a call where it is known, for the source counts from when a request reached it.
Three rules hold for every source: one call at a time; after a refusal none until a
person releases it; and a call whose end nobody wrote down may have been refused, so
that it stops the source as a refusal does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from space_hub.text import Word

IN_FLIGHT = timedelta(minutes=15)
"""Longer than any call lasts: `answers` gives one up after five minutes."""

REMEMBERED = timedelta(days=2)
"""Calls older than this bear on no limit here."""


class Outcome(Word, of="source_outcome"):
    """How an attempt to ask a source ended; the codes `source.outcome.*` say it to people."""

    SPENT = "spent"
    TAKEN = "taken"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"
    UNKNOWN = "unknown"
    RELEASED = "released"
    TOO_SOON = "too_soon"
    SAMPLE = "sample"


CLOSED = (Outcome.STOPPED.value, Outcome.UNKNOWN.value)
"""What keeps a source from being asked until a person releases it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How often one thing may be asked for: at most once in `every`, and where `not_before` stands, after it (UTC)."""

    every: timedelta
    not_before: time | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What a source asks of its readers. A kind is `gp:active`: the rule is that of the part before the colon."""

    source: str
    rules: Mapping[str, Rule]
    most: tuple[tuple[int, timedelta], ...]
    """Calls of every kind together, in any span of that length."""

    def rule(self, kind: str) -> Rule:
        return self.rules[kind.partition(":")[0]]


@dataclass(frozen=True, slots=True)
class Past:
    """A call that was made, or begun; `settled_at` is empty while nobody has written its end."""

    kind: str
    spent_at: datetime
    settled_at: datetime | None
    outcome: str

    @property
    def over_at(self) -> datetime:
        """The latest moment at which the source may have seen it."""
        return self.spent_at + IN_FLIGHT if self.settled_at is None else max(self.spent_at, self.settled_at)


class Verdict(StrEnum):
    GO = "go"
    WAIT = "wait"
    CLOSED = "closed"
    LOST = "lost"
    """Calls were begun whose end nobody will write any more."""


def verdict(policy: Policy, kind: str, past: Sequence[Past], now: datetime) -> Verdict:
    """Whether `kind` may be asked for at `now`; `past` holds all calls of the source that bear on it."""
    if any(each.outcome in CLOSED for each in past):
        return Verdict.CLOSED
    under_way = [each for each in past if each.outcome == Outcome.SPENT.value]
    if any(now - each.spent_at >= IN_FLIGHT for each in under_way):
        return Verdict.LOST
    # A clock that has gone back shows calls of the future: wait, rather than call twice.
    if under_way or any(each.spent_at > now for each in past):
        return Verdict.WAIT
    rule = policy.rule(kind)
    if any(each.kind == kind and now - each.over_at < rule.every for each in past):
        return Verdict.WAIT
    if rule.not_before is not None and now.timetz().replace(tzinfo=None) < rule.not_before:
        return Verdict.WAIT
    full = any(sum(now - each.over_at < span for each in past) >= most for most, span in policy.most)
    return Verdict.WAIT if full else Verdict.GO
