"""From a catalogue update to the alerts at a receiver, in small; and when the source published it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from benchmarks import freshness as bench
from space_hub.awareness import freshness
from space_hub.awareness.tables import Assessment
from space_hub.orbit.sample import sample_catalogue
from tests.service.awareness.test_screen import meeting
from tests.support.sky import Sky, element_set, later

NOW = datetime(2024, 11, 2, tzinfo=UTC)


def test_an_update_becomes_alerts_at_the_receiver_each_once(tmp_path: Path) -> None:
    """Sabotage seen: a reaction that raises nothing leaves the receiver without a message."""
    sets = sample_catalogue(bench.NOW, 1)
    rounds = bench.measured(
        f"sqlite:///{tmp_path / 'hub.sqlite'}", sets, hours=8.0, rounds=2, threads=1, reach_m=5_000.0
    )
    assert [one.whole for one in rounds] == [True, True]
    for one in rounds:
        assert list(one.stages_s) == ["ingest", "run", "alerts", "dispatch"]
        assert list(one.inside_s) == ["run_snapshot", "run_screen", "run_risk", "run_publish", "run_commit"]
        assert one.since_source_s is not None
        assert one.since_source_s <= one.total_s


@pytest.mark.parametrize(
    ("header", "at"),
    [
        ("Fri, 01 Nov 2024 23:00:00 GMT", NOW - timedelta(hours=1)),
        ("Sat, 02 Nov 2024 00:00:01 GMT", None),
        ("Fri, 01 Nov 2024 23:00:00", None),
        ("yesterday", None),
        ("Fri, 99 Nov 2024 99:00:00 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_what_a_source_says_of_its_file_is_believed_if_it_is_a_moment_behind_us(
    header: str | None, at: datetime | None
) -> None:
    """Sabotage seen: without the comparison with our clock the second is believed."""
    assert freshness.last_modified(header, NOW) == at


def test_the_news_of_a_run_are_as_old_as_the_newest_file_it_rests_on(each_sky: Sky) -> None:
    """Sabotage seen: the oldest file instead of the newest."""
    one = element_set(101, each_sky.clock.now())
    each_sky.take(one)
    received = each_sky.clock.now()
    each_sky.wait(seconds=60)
    run = each_sky.screen()
    assert (run.source_at, run.source_basis) == (received, "received")
    assert freshness.since_source(run, run.published_at) == timedelta(seconds=60)
    assert list(run.stages_s or {}) == ["snapshot", "screen", "risk", "publish"]
    each_sky.take(later(one, 1 / 60))
    assert each_sky.screen().source_at == received + timedelta(seconds=60)


def test_moments_that_are_poured_stand_as_all_others_do(each_sky: Sky) -> None:
    """Sabotage seen: with `T` between day and time SQLite finds none of them again."""
    each_sky.take_text(meeting(each_sky))
    run = each_sky.screen()
    with each_sky.database.read() as session:
        looks = session.exec(select(Assessment).where(Assessment.run_id == run.id)).all()
        assert looks
        for look in looks:
            same = select(Assessment.conjunction_id).where(Assessment.tca == look.tca)
            assert session.exec(same).all() == [look.conjunction_id]
