"""Clocks that stand still when offices are closed. Pure.

A working day is a whole day in UTC: the alliance works in eight time zones, and
hours of one capital would be unfair to another. Weekends and the days below are
closed for all; a start on a closed day counts from the next working midnight.
"""

from datetime import UTC, date, datetime, timedelta

_DAY = timedelta(days=1)
_YEARS = range(2015, 2061)


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar, by the algorithm of Meeus, Jones and Butcher."""
    century, of_century = divmod(year, 100)
    leap, rest = divmod(century, 4)
    moved = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * (year % 19) + century - leap - moved + 15) % 30
    weekday = (32 + 2 * rest + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (year % 19 + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def closed_in(year: int) -> frozenset[date]:
    """The days on which no office of the alliance is expected to answer."""
    sunday = easter(year)
    moving = (sunday - 2 * _DAY, sunday + _DAY, sunday + 39 * _DAY)
    return frozenset({date(year, 1, 1), date(year, 5, 1), date(year, 12, 25), date(year, 12, 26), *moving})


CLOSED: frozenset[date] = frozenset[date]().union(*(closed_in(year) for year in _YEARS))
"""New Year, Good Friday, Easter Monday, the first of May, Ascension, Christmas and the day after."""


def is_working(day: date, closed: frozenset[date] = CLOSED) -> bool:
    return day.weekday() < 5 and day not in closed


def add_working_seconds(start: datetime, seconds: float, closed: frozenset[date] = CLOSED) -> datetime:
    """The moment at which `seconds` of working time have passed since `start`; not negative."""
    at, left = start.astimezone(UTC), timedelta(seconds=seconds)
    while True:
        midnight = datetime.combine(at.date() + _DAY, datetime.min.time(), UTC)
        if is_working(at.date(), closed):
            if left <= midnight - at:
                return at + left
            left -= midnight - at
        at = midnight


def add_working_days(start: datetime, days: int, closed: frozenset[date] = CLOSED) -> datetime:
    """`days` working days later: Friday at ten and two days is Tuesday at ten."""
    return add_working_seconds(start, days * _DAY.total_seconds(), closed)


def working_seconds(a: datetime, b: datetime, closed: frozenset[date] = CLOSED) -> float:
    """Working time from `a` to `b`; 0 when `b` is not later."""
    at, end = a.astimezone(UTC), b.astimezone(UTC)
    passed = timedelta()
    while at < end:
        midnight = min(datetime.combine(at.date() + _DAY, datetime.min.time(), UTC), end)
        if is_working(at.date(), closed):
            passed += midnight - at
        at = midnight
    return passed.total_seconds()
