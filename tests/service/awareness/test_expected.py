"""A source that falls silent is told of, once for each silence."""

from space_hub.awareness.upstream import expected
from space_hub.awareness.upstream.answers import Answer
from space_hub.awareness.upstream.budget import Outcome
from space_hub.awareness.upstream.celestrak import RecordedSource
from space_hub.trust.principal import HUB
from tests.service.awareness.test_sources import good, refresh
from tests.support.sky import Sky


def told(sky: Sky) -> list[str]:
    with sky.database.write() as session:
        return [each.subject for each in expected.tell(session, sky.clock, HUB)]


def test_a_silence_is_told_once_and_a_new_one_again(each_sky: Sky) -> None:
    """Sabotage seen: without the look into the log the same silence is told at every turn."""
    sky = each_sky
    source = RecordedSource([good(sky, 5, 11), None, None, good(sky, 5), None])
    assert told(sky) == [], "what never came is not expected"
    assert refresh(sky, source) is Outcome.TAKEN
    sky.wait(hours=7)
    assert refresh(sky, source) is Outcome.UNREACHABLE
    assert told(sky) == []
    sky.wait(days=4)
    assert refresh(sky, source) is Outcome.UNREACHABLE
    assert (told(sky), told(sky)) == (["celestrak gp:active"], [])
    payload = sky.entries("source.overdue")[0].payload
    assert (payload["current_sets"], payload["stale_sets"], payload["silent_h"]) == (2, 2, 103.0)
    assert refresh(sky, source) is Outcome.TOO_SOON
    sky.wait(hours=2)
    assert refresh(sky, source) is Outcome.TAKEN
    assert told(sky) == []
    sky.wait(hours=9)
    assert told(sky) == ["celestrak gp:active"]


def test_a_stopped_source_is_missed_too(sky: Sky) -> None:
    source = RecordedSource([good(sky), Answer(403, "text/plain", b"no")])
    refresh(sky, source)
    sky.wait(hours=3)
    assert refresh(sky, source) is Outcome.STOPPED
    sky.wait(hours=6)
    assert told(sky) == ["celestrak gp:active"]
