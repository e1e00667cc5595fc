"""The campaign of `validate tracking`, in small: real snapshots, a week of updates, series of messages."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from space_hub.awareness.following.correlate import Known, Seen
from space_hub.awareness.following.correlate import correlate as real_correlate
from space_hub.validation import tracking
from space_hub.validation.tracking import Size, run

SMALL = Size(week_objects=3_000, updates=3, week_hours=30.0, snapshot_objects=2_500, snapshot_hours=8.0)


def test_what_persists_is_linked_and_nothing_is_merged(shared: Path) -> None:
    report = run(shared / "data", SMALL)
    assert [one.part for one in report.parts] == ["snapshots", "week", "messages"]
    assert [(one.part, one.notes) for one in report.parts if not one.holds] == []
    assert [one.persisting > least for one, least in zip(report.parts, (20, 100, 11), strict=True)] == [True] * 3
    assert json.loads(json.dumps(report.as_dict()))["split"] == 0


def test_without_data_the_week_is_of_the_synthetic_sample() -> None:
    report = run(None, Size(updates=2, week_hours=26.0))
    assert [(one.part, one.source) for one in report.parts] == [("week", "synthetic")]
    assert report.parts[0].persisting > 0
    assert report.holds


def test_a_linking_that_is_too_narrow_is_seen_to_split(monkeypatch: pytest.MonkeyPatch, shared: Path) -> None:
    def narrow(known: Iterable[Known], seen: Iterable[Seen], _longest: timedelta) -> list[str | None]:
        return real_correlate(known, seen, timedelta(milliseconds=10))

    monkeypatch.setattr(tracking, "correlate", narrow)
    part = run(shared / "data", replace(SMALL, updates=2), parts=("week",)).parts[0]
    assert part.split > 0
    assert not part.holds


def test_a_linking_by_pair_alone_is_seen_to_merge(monkeypatch: pytest.MonkeyPatch, shared: Path) -> None:
    """The two events of the series are of the same two objects."""

    def by_pair(known: Iterable[Known], seen: Iterable[Seen], _longest: timedelta) -> list[str | None]:
        ids = {frozenset(one.pair): one.id for one in known}
        return [ids.get(frozenset(one.pair)) for one in seen]

    monkeypatch.setattr(tracking, "correlate", by_pair)
    part = tracking.messages(shared / "data" / tracking.SERIES)
    assert part.merged > 0
    assert not part.holds
