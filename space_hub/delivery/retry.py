"""When to try again, and when to stop. Pure.

Eleven attempts over about a day: quick at first for a receiver that restarts,
then slow for one that is down. Jitter of a fifth keeps receivers that failed
together from being called together. After a failure the whole endpoint rests
for a while, so that a dead one costs one attempt at a time and its backlog
leaves in order when it is back.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

_HOUR = 3600.0


class Verdict(StrEnum):
    DONE = "done"
    AGAIN = "again"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Policy:
    """Delays in seconds before attempts 2, 3, ...; `jitter` is a share of the delay, up or down."""

    delays_s: tuple[float, ...] = (
        5.0,
        30.0,
        120.0,
        600.0,
        1800.0,
        _HOUR,
        2 * _HOUR,
        4 * _HOUR,
        8 * _HOUR,
        8 * _HOUR,
    )
    jitter: float = 0.2
    longest_rest_s: float = 300.0
    longest_retry_after_s: float = _HOUR

    @property
    def attempts(self) -> int:
        return len(self.delays_s) + 1


DEFAULT = Policy()


def verdict(status: int | None) -> Verdict:
    """What an HTTP status means; None is "no answer". A redirect is not followed and counts as a failure."""
    if status is not None and 200 <= status < 300:
        return Verdict.DONE
    return Verdict.GONE if status == 410 else Verdict.AGAIN


def delay(policy: Policy, attempts: int, uniform: float, retry_after_s: float | None = None) -> timedelta | None:
    """How long to wait after `attempts` failed attempts, or None when there were enough.

    `uniform` in [0, 1) places the jitter. A receiver's own Retry-After is
    honoured as a lower bound, up to an hour.
    """
    if attempts < 1:
        raise ValueError(f"attempts must be at least 1, not {attempts}")
    if attempts >= policy.attempts:
        return None
    seconds = policy.delays_s[attempts - 1] * (1.0 + policy.jitter * (2.0 * uniform - 1.0))
    if retry_after_s is not None:
        seconds = max(seconds, min(retry_after_s, policy.longest_retry_after_s))
    return timedelta(seconds=seconds)


def rest(policy: Policy, failures: int, uniform: float) -> timedelta:
    """How long an endpoint is left alone after `failures` failures in a row: doubling up to a ceiling."""
    if not policy.delays_s:
        return timedelta()
    seconds = min(policy.delays_s[0] * 2.0 ** (min(failures, 20) - 1), policy.longest_rest_s)
    return timedelta(seconds=seconds * (1.0 + policy.jitter * (2.0 * uniform - 1.0)))


def seconds_of(retry_after: str | None) -> float | None:
    """The Retry-After header when it is a plain number of seconds; a date or nonsense is ignored."""
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
