"""What each adapter lists, and what none may say when a supplier misbehaves."""

import pytest

from space_hub.delivery.wire import Fetched
from space_hub.errors import Unavailable
from tests.support.doors import LISTING, OVER_A_WIRE, Bench
from tests.support.suppliers import BROKEN, HALF, HTML, HUGE, SILENT, fetched


@pytest.mark.parametrize("bench", LISTING, indirect=True)
def test_it_lists_what_is_offered_and_what_is_refused(bench: Bench) -> None:
    listing = bench.adapter.list_offerings()
    assert [draft.reference for draft in listing.drafts] == ["A", "B", "C"]
    assert [row.reference for row in listing.refused] == ["BAD"]
    assert listing.refused[0].raw
    assert listing.complete


@pytest.mark.parametrize("bench", LISTING, indirect=True)
def test_a_reference_that_comes_twice_is_taken_once(bench: Bench) -> None:
    bench.repeat()
    listing = bench.adapter.list_offerings()
    assert [draft.reference for draft in listing.drafts] == ["A", "B", "C"]
    assert [row.code.split(".")[1] for row in listing.refused][-1] == "reference_repeated"


@pytest.mark.parametrize("bench", ["simulated"], indirect=True)
def test_who_lists_nothing_does_not_say_that_there_is_nothing(bench: Bench) -> None:
    assert (bench.adapter.list_offerings().drafts, bench.adapter.list_offerings().complete) == ((), False)


@pytest.mark.parametrize("bench", OVER_A_WIRE, indirect=True)
@pytest.mark.parametrize(
    ("instead", "code"),
    [
        (SILENT, "adapter.no_answer"),
        (HUGE, "adapter.no_answer"),
        (HTML, "adapter.answer_not_json"),
        (HALF, "adapter.answer_unreadable"),
        (BROKEN, "adapter.status"),
        (fetched({"detail": "who are you?"}, 401), "adapter.credential_refused"),
        (fetched({"items": []}), "adapter.answer_shape"),
        (fetched([]), "adapter.answer_shape"),
        (Fetched(302, {"location": "https://elsewhere.example"}), "adapter.status"),
    ],
)
def test_a_supplier_that_fails_at_once_is_unavailable(bench: Bench, instead: Fetched, code: str) -> None:
    """Sabotage seen: any status taken for an answer, and the 503 became an empty listing."""
    assert bench.served is not None
    bench.served.trouble[bench.pages.partition("?")[0]] = instead
    with pytest.raises(Unavailable) as caught:
        bench.adapter.list_offerings()
    assert caught.value.code == code


@pytest.mark.parametrize("bench", OVER_A_WIRE, indirect=True)
@pytest.mark.parametrize("instead", [SILENT, HTML, HALF, BROKEN, fetched({"items": []})])
def test_half_a_listing_is_taken_and_not_called_complete(bench: Bench, instead: Fetched) -> None:
    """Sabotage seen: `complete` left true; the second page's offerings would have been withdrawn."""
    assert bench.served is not None
    bench.served.trouble[bench.pages] = instead
    listing = bench.adapter.list_offerings()
    assert [draft.reference for draft in listing.drafts] == ["A", "B"]
    assert not listing.complete
    assert listing.refused[-1].code.startswith("adapter.")


@pytest.mark.parametrize("bench", OVER_A_WIRE, indirect=True)
def test_pages_that_go_round_come_to_an_end(bench: Bench) -> None:
    assert bench.served is not None
    path = bench.pages.partition("?")[0]
    link = {"rel": "next", "href": bench.pages}
    bench.served.trouble[bench.pages] = fetched({path: [], "links": [link], "next": "2"})
    listing = bench.adapter.list_offerings()
    assert not listing.complete
    assert listing.refused[-1].code == "adapter.pages_endless"


@pytest.mark.parametrize("bench", ["stac", "stapi"], indirect=True)
def test_a_next_page_that_cannot_be_had_is_not_the_last_one(bench: Bench) -> None:
    """Sabotage seen: such a link passed over; the listing was complete, and what it left out would have gone."""
    assert bench.served is not None
    path = bench.pages.partition("?")[0]
    asks = {"rel": "next", "href": bench.pages, "method": "POST"}
    bench.served.trouble = {
        path: fetched({path: [], "links": [asks]}),
        "orders": fetched({"orders": [], "links": asks}),
    }
    listing = bench.adapter.list_offerings()
    assert (listing.complete, listing.refused[-1].code) == (False, "adapter.next_not_get")
    with pytest.raises(Unavailable):
        bench.adapter.find("ord_1")
    for method in (None, "get"):
        first = fetched({path: [], "links": [{**asks, "method": method}]})
        bench.served.trouble = {bench.pages: fetched({path: []}), path: first}
        assert bench.adapter.list_offerings().complete


@pytest.mark.parametrize("bench", ["stac", "stapi"], indirect=True)
def test_a_link_to_another_host_is_not_followed(bench: Bench) -> None:
    """Neither our credential nor a need of ours goes there. Sabotage seen: the comparison of origins taken out."""
    assert bench.served is not None
    path = bench.pages.partition("?")[0]
    away = {"rel": "next", "href": "https://elsewhere.example/api"}
    bench.served.trouble[path] = fetched({path: [], "links": [away]})
    listing = bench.adapter.list_offerings()
    assert listing.refused[-1].code == "adapter.link_elsewhere"
    assert all("elsewhere" not in target for _, target, _ in bench.served.asked)
