"""Two clocks: hub time, which can be replayed, and real time.

`now()` is hub time: domain rules, schedules, windows. `wall()` is real time:
signatures, tokens, leases, HTTP. They differ by a fixed offset that an
installation stores when it is made (`space_hub.db.Installation`).
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Hub time, aware UTC."""

    def wall(self) -> datetime:
        """Real time, aware UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back, for durations and time-outs."""

    def sleep(self, seconds: float) -> None:
        """Wait that many real seconds."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock, shifted by `offset` for hub time."""

    offset: timedelta = timedelta()

    def now(self) -> datetime:
        return self.wall() + self.offset

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until told: for tests and for simulation. `sleep` advances it."""

    current: datetime
    offset: timedelta = timedelta()
    _started: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.current

    def now(self) -> datetime:
        return self.current + self.offset

    def wall(self) -> datetime:
        return self.current

    def monotonic(self) -> float:
        return (self.current - self._started).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))

    def advance(self, by: timedelta) -> None:
        self.current += by
