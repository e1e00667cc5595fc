"""Orders, their ends, costs and deliveries: the same by every adapter that takes orders."""

from datetime import timedelta

import pytest

from providers.adapters.base import Answer, Delivered, FeasibilityAsk, OrderStatus, Refused, Repeats
from space_hub.clock import ManualClock
from space_hub.delivery.wire import Fetched
from space_hub.errors import Conflict, NotFound, Unavailable
from tests.support.doors import AREA, ORDERING, WINDOW, Bench, accepted, finished, goods, order
from tests.support.suppliers import BROKEN, HALF, HTML, SILENT, fetched


@pytest.mark.parametrize("bench", ORDERING, indirect=True)
def test_the_same_order_twice_is_one_order(bench: Bench) -> None:
    first, again, other = order(bench), order(bench), order(bench, "ord_2")
    assert first.provider_reference == again.provider_reference != other.provider_reference
    assert bench.adapter.status(first.provider_reference).raw


@pytest.mark.parametrize("bench", ORDERING, indirect=True)
def test_an_order_that_the_supplier_does_not_know_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.adapter.status("nobody/knows")


@pytest.mark.parametrize("bench", ["http", "simulated"], indirect=True)
def test_what_is_delivered_cannot_be_cancelled(bench: Bench, clock: ManualClock) -> None:
    reference, early = order(bench).provider_reference, order(bench, "ord_2").provider_reference
    assert bench.adapter.cancel(early).status is OrderStatus.USER_CANCELLED
    clock.advance(timedelta(seconds=5))
    while bench.adapter.status(reference).status is not OrderStatus.COMPLETED:
        pass
    with pytest.raises(Conflict):
        bench.adapter.cancel(reference)


@pytest.mark.parametrize("bench", ORDERING, indirect=True)
def test_an_order_whose_answer_was_lost_is_found_and_made_once(bench: Bench) -> None:
    """Sabotage seen: STAPI's look ended at the first page; the simulated supplier's row written after the loss."""
    others = [order(bench, f"other_{number}").provider_reference for number in range(3)]
    with pytest.raises(Unavailable):
        order(bench, reference="A+loses_answer")
    found = bench.adapter.find("ord_1")
    assert found is not None and found.provider_reference not in others
    assert (found.status, bench.adapter.find("ord_2")) == (OrderStatus.RECEIVED, None)
    if bench.adapter.capabilities.repeats is Repeats.KEY:
        assert order(bench, reference="A+loses_answer").provider_reference == found.provider_reference
    assert bench.adapter.status(found.provider_reference).provider_reference == found.provider_reference


@pytest.mark.parametrize(
    ("bench", "first", "second"),
    [
        ("http", ("orders?our_reference=ord_9", fetched({"orders": [], "next": "2"})), "&cursor=2"),
        (
            "stapi",
            ("orders", fetched({"features": [], "links": [{"rel": "next", "href": "orders?page=1"}]})),
            "?page=1",
        ),
    ],
    indirect=["bench"],
)
@pytest.mark.parametrize("instead", [SILENT, HTML, HALF, BROKEN, fetched({}, 404), fetched({"orders": ["x"]})])
def test_half_a_list_of_orders_does_not_say_that_there_is_none(
    bench: Bench, first: tuple[str, Fetched], second: str, instead: Fetched
) -> None:
    """Sabotage seen: a 404 of the look-up taken for "no such order"; the placing would have been repeated."""
    assert bench.served is not None
    bench.served.trouble = {first[0] + second: instead, first[0]: first[1]}
    with pytest.raises(Unavailable):
        bench.adapter.find("ord_9")
    bench.served.trouble = {first[0]: instead}
    with pytest.raises(Unavailable):
        bench.adapter.find("ord_9")


@pytest.mark.parametrize("bench", ["http", "simulated"], indirect=True)
def test_what_cancelling_costs_is_told_and_charged_once(bench: Bench, clock: ManualClock) -> None:
    """Sabotage seen: the fee given at the cancelling alone; the next look lost it."""
    early = order(bench, "ord_0", "A+charges20").provider_reference
    assert bench.adapter.cancel(early).fee is None
    made = accepted(bench, clock, "A+charges20")
    asked = bench.adapter.cancel
    for ask in (asked, asked, bench.adapter.status):
        said = ask(made)
        clock.advance(timedelta(seconds=1))
        assert (said.status, str(said.fee)) == (OrderStatus.USER_CANCELLED, "20 EUR")
    found = bench.adapter.find("ord_1")
    assert found is not None and str(found.fee) == "20 EUR"
    assert bench.adapter.deliveries(made) == ()


@pytest.mark.parametrize("bench", ["http", "simulated"], indirect=True)
def test_a_supplier_may_refuse_to_cancel_and_then_delivers(bench: Bench, clock: ManualClock) -> None:
    made = accepted(bench, clock, "A+binds")
    with pytest.raises(Conflict):
        bench.adapter.cancel(made)
    clock.advance(timedelta(seconds=2))
    assert finished(bench, made).status is OrderStatus.COMPLETED
    assert sum(each.quantity for each in goods(bench, made)) == 1.0


@pytest.mark.parametrize("bench", ["stapi"], indirect=True)
def test_where_there_is_no_way_to_cancel_the_answer_is_a_refusal(bench: Bench) -> None:
    """Sabotage seen: `Unavailable` in its place, after which cancelling is asked again for ever."""
    made = order(bench).provider_reference
    with pytest.raises(Conflict, match="cannot_cancel"):
        bench.adapter.cancel(made)
    assert bench.served is not None
    offered = {"rel": "cancel", "method": "POST", "href": f"orders/{made}/cancel"}
    shown = {"id": made, "properties": {"status": {"status_code": "accepted"}}, "links": [offered]}
    bench.served.trouble = {f"orders/{made}/cancel": fetched({}, 409), f"orders/{made}": fetched(shown)}
    with pytest.raises(Conflict, match="cannot_cancel"):
        bench.adapter.cancel(made)
    ended = {"id": made, "properties": {"status": {"status_code": "customer_cancelled"}}}
    bench.served.trouble[f"orders/{made}/cancel"] = fetched(ended)
    assert bench.adapter.cancel(made).status is OrderStatus.USER_CANCELLED


@pytest.mark.parametrize("bench", ["http", "simulated"], indirect=True)
def test_what_is_late_is_delivered_late_and_says_when(bench: Bench, clock: ManualClock) -> None:
    punctual, late = accepted(bench, clock, "A", "ord_0"), accepted(bench, clock, "A+late")
    clock.advance(timedelta(seconds=5))
    assert finished(bench, punctual).status is OrderStatus.COMPLETED
    assert bench.adapter.status(late).status is OrderStatus.ACCEPTED
    assert bench.adapter.deliveries(late) == ()
    clock.advance(timedelta(days=1))
    assert finished(bench, late).quantity_delivered == 1.0
    first, last = goods(bench, punctual), goods(bench, late)
    assert all(one.at and two.at and one.at < two.at for one in first for two in last)
    assert sum(each.quantity for each in last) == 1.0


@pytest.mark.parametrize("bench", ["http", "simulated"], indirect=True)
@pytest.mark.parametrize("word", ["rejects", "fails", "expires", "revokes"])
def test_a_supplier_that_fails_says_so_and_delivers_nothing(bench: Bench, clock: ManualClock, word: str) -> None:
    made = order(bench, reference=f"A+{word}").provider_reference
    clock.advance(timedelta(seconds=5))
    meant = {"rejects": "rejected", "fails": "failed", "expires": "expired", "revokes": "cancelled"}
    assert finished(bench, made).status == meant[word]
    assert bench.adapter.deliveries(made) == ()


@pytest.mark.parametrize("bench", ["http", "simulated"], indirect=True)
def test_deliveries_of_an_unknown_order_are_not_none(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.adapter.deliveries("nobody/knows")


@pytest.mark.parametrize("bench", ["http"], indirect=True)
def test_deliveries_come_in_pages_and_all_or_none_are_taken(bench: Bench, clock: ManualClock) -> None:
    """Sabotage seen: the pages before a broken one returned; what came later would never have been paid."""
    made = order(bench).provider_reference
    finished(bench, made)
    assert bench.served is not None
    found = bench.adapter.deliveries(made)
    assert [each.reference for each in found] == [f"{made}-{number}" for number in (1, 2, 3, 4)]
    assert [each.quality["eo:cloud_cover"] for each in found if isinstance(each, Delivered)] == [10.0, 20.0, 30.0, 40.0]
    assert bench.served.asked[-1][1] == f"orders/{made}/deliveries?cursor=2"
    again = {"reference": f"{made}-1", "quantity": 0.25}
    for instead in (SILENT, HTML, HALF, BROKEN):
        bench.served.trouble = {f"orders/{made}/deliveries?cursor=2": instead}
        with pytest.raises(Unavailable):
            bench.adapter.deliveries(made)
    bench.served.trouble = {f"orders/{made}/deliveries?cursor=2": fetched({"deliveries": [again], "next": None})}
    *good, bad = bench.adapter.deliveries(made)
    assert [each.reference for each in good] == [f"{made}-{number}" for number in (1, 2)]
    assert isinstance(bad, Refused) and (bad.reference, bad.code) == (f"{made}-1", "adapter.delivery_differs")
    bench.served.trouble = {f"orders/{made}/deliveries": fetched({"deliveries": [again, again], "next": None})}
    assert [each.reference for each in bench.adapter.deliveries(made)] == [f"{made}-1"]
    bench.served.trouble = {f"orders/{made}/deliveries": fetched({"deliveries": [], "next": "7"})}
    with pytest.raises(Unavailable, match="pages_endless"):
        bench.adapter.deliveries(made)


@pytest.mark.parametrize("bench", ["http", "simulated", "stapi"], indirect=True)
def test_a_question_is_answered_with_what_can_be_done(bench: Bench) -> None:
    quote = bench.adapter.feasibility(FeasibilityAsk("A", 5.0, "km2/d", WINDOW, area=AREA))
    assert (quote.answer, quote.quantity) == (Answer.FEASIBLE, 5.0)
