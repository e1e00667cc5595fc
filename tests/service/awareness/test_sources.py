"""The door to CelesTrak: its rules hold over answers, restarts and clocks."""

from datetime import timedelta

import httpx
import pytest

from space_hub.awareness import catalogue, sources
from space_hub.awareness.tables import SourceCall
from space_hub.awareness.upstream import calls as ledger
from space_hub.awareness.upstream.answers import Answer, Unreachable
from space_hub.awareness.upstream.budget import Outcome
from space_hub.awareness.upstream.celestrak import CELESTRAK, CelesTrak, GpSource, RecordedSource
from space_hub.errors import Conflict
from space_hub.trust.principal import HUB
from tests.support.sky import Sky, csv_of, element_set


def good(sky: Sky, *numbers: int) -> Answer:
    text = csv_of(*(element_set(number, sky.clock.now()) for number in numbers or (25544,)))
    return Answer(200, "text/csv; charset=utf-8", text.encode())


def refresh(sky: Sky, source: GpSource) -> Outcome:
    return sources.refresh(sky.database, sky.clock, sky.rng, HUB, source).outcome


def calls(sky: Sky) -> list[SourceCall]:
    with sky.database.read() as session:
        return list(ledger.calls(session))


def test_a_download_is_made_once_in_two_hours_whatever_restarts(each_sky: Sky) -> None:
    """Sabotage seen: without the comparison with INTERVAL every one of these asks goes out."""
    source = RecordedSource([good(each_sky), good(each_sky)])
    assert refresh(each_sky, source) is Outcome.TAKEN
    assert refresh(each_sky, source) is Outcome.TOO_SOON
    each_sky.wait(minutes=119)
    assert refresh(each_sky, source) is Outcome.TOO_SOON
    each_sky.wait(minutes=1)
    assert refresh(each_sky, source) is Outcome.TAKEN
    assert source.asked == 2


def test_a_crash_during_the_call_has_spent_the_budget(sky: Sky) -> None:
    class Crashing:
        asked = 0

        def fetch(self, group: str) -> Answer:
            self.asked += 1
            raise KeyboardInterrupt(group)

    source = Crashing()
    with pytest.raises(KeyboardInterrupt):
        refresh(sky, source)
    assert refresh(sky, source) is Outcome.TOO_SOON
    assert source.asked == 1
    assert [call.outcome for call in calls(sky)] == ["spent"]


def test_a_call_whose_end_nobody_wrote_stops_the_source_until_a_person_looks(sky: Sky) -> None:
    """Sabotage seen: such calls forgotten; after two hours a source that had refused is asked again."""

    class Crashing:
        def fetch(self, group: str) -> Answer:
            raise KeyboardInterrupt(group)

    with pytest.raises(KeyboardInterrupt):
        refresh(sky, Crashing())
    sky.wait(hours=3)
    source = RecordedSource([good(sky)])
    assert [refresh(sky, source), refresh(sky, source), source.asked] == [Outcome.STOPPED, Outcome.STOPPED, 0]
    told = sky.entries("source.stopped")
    assert [(entry.subject, entry.payload["code"]) for entry in told] == [("celestrak", "source.stopped_unknown")]
    with sky.database.write() as session:
        ledger.release(session, sky.clock, HUB, CELESTRAK)
    assert refresh(sky, source) is Outcome.TAKEN


def test_a_clock_that_goes_back_waits_rather_than_calls(sky: Sky) -> None:
    source = RecordedSource([good(sky), good(sky)])
    refresh(sky, source)
    sky.clock.advance(timedelta(hours=-30))
    assert refresh(sky, source) is Outcome.TOO_SOON
    assert source.asked == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(403, "text/plain", b"GP data has not updated since your last successful download"), "status"),
        (Answer(301, "text/html", b""), "status"),
        (Answer(404, "text/plain", b""), "status"),
        (Answer(503, "text/html", b"\x00"), "status"),
        (Answer(200, "text/html; charset=utf-8", b"<html></html>"), "content_type"),
        (Answer(200, "text/csv", b"", too_large=True), "too_large"),
    ],
)
def test_any_answer_but_a_csv_with_200_opens_the_circuit_until_a_person_closes_it(
    sky: Sky, answer: Answer, code: str
) -> None:
    """Sabotage seen: without the test for STOPPED in `_spend` the source is asked again after two hours."""
    source = RecordedSource([answer, good(sky)])
    assert refresh(sky, source) is Outcome.STOPPED
    sky.wait(days=3)
    assert refresh(sky, source) is Outcome.STOPPED
    assert source.asked == 1
    assert calls(sky)[0].code == f"source.stopped_{code}"
    with sky.database.write() as session:
        ledger.release(session, sky.clock, HUB, CELESTRAK)
    assert refresh(sky, source) is Outcome.TAKEN
    with pytest.raises(Conflict, match=r"source\.not_stopped"), sky.database.write() as session:
        ledger.release(session, sky.clock, HUB, CELESTRAK)


@pytest.mark.parametrize("body", [b"No GP data found", b"<html>busy</html>", b"", b"OBJECT_NAME,OBJECT_ID\n"])
def test_a_body_that_is_no_catalogue_leaves_the_catalogue_as_it_was(sky: Sky, body: bytes) -> None:
    source = RecordedSource([good(sky), Answer(200, "text/csv", body)])
    refresh(sky, source)
    sky.wait(hours=2)
    assert refresh(sky, source) is Outcome.REFUSED
    with sky.database.read() as session:
        assert len(catalogue.current_sets(session)) == 1
    assert calls(sky)[0].source_file_id is not None


def test_without_the_source_an_empty_catalogue_gets_the_sample_loudly_synthetic(sky: Sky) -> None:
    source = RecordedSource()
    made = sources.fetch_or_sample(sky.database, sky.clock, sky.rng, HUB, source)
    assert made.outcome is Outcome.SAMPLE
    assert made.file is not None
    assert (made.file.synthetic, made.file.source, made.file.quarantined) == (True, "sample", 0)
    with sky.database.read() as session:
        current = catalogue.current_sets(session)
    assert len(current) > 100
    assert all(one.synthetic and one.elements.name.startswith("SYNTHETIC") for one in current)


def test_without_the_source_a_filled_catalogue_stays_and_no_sample_is_mixed_in(sky: Sky) -> None:
    sky.take(element_set(25544, sky.clock.now()))
    made = sources.fetch_or_sample(sky.database, sky.clock, sky.rng, HUB, RecordedSource())
    assert (made.outcome, made.file) == (Outcome.UNREACHABLE, None)
    with sky.database.read() as session:
        assert len(catalogue.current_sets(session)) == 1


def test_where_the_source_answers_its_catalogue_is_taken_and_no_sample(sky: Sky) -> None:
    made = sources.fetch_or_sample(sky.database, sky.clock, sky.rng, HUB, RecordedSource([good(sky, 5, 11)]))
    assert made.outcome is Outcome.TAKEN
    with sky.database.read() as session:
        assert [one.synthetic for one in catalogue.current_sets(session)] == [False, False]


def test_the_real_door_asks_the_one_host_and_follows_no_redirect() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(301, headers={"location": "http://127.0.0.1/", "content-type": "text/html"}, text="moved")

    given = CelesTrak(httpx.MockTransport(answer)).fetch("active")
    assert [str(request.url) for request in seen] == [
        "https://celestrak.org/NORAD/elements/gp.php?GROUP=active&FORMAT=csv"
    ]
    assert given == Answer(301, "text/html", b"moved")


def test_the_real_door_says_unreachable_for_a_connection_that_fails() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(Unreachable, match="ConnectError"):
        CelesTrak(httpx.MockTransport(fail)).fetch("active")
