"""A half-open stretch of time, aware UTC, whose end may be open. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime

from space_hub.errors import Invalid


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` (included) to `stop` (excluded); `stop` None means without end."""

    start: datetime
    stop: datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.start, self.stop):
            if moment is not None and moment.utcoffset() is None:
                raise Invalid("vocabulary.time_without_zone", time=moment.isoformat())
        object.__setattr__(self, "start", _in_utc(self.start))
        if self.stop is not None:
            object.__setattr__(self, "stop", _in_utc(self.stop))
            if self.stop <= self.start:
                raise Invalid("vocabulary.interval_empty", start=self.start.isoformat(), stop=self.stop.isoformat())

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment and (self.stop is None or moment < self.stop)

    def covers(self, other: "Interval") -> bool:
        """Whether every moment of `other` lies inside."""
        if other.start < self.start:
            return False
        return self.stop is None or (other.stop is not None and other.stop <= self.stop)

    def overlaps(self, other: "Interval") -> bool:
        return (self.stop is None or other.start < self.stop) and (other.stop is None or self.start < other.stop)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Invalid("vocabulary.time_outside_calendar", time=moment.isoformat()) from None
