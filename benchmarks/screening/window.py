"""What is asked of every contestant: the same catalogue, window and threshold."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

START = datetime(2024, 11, 2, tzinfo=UTC)
THRESHOLD_KM = 5.0
MAX_AGE_DAYS = 15.0
THREADS = 2

DAY_H = 24.0
WEEK_H = 168.0

SMALL_OBJECTS = 3_000
SMALL_H = 1.0
"""What a first result is of, and what warms caches."""


@dataclass(frozen=True, slots=True)
class Job:
    """A screening: the folder with the element sets, from START for so many hours."""

    folder: Path
    hours: float
    threshold_km: float = THRESHOLD_KM
