"""A supplier is listed through its door: what it offers shows, what it drops goes, what breaks changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from api.routes.doors import report_out
from catalog.shelf import offerings
from catalog.tables import Offering, OfferingVersion
from jobs import sync
from jobs.demo.http_supplier import Book, serving
from jobs.proofs import supply
from jobs.task import Task
from providers import doors
from providers.adapters.manifest import read_manifest
from providers.doors import SupplierDoor, SyncReport
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import SeededRng
from space_hub.settings import Settings
from space_hub.trust import organisations
from space_hub.trust.principal import HUB, Principal
from space_hub.work import ledger
from space_hub.work.tables import Work
from tests.support.stapi_server import stapi_server
from tests.support.suppliers import Stapi, product


def row(reference: str, **more: Any) -> dict[str, Any]:
    return {"reference": reference, "title": f"Images {reference}", "capability": "radar.sar", **more}


@dataclass
class Market:
    database: Database
    clock: ManualClock
    rng: SeededRng
    book: Book
    url: str
    me: Principal = field(init=False)
    provider_id: str = field(init=False)

    def __post_init__(self) -> None:
        with self.database.write() as session:
            organisations.ensure_hub(session, self.clock)
            made = supply.supplier(session, self.clock, self.rng, simulated=False)
            self.me, self.provider_id = made.principal, made.provider_id
            self.open(session)

    @property
    def allow(self) -> list[str]:
        return [self.url.removeprefix("http://")]

    def open(self, session: Any, **more: Any) -> SupplierDoor:
        given = {"url": self.url, "credential": "Bearer k", "allow": self.allow} | more
        return doors.open_door(session, self.clock, self.me, self.provider_id, "http", **given)

    def task(self, kind: str, params: dict[str, Any] | None = None) -> Task:
        with self.database.write() as session:
            if params is not None:
                ledger.start(session, self.clock, self.rng, kind=kind, params=params, principal=HUB)
            work = ledger.claim(session, self.clock, self.rng, holder="test", kinds=[kind])
            assert work is not None
        return Task(self.database, self.clock, self.rng, Settings(egress_allow=self.allow), work, HUB)

    def turn(self) -> dict[str, Any]:
        return sync.sync_one(self.task("supplier.sync", {"provider_id": self.provider_id}))

    def door(self) -> SupplierDoor:
        with self.database.read() as session:
            return session.get_one(SupplierDoor, self.provider_id)

    def shelf(self) -> list[str]:
        """References on the shelf, but that which the supplier published by hand."""
        with self.database.read() as session:
            found = select(Offering.reference).where(Offering.status == "published", Offering.reference != "EX-1")
            return sorted(session.exec(found))

    def last(self) -> SyncReport:
        with self.database.read() as session:
            return session.exec(select(SyncReport).order_by(col(SyncReport.finished_at).desc())).all()[0]

    def confirm(self) -> None:
        with self.database.write() as session:
            doors.confirm(session, self.clock, self.me, self.provider_id)


@pytest.fixture
def market(any_database: Database, clock: ManualClock, rng: SeededRng) -> Iterator[Market]:
    book = Book([row("A"), row("B"), row("C"), row("BAD", title="")], credential="Bearer k")
    with serving(book) as url:
        yield Market(any_database, clock, rng, book, url)


def test_what_a_supplier_lists_shows_and_what_it_refuses_is_said(market: Market) -> None:
    assert market.turn()["outcome"] == "changed"
    assert market.shelf() == ["A", "B", "C"]
    report = market.last()
    assert (report.listed, report.new, report.changed, report.withdrawn, report.refused) == (4, 3, 0, 0, 1)
    assert [(each["reference"], each["code"]) for each in report.refusals] == [("BAD", "providers.field_missing")]
    market.clock.advance(timedelta(minutes=15))
    assert market.turn()["outcome"] == "same"
    with market.database.read() as session:
        told = session.exec(select(LogEntry).where(LogEntry.topic == "supplier.sync_finished")).all()
    assert len(told) == 1, "what changed nothing is told to nobody"


def test_a_change_and_a_withdrawal_show_at_the_next_turn_and_a_return_too(market: Market) -> None:
    market.turn()
    market.book.offerings = [row("A", description="Better"), row("B")]
    market.clock.advance(timedelta(minutes=15))
    assert market.turn()["outcome"] == "changed"
    assert market.shelf() == ["A", "B"]
    assert (market.last().changed, market.last().withdrawn) == (1, 1)
    market.book.offerings = [row("A", description="Better"), row("B"), row("C")]
    market.clock.advance(timedelta(minutes=15))
    market.turn()
    assert market.shelf() == ["A", "B", "C"]


def test_an_empty_listing_clears_no_shelf_until_a_person_confirms_it(market: Market) -> None:
    """Sabotage seen: the plan's hold not looked at, and the shelf was empty."""
    market.turn()
    market.book.offerings = []
    market.clock.advance(timedelta(minutes=15))
    assert market.turn()["outcome"] == "held"
    assert market.shelf() == ["A", "B", "C"]
    assert (market.door().state, market.last().error_code) == ("held", "sync.empty")
    assert market.turn()["outcome"] == "skipped"
    market.confirm()
    assert market.turn()["outcome"] == "changed"
    assert market.shelf() == []
    assert market.door().state == "open"
    with pytest.raises(Conflict, match="not_held"):
        market.confirm()


def test_a_confirmation_lets_only_the_listing_pass_that_was_seen(market: Market) -> None:
    market.turn()
    market.book.offerings = [row("A")]
    market.turn()
    market.book.offerings = []
    market.confirm()
    assert market.turn()["outcome"] == "held"
    assert market.shelf() == ["A", "B", "C"]


def test_a_supplier_that_fails_keeps_its_last_good_and_comes_back(market: Market) -> None:
    market.turn()
    market.book.credential = "another"
    for number in range(1, 4):
        market.clock.advance(timedelta(minutes=15))
        assert market.turn() == {
            "outcome": "failed",
            "report_id": market.last().id,
            "error_code": "adapter.credential_refused",
        }
        assert market.door().failures == number
    assert market.shelf() == ["A", "B", "C"]
    assert market.door().state == "failing"
    market.book.credential = "Bearer k"
    assert market.turn()["outcome"] == "same"
    assert (market.door().state, market.door().failures) == ("open", 0)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("adapter.no_answer.delivery.name_unresolved", "DNS"),
        ("adapter.no_answer.connect", "takes no connection"),
        ("adapter.no_answer.RemoteProtocolError", "no listing that could be read"),
        ("adapter.status.404", "404"),
        ("adapter.status.503", "HTTP status 503"),
        ("adapter.answer_not_json", "the kind of door"),
        ("adapter.credential_refused", "credential"),
        ("sync.shrunk", "more than half"),
    ],
)
def test_a_failed_listing_says_what_it_met(code: str, says: str) -> None:
    at = datetime(2024, 11, 2, tzinfo=UTC)
    report = SyncReport(
        id="syn_1", provider_id="prv_1", started_at=at, finished_at=at, outcome="failed", error_code=code
    )
    assert says in (report_out(report, "en").error or "")
    assert report_out(report, "fr").error != report_out(report, "en").error


def test_an_address_that_refuses_and_a_path_that_is_not_there_are_told_apart(market: Market) -> None:
    """Sabotage seen: the code of the error kept without its status."""
    with market.database.write() as session:
        market.open(session, url=f"{market.url}/nowhere")
    assert market.turn()["error_code"] == "adapter.status.404"
    with market.database.write() as session:
        market.url = "http://127.0.0.1:9"
        market.open(session)
    assert market.turn()["error_code"] == "adapter.no_answer.connect"


def test_what_its_owner_took_off_by_hand_stays_off(market: Market) -> None:
    market.turn()
    with market.database.write() as session:
        found = session.exec(select(Offering.id).where(Offering.reference == "B")).one()
        offerings.withdraw(session, market.clock, market.me, found)
    market.clock.advance(timedelta(minutes=15))
    market.turn()
    assert market.shelf() == ["A", "C"]
    assert ("B", "sync.withdrawn_by_owner") in [(each["reference"], each["code"]) for each in market.last().refusals]


def test_what_was_published_by_hand_is_not_touched_by_the_door(market: Market) -> None:
    market.turn()
    with market.database.read() as session:
        assert session.exec(select(Offering.status).where(Offering.reference == "EX-1")).one() == "published"


def test_a_due_door_is_queued_once_and_comes_again_after_the_cycle(market: Market) -> None:
    """From one listing to the next at most `sync_minutes` and one look. Sabotage seen: the door's time not moved on."""
    assert sync.queue_due(market.task("supplier.due", {})) == {"queued": 1}
    assert sync.queue_due(market.task("supplier.due", {})) == {"queued": 0}
    market.clock.advance(timedelta(minutes=15))
    assert sync.queue_due(market.task("supplier.due", {})) == {"queued": 1}
    with market.database.read() as session:
        slots = session.exec(select(Work.slot).where(Work.kind == "supplier.sync")).all()
    assert len(set(slots)) == 2


def test_a_door_that_moved_meanwhile_is_left_alone(market: Market) -> None:
    task = market.task("supplier.sync", {"provider_id": market.provider_id})
    asked = market.book.answer

    def moving(*given: Any) -> Any:
        market.clock.advance(timedelta(seconds=1))
        with market.database.write() as session:
            market.open(session)
        return asked(*given)

    market.book.answer = moving  # type: ignore[method-assign, assignment]
    assert sync.sync_one(task) == {"outcome": "skipped"}
    assert market.shelf() == []


def test_the_credential_does_not_follow_the_door_to_another_origin(market: Market) -> None:
    """Sabotage seen: the old credential kept whatever the address."""
    with market.database.write() as session:
        assert market.open(session, credential=None).credential == "Bearer k"
        moved = market.open(session, credential=None, url="https://other.example.test/")
        assert moved.credential is None


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"url": None}, "door.url_missing"),
        ({"url": "http://10.0.0.1/"}, "delivery.url"),
        ({"settings": {"product_map": {}}}, "door.setting_unknown"),
        ({"settings": {"repeats": "sometimes"}}, "door.setting_wrong"),
        ({"settings": {"repeats": ["key"]}}, "door.setting_wrong"),
        ({"credential": "a\r\nb"}, "door.credential_wrong"),
    ],
)
def test_a_door_that_cannot_work_is_refused(market: Market, more: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid, match=code), market.database.write() as session:
        market.open(session, **more)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"product_map": {"A": "no.such"}}, "vocabulary.capability_unknown"),
        ({"product_map": []}, "door.setting_wrong"),
        ({"polls": 1000}, "door.setting_wrong"),
        ({"reference_parameter": ""}, "door.setting_wrong"),
    ],
)
def test_settings_are_checked_before_they_are_needed(market: Market, settings: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid, match=code), market.database.write() as session:
        given: dict[str, Any] = {"url": market.url, "allow": market.allow, "settings": settings}
        doors.open_door(session, market.clock, market.me, market.provider_id, "stapi", **given)


def test_a_closed_door_is_asked_by_nobody_and_a_rival_sees_none(market: Market) -> None:
    with market.database.write() as session:
        rival = supply.supplier(session, market.clock, market.rng, name="Rival", reference="R-1", simulated=False)
        with pytest.raises(NotFound, match="unknown"):
            doors.own(session, rival.principal, market.provider_id)
        doors.close_door(session, market.clock, market.me, market.provider_id)
    assert market.turn()["outcome"] == "skipped"
    assert market.door().credential is None
    with market.database.read() as session:
        assert not doors.has_door(session, market.provider_id)


def test_old_reports_are_forgotten_but_the_last_of_each(market: Market) -> None:
    for _ in range(25):
        market.turn()
        market.clock.advance(timedelta(minutes=1))
    market.clock.advance(timedelta(days=100))
    with market.database.write() as session:
        assert doors.prune_reports(session, market.clock) == 5
        assert doors.prune_reports(session, market.clock) == 0


SHEET = (
    "reference,title,capability,attribute:gsd,attribute:eo:cloud_cover,capacity:peace,price:peace,coverage,assets,"
    "dependencies,release_to\nA,By hand,imagery.optical,50 cm,1 %,1500 km2/d,6.50 EUR/km2,global,25544,cloud:?,NO;FR\n"
)


def test_what_a_supplier_declares_stays_beside_what_its_stapi_server_says(market: Market) -> None:
    """The server's own words count; what it cannot say is kept from the sheet, and goes with the next sheet.

    Sabotage seen: the drafts of the door taken as they came, and capacity and price were gone at the next turn.
    """

    def current() -> OfferingVersion:
        with market.database.read() as session:
            offering = session.exec(select(Offering).where(Offering.reference == "A")).one()
            return session.get_one(OfferingVersion, offering.current_version_id)

    def send(text: str) -> None:
        with market.database.write() as session:
            _, aside = offerings.from_manifest(session, market.clock, market.rng, market.me, read_manifest(text))
            assert aside == []

    with stapi_server(Stapi([product("A")])) as market.url:
        with market.database.write() as session:
            given: dict[str, Any] = {"url": market.url, "allow": market.allow}
            doors.open_door(session, market.clock, market.me, market.provider_id, "stapi", **given)
        assert market.turn()["outcome"] == "changed"
        assert (current().title, current().capacity) == ("Images A", [])
        send(SHEET)
        assert current().title == "By hand", "until the next turn"
        assert market.turn()["outcome"] == "changed"
        version = current()
        assert (version.title, version.source, version.coverage) == ("Images A", "stapi", "global")
        assert version.upstream is not None
        attributes = {each["attribute"]: (each["low"], each["high"]) for each in version.attributes}
        assert attributes == {"gsd": (0.5, 0.5), "eo:cloud_cover": (5, 80)}, "the server's range, not the sheet's"
        assert [(each["quantity"], each["given_unit"]) for each in version.capacity] == [(1500, "km2/d")]
        assert [each["unit_price"] for each in version.prices] == ["6.5"]
        assert version.release_to == ["FR", "NO"]
        with market.database.read() as session:
            assert [each.catalog_number for each in offerings.assets_of(session, [version.id])[version.id]] == [25544]
            assert [each.known for each in offerings.dependencies_of(session, [version.id])[version.id]] == [False]
        assert market.turn()["outcome"] == "same"
        send("reference,title,capability,attribute:gsd\nA,By hand,imagery.optical,40 cm\n")
        market.turn()
        assert (current().capacity, current().release_to) == ([], None)
        assert {each["attribute"]: each["low"] for each in current().attributes} == {"gsd": 0.4, "eo:cloud_cover": 5}
